"""How many candidates an hour a recipe makes with so many samplers and verifiers, simulated.

The simulation follows every candidate: samplers work side by side and wait where ROOM candidates
wait for a verifier; each verdict passes through the process that writes the journal; then that
process reads the round, the trainer trains, and held-out problems are sampled and verified in the
same way. Samplers, verifiers and the trainer share no core in it. `capacity.py` measures the times.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean

# Candidates that may wait for a verifier, as in `rounds.candidate_queue`.
ROOM = 512
# Share of verifiers' time that is planned for: above it waits grow quickly.
PLANNED = 0.8
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Measured seconds. A sampler begins in `start`, loads each policy in `load`, and takes
    `sample` for a candidate while its batch is full; `ends` is what a batch that fills and drains
    adds to a phase. `verify` are verdicts of a verifier. `pass_on` and `read` are the main
    process's for each candidate, `between` its own for each round."""

    sample: float
    ends: float
    load: float
    start: float
    verify: list[float]
    step: float
    train_fixed: float
    between: float
    pass_on: float
    read: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What a recipe asks for: candidates of a round and of an evaluation, rounds, and steps."""

    train: int
    test: int
    rounds: int
    steps: int

    @property
    def total(self) -> int:
        """All candidates of the run; it is evaluated before the first round, too."""
        return self.rounds * self.train + (self.rounds + 1) * self.test


def simulate(times: Times, count: int, samplers: int, verifiers: int, seed: int = 0) -> float:
    """Seconds until `count` candidates are sampled, verified and written."""
    draw = random.Random(seed)

    def pace() -> float:
        """A sampler finishes its candidates at random moments, at its rate."""
        return draw.expovariate(1 / times.sample)

    ready = [(pace(), number) for number in range(min(samplers, count))]
    heapq.heapify(ready)
    free, waiting = [0.0] * verifiers, deque[float](maxlen=ROOM)
    ends = []
    for _ in range(count):
        at, number = ready[0]
        # Where nobody took the candidate ROOM places before yet, the sampler waits.
        entered = max(at, waiting[0]) if len(waiting) == ROOM else at
        taken = max(entered, free[0])
        waiting.append(taken)
        ends.append(taken + draw.choice(times.verify))
        heapq.heapreplace(free, ends[-1])
        heapq.heapreplace(ready, (entered + pace(), number))
    written = 0.0
    for end in sorted(ends):
        written = max(written, end) + times.pass_on
    return written


def predict(times: Times, sizes: Sizes, samplers: int, verifiers: int) -> dict[str, float]:
    """Seconds by stage of a whole run, and its candidates an hour."""
    train = simulate(times, sizes.train, samplers, verifiers)
    test = simulate(times, sizes.test, samplers, verifiers)
    stages = {
        "sample and verify": sizes.rounds * (times.ends + train),
        "evaluate": times.start + (sizes.rounds + 1) * (times.load + times.ends + test),
        "train": sizes.rounds * (times.train_fixed + times.step * sizes.steps),
        "read and save": sizes.rounds * (times.between + times.read * sizes.train),
    }
    return stages | {"per hour": sizes.total / sum(stages.values()) * 3600}


def enough_verifiers(times: Times, samplers: int) -> int:
    """Verifier cores that keep up with so many samplers, or with the main process."""
    rate = min(samplers / times.sample, 1 / times.pass_on)
    return max(1, round(rate * mean(times.verify) / PLANNED + 0.5))


def table(times: Times, sizes: Sizes, gpu_hour: float, core_hour: float) -> Iterator[str]:
    """Lines of a table over numbers of samplers, each of which is a GPU; one more trains."""
    yield "| samplers | verifier cores | candidates/hour | sampling | main process | a million |"
    yield "|--:|--:|--:|--:|--:|--:|"
    for samplers in SIZES:
        cores = enough_verifiers(times, samplers)
        found = predict(times, sizes, samplers, cores)
        per_hour, seconds = found["per hour"], sum(v for k, v in found.items() if k != "per hour")
        share = (found["sample and verify"] + found["evaluate"]) / seconds
        flow = min(1.0, samplers / times.sample * times.pass_on)
        price = ((samplers + 1) * gpu_hour + cores * core_hour) / per_hour * 1e6
        yield (
            f"| {samplers:,} | {cores:,} | {per_hour:,.0f} | {share:.0%} | {flow:.0%} |"
            f" {price:,.2f} |"
        )
