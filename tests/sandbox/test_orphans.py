"""Where we are killed while a sandbox starts, what waits for nobody is ended, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from faults.injector import lives

# As bubblewrap does: a process that nobody ends with its parent, whose parent ends with us.
STARTER = """
import os, subprocess, sys, time
from veritune.sandbox.orphans import ended_with_us
waits = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
with ended_with_us() as environment:
    subprocess.run([sys.executable, "-c", waits], env=environment)
    if sys.argv[1] == "inside":
        time.sleep(600)
print("left", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("where", ["inside", "left"])
def test_what_a_killed_process_was_starting_ends_with_it(where: str) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, where], stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    assert lives(pid)
    if where == "left":
        assert starter.stdout.readline() == "left\n"
    starter.kill()
    starter.wait()
    starter.stdout.close()
    end = time.monotonic() + (20 if where == "inside" else 1)
    while lives(pid) and time.monotonic() < end:
        time.sleep(0.05)
    if where == "inside":
        assert not lives(pid)
    else:  # It has started, and ends by itself.
        assert lives(pid)
        os.kill(pid, signal.SIGKILL)
