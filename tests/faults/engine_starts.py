"""A process is killed while its vLLM engine starts, at moments spread over that: nothing may stay.

    python tests/faults/engine_starts.py --times 10

With `--watcher`, one of those that watch is killed together with it. Takes a minute a time; exits 1
where a process, or shared memory, is there after two seconds.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from injector import below, lives, marked
from leftovers import command, description, lineage

from veritune.config import ScratchConfig
from veritune.models import build_scratch, save_policy

START = """
import sys
from veritune.config import SamplerConfig
from veritune.records import Checkpoint
from veritune.models import policy_hash
from veritune.sampler.vllm import VllmSampler
from pathlib import Path

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sampler = VllmSampler(SamplerConfig(type="vllm", max_num_seqs=16), seed=1)
    sampler.load(Checkpoint(path=folder, policy=policy_hash(folder)))
    print("ready", flush=True)
    sys.stdin.read()
"""
GRACE = 2.0
MARK = "VERITUNE_ENGINE_STARTS"
WATCHER = "orphan_watcher.py"


def begun(model: Path, mark: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START, str(model)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, MARK: mark},
    )


def main() -> int:
    """Kill so many starts, and count what they leave."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--watcher", action="store_true")
    words = parser.parse_args()
    rng, left = random.Random(1), 0
    with tempfile.TemporaryDirectory(prefix="veritune-engine-starts-") as folder:
        shape = ScratchConfig(layers=1, width=64, heads=2, max_length=64)
        model = save_policy(*build_scratch(shape, 0), Path(folder) / "model").path
        since = time.monotonic()
        whole = begun(model, f"{os.getpid()}-whole")
        assert whole.stdout is not None and whole.stdout.readline() == "ready\n"
        whole.communicate()
        takes = time.monotonic() - since
        print(f"a start takes {takes:.0f} s", flush=True)
        for number in range(words.times):
            mark = f"{os.getpid()}-{number}"
            run = begun(model, mark)
            memory = set(os.listdir("/dev/shm"))
            end = time.monotonic() + takes * (number + rng.random()) / words.times
            seen: dict[int, str] = {}
            while time.monotonic() < end and run.poll() is None:
                seen |= {pid: lineage(pid, run.pid) for pid in below(run.pid) if pid not in seen}
                time.sleep(0.05)
            watchers = [pid for pid in below(run.pid) if WATCHER in command(pid)]
            if words.watcher and watchers:
                os.kill(watchers[0], signal.SIGKILL)
            run.kill()
            run.communicate()
            end = time.monotonic() + GRACE
            while (there := {pid for pid in seen if lives(pid)} | marked(f"{MARK}={mark}")) and (
                time.monotonic() < end
            ):
                time.sleep(0.02)
            for pid in there:
                print(f"time {number + 1}: {description(pid, seen.get(pid, ''))}", flush=True)
                os.kill(pid, signal.SIGKILL)
            kept = {name for name in set(os.listdir("/dev/shm")) - memory if "psm" in name}
            left += bool(there or kept)
            print(f"time {number + 1}: {len(seen)} seen, {len(there)} left, {kept}", flush=True)
    print(f"{words.times} kills: {left} left something")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
