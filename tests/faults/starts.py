"""A process is killed while its sandbox starts, again and again: nothing of it may stay.

    python tests/faults/starts.py --times 200

The kill comes so soon after bubblewrap began that it hits what happens between two of its system
calls. Exits 1 where a process is there after two seconds.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from injector import below, lives, marked

OPEN = """
import asyncio
from veritune.config import VerifierConfig
from veritune.sandbox import open_sandbox

async def main():
    print("ready", flush=True)
    while input():
        async with open_sandbox("bubblewrap", workers=1):
            pass

asyncio.run(main())
"""
GRACE = 2.0
# What the victims' own processes have in their environment, until bubblewrap clears it.
MARK = "VERITUNE_STARTS"


def victim(mark: str) -> subprocess.Popen[str]:
    """A process that opens a sandbox once it is told to."""
    begun = subprocess.Popen(
        [sys.executable, "-c", OPEN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, MARK: mark},
    )
    assert begun.stdout is not None
    begun.stdout.readline()
    return begun


def strike(begun: subprocess.Popen[str], seconds: float) -> set[int]:
    """Kill it so long after bubblewrap began; what was seen of its sandbox."""
    assert begun.stdin is not None
    begun.stdin.write("go\n")
    begun.stdin.flush()
    while not children(begun.pid) and begun.poll() is None:
        pass
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    seen = set(below(begun.pid))
    begun.kill()
    begun.communicate()
    return seen


def children(pid: int) -> str:
    """The numbers of a process's children, as the kernel has them."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return ""


def main() -> int:
    """Kill so many processes, and count what they leave."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--within", type=float, default=0.1, help="wall seconds, at most")
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    rng, mark = random.Random(words.seed), str(os.getpid())
    left = 0
    for number in range(words.times):
        # As likely in the first millisecond as in the tenth of a second after it.
        seen = strike(victim(mark), words.within * rng.random() ** 3)
        end = time.monotonic() + GRACE
        while (there := {pid for pid in seen if lives(pid)} | marked(f"{MARK}={mark}")) and (
            time.monotonic() < end
        ):
            time.sleep(0.02)
        for pid in there:
            state = Path(f"/proc/{pid}/stat").read_text().split()[1:4]
            print(f"time {number + 1}: left: {state}", flush=True)
            os.kill(pid, signal.SIGKILL)
        left += bool(there)
    print(f"{words.times} kills: {left} left something")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
