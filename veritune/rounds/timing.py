"""How long the phases of a run took and on what machine, noted in its journal as facts.

They are no measurements of the policy, so they stand beside `metrics.jsonl`: a run that was killed
and resumed has the same metrics as a whole one, and other times.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from veritune.store import Store

# Keys of the facts.
PHASE, MACHINE = "phase", "machine"
PACKAGES = ("veritune", "torch", "transformers", "vllm", "peft")
# A driver that hangs holds up no run.
SMI_SECONDS = 10.0


@contextmanager
def timed(store: Store, round: int, name: str) -> Iterator[dict[str, int]]:
    """Note the seconds of a phase that comes to its end, with the counts that it puts into this.

    What was sampled before a kill took its time then: that is lost, and nothing is counted twice.
    """
    counts: dict[str, int] = {}
    started = time.monotonic()
    yield counts
    seconds = f"{time.monotonic() - started:.3f}"
    fact = {"round": round, "phase": name, "seconds": float(seconds)} | counts
    store.add_fact(PHASE, json.dumps(fact))


def note_machine(store: Store) -> None:
    """Write down what the run is on, where it is not what was noted last."""
    found = json.dumps(machine())
    if store.facts(MACHINE)[-1:] != [found]:
        store.add_fact(MACHINE, found)


def machine() -> dict[str, object]:
    """Processor, cores, memory in GiB, GPUs, system, and the versions of what computes."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": processor(),
        "cores": cores,
        "memory_gib": memory_gib(),
        "gpus": gpus(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: known for name in PACKAGES if (known := installed(name))},
    }


def processor() -> str:
    """The processor's name, as the kernel says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def memory_gib() -> float | None:
    """The memory of this machine in GiB; None where the system does not say."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (OSError, ValueError):
        return None


def gpus() -> list[str]:
    """Name and memory of every NVIDIA GPU, asked of the driver: torch would take memory on each."""
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            query, capture_output=True, text=True, errors="replace", timeout=SMI_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip()][:64]


def installed(name: str) -> str | None:
    """The version of a package that is installed; None where it is not."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
