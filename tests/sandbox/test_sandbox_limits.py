"""Each limit, and thirteen programs that try to pass all of them."""

from __future__ import annotations

import time
from dataclasses import replace

import machine
import pytest

from veritune.sandbox import ExecResult, Limits, Program, Sandbox, open_sandbox

KINDS = ["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)]
LIMITS = Limits(
    cpu_seconds=1.0,
    wall_seconds=60.0,
    memory_mb=128,
    processes=16,
    output_kb=256,
    file_mb=8,
    files=100,
)
NASTY = {
    "endless output": "while True: print('x' * 1000)",
    "fork bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "memory hog": "x = []\nwhile True: x.append(bytearray(1 << 20))",
    "memory hog in children": """
import os, time
for _ in range(8):
    if os.fork() == 0:
        x = bytearray(100 << 20)
        time.sleep(60)
time.sleep(60)
""",
    "memory hog behind first threads that ended": """
import ctypes, os, threading, time
def hold():
    time.sleep(0.1)
    x = bytearray(50 << 20)
    time.sleep(60)
threading.stack_size(1 << 20)
for _ in range(6):
    if os.fork() == 0:
        threading.Thread(target=hold).start()
        ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)
time.sleep(60)
""",
    "hoard in the kernel": """
import socket, time
keep = []
for n in range(30):
    keep.append(socket.socket(socket.AF_UNIX))
    keep[-1].bind(f"\\0{n}"); keep[-1].listen(64); keep[-1].setblocking(False)
    for _ in range(64):
        with socket.socket(socket.AF_UNIX) as s:
            s.setblocking(False)
            try:
                s.connect(f"\\0{n}")
                while True: s.send(b'x' * 65536)
            except BlockingIOError: pass
time.sleep(60)
""",
    "shared memory hog": """
import mmap
keep = []
while True:
    m = mmap.mmap(-1, 16 << 20); m.write(b'x' * (16 << 20)); m.seek(0); keep.append(m)
""",
    "detached child": """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.close(0); os.close(1); os.close(2)
        time.sleep(600)
    os._exit(0)
print("started")
""",
    "kill -1": """
import os, signal
try:
    os.kill(-1, signal.SIGKILL)
except ProcessLookupError:
    print("nobody else is here")
""",
    "tmp fill": """
data = b'x' * (1 << 20)
with open('/tmp/big', 'wb') as f:
    while True: f.write(data)
""",
    "tmp fill with many": """
for i in range(80):
    with open(f'/tmp/{i}', 'wb') as f: f.write(b'x' * (1 << 20))
""",
    "inode fill": "i = 0\nwhile True:\n    open(f'/tmp/{i}', 'w').close(); i += 1",
    "segfault": "import ctypes\nctypes.string_at(0)",
    "stdin stall": "import sys\nprint(repr(sys.stdin.read()))\nimport time\ntime.sleep(600)",
    "190 KB of stdout": "print('x' * 190_000)",
    "deep recursion": """
import sys
sys.setrecursionlimit(10 ** 9)
def f(n): return eval('f(n + 1)')
f(0)
""",
    "thread storm": """
import threading, time
while True: threading.Thread(target=time.sleep, args=(600,)).start()
""",
    "SIGTERM ignored": """
import signal, time
for s in range(1, 65):
    try: signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True: pass
""",
}
IDLE = ("stdin stall", "thread storm")  # only the clock on the wall ends these
# Which limits may end it from outside ("": it ends by itself, of what it is refused).
ENDS: dict[str, set[str]] = {
    "endless output": {"output"},
    "fork bomb": {"cpu time", "memory"},
    "memory hog": {"", "memory"},
    "memory hog in children": {"memory"},
    "memory hog behind first threads that ended": {"memory"},
    "hoard in the kernel": {"memory"},
    "shared memory hog": {"", "memory"},
    "detached child": {""},
    "kill -1": {""},
    "tmp fill": {""},
    "tmp fill with many": {""},
    "inode fill": {""},
    "segfault": {""},
    "stdin stall": {"wall time"},
    "190 KB of stdout": {""},
    "deep recursion": {"", "memory", "output", "cpu time"},
    "thread storm": {"", "wall time"},
    "SIGTERM ignored": {"cpu time"},
}
HARMLESS = {"detached child", "kill -1", "190 KB of stdout"}


async def run(sandbox: Sandbox, source: str, stdin: str = "") -> ExecResult:
    return await sandbox.run(Program(source=source, stdin=stdin))


@pytest.mark.parametrize("kind", KINDS)
async def test_nasty_programs_end_within_their_limits_and_leave_nothing(kind: str) -> None:
    mounts = machine.mounts()
    async with open_sandbox(kind, workers=1, limits=LIMITS) as sandbox:
        await run(sandbox, "print(1)")
        for name, source in NASTY.items():
            started = time.monotonic()
            limits = replace(LIMITS, wall_seconds=2.0) if name in IDLE else LIMITS
            result = await sandbox.run(Program(source=source), limits)
            took = time.monotonic() - started
            assert result.killed in ENDS[name], (name, result)
            assert (result.code == 0 and not result.killed) == (name in HARMLESS), (name, result)
            assert took < limits.wall_seconds + 20, name
            honest = await run(sandbox, "print(sum(map(int, input().split())))", "1 2\n")
            assert (honest.code, honest.stdout) == (0, "3\n"), (name, honest)
            alone = machine.eventually(lambda: len(machine.confined()) == machine.STANDING, 60)
            assert alone, (name, machine.commands(machine.confined()))
    assert machine.mounts() == mounts


@pytest.mark.parametrize("kind", KINDS)
async def test_output_below_the_limit_arrives_whole(kind: str) -> None:
    async with open_sandbox(kind, workers=1, limits=LIMITS) as sandbox:
        result = await run(sandbox, "print('x' * 190_000)")
        assert result.stdout == "x" * 190_000 + "\n"
        result = await run(sandbox, "import sys\nsys.stderr.write('e' * 100_000)")
        assert len(result.stderr) == 100_000
        result = await run(sandbox, "print('x' * 300_000)")
    assert result.killed == "output"
    assert len(result.stdout) <= 256 << 10


async def test_cpu_time_is_counted_over_all_processes() -> None:
    source = (
        "import os\nfor _ in range(4):\n    if os.fork() == 0:\n        while True: pass\nos.wait()"
    )
    async with open_sandbox(workers=1, limits=LIMITS) as sandbox:
        result = await run(sandbox, source)
    assert result.killed == "cpu time"


async def test_sleeping_costs_no_cpu_time() -> None:
    async with open_sandbox(workers=1, limits=LIMITS) as sandbox:
        result = await run(sandbox, "import time\ntime.sleep(1.5)\nprint('done')")
    assert (result.code, result.killed, result.stdout) == (0, "", "done\n")
    assert result.cpu_ms < 1000


async def test_a_run_may_have_limits_of_its_own() -> None:
    source = "x = bytearray(200 << 20)\nprint(len(x))"
    async with open_sandbox(workers=1, limits=LIMITS) as sandbox:
        assert (await run(sandbox, source)).code == 1
        wider = Limits(memory_mb=400)
        result = await sandbox.run(Program(source=source), wider)
    assert result.stdout == f"{200 << 20}\n"
    assert result.peak_memory_mb > 200


async def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="memory_mb"):
        Limits(memory_mb=0)


async def test_a_program_locks_no_memory_and_holds_only_its_streams() -> None:
    seen = "import os, resource\nprint(resource.getrlimit(resource.RLIMIT_MEMLOCK), "
    seen += "sorted(os.listdir('/proc/self/fd')))"  # the last is the folder itself
    async with open_sandbox(limits=LIMITS, workers=1) as sandbox:
        for _ in range(2):
            found = await run(sandbox, seen)
            assert found.stdout == "(0, 0) ['0', '1', '2', '3']\n", found
