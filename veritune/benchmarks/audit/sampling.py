"""Which candidates a person is asked to label."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from veritune.benchmarks.audit.labels import SCORED, to_row
from veritune.benchmarks.audit.strata import stratify
from veritune.errors import InputError
from veritune.files import write_lines
from veritune.records import VerifiedCandidate

# Fewer labels of a stratum say nothing of how much they vary.
LEAST = 2


def draw_audit(
    rows: Sequence[VerifiedCandidate], out: str | Path, *, n: int, seed: int
) -> dict[str, tuple[int, int]]:
    """Write `n` candidates for a person to label; returns how many of how many by stratum.

    Half of them passed and half failed, since each half answers another question; within an
    outcome as many of each stratum as it has its share, at least `LEAST`. The same seed draws the
    same ones. Verifier errors are left out. Raises `InputError` where no verdict has a score.
    """
    strata = stratify(rows)
    if not strata:
        raise InputError("no verdict has a score, so there is nothing to label")
    population = {
        outcome: sum(len(r) for name, r in strata.items() if name.startswith(f"{outcome}:"))
        for outcome in SCORED
    }
    drawn: list[dict[str, object]] = []
    counts: dict[str, tuple[int, int]] = {}
    for name, taken in allocated({name: len(r) for name, r in strata.items()}, n).items():
        members = sorted(strata[name], key=lambda row: (row[0].id, row[1].index))
        chosen = Random(f"{seed} {name}").sample(members, taken)
        drawn += (to_row(row, name, len(members), population) for row in chosen)
        counts[name] = taken, len(members)
    # In no order: who labels a stratum in a row comes to expect what the last one was.
    Random(seed).shuffle(drawn)
    write_lines(out, (json.dumps(row, ensure_ascii=False) for row in drawn))
    return counts


def allocated(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """How many to draw of each stratum."""
    passed = {name: size for name, size in sizes.items() if name.startswith("passed:")}
    failed = {name: size for name, size in sizes.items() if name not in passed}
    # What one outcome has too few for goes to the other.
    half = min(sum(passed.values()), max(n // 2, n - sum(failed.values())))
    return _shared(passed, half) | _shared(failed, n - half)


def _shared(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """In proportion to the sizes; the largest remainders are rounded up."""
    total = sum(sizes.values())
    n = min(n, total)
    taken = {name: min(size, LEAST) for name, size in sizes.items()}
    exact = {name: n * size / total for name, size in sizes.items()}
    # One by one to whoever has the least of its share: exact, and there are few.
    while sum(taken.values()) < n:
        open_ones = [name for name, size in sizes.items() if taken[name] < size]
        taken[max(open_ones, key=lambda name: exact[name] - taken[name])] += 1
    return taken
