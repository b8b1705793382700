"""The interpreter's code in huge pages: the same code, where children inherit it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MODES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
PROGRAM = """
import ctypes, json, os, re
from veritune.sandbox.runner import huge_pages

def code():
    inside = ctypes.cast(ctypes.pythonapi.Py_IsInitialized, ctypes.c_void_p).value
    return ctypes.string_at(inside, 1 << 16)

before, count = code(), huge_pages.enlarge()
assert code() == before
assert huge_pages.enlarge() == 0  # nothing is left to do
shown = [l.split() for l in open("/proc/self/maps")]
unnamed = sum(len(l) == 5 and l[1] == "r-xp" for l in shown)
pid = os.fork()
if pid == 0:
    json.loads(json.dumps([re.sub("a", "b", "a"), 2.5 ** 9]))
    exec(compile("sorted(range(1000), key=str)", "x", "exec"))
    os._exit(7)
print(count, unnamed, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def test_the_interpreter_runs_on_in_huge_pages() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    count, unnamed, code = map(int, done.stdout.split())
    assert code == 7
    assert bool(unnamed) == bool(count)
    if not count:
        offered = MODES.read_text().strip() if MODES.exists() else "no transparent huge pages"
        pytest.skip(f"the kernel gave no huge page ({offered})")
