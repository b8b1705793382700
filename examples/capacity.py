"""How many candidates an hour a recipe makes, here (measured) and on other machines (simulated).

    python examples/capacity.py measure [--cpu] RECIPE.toml [--KEY VALUE ...] > times.json
    python examples/capacity.py predict times.json RECIPE.toml [--KEY VALUE ...]
    python examples/capacity.py table times.json RECIPE.toml [--gpu-hour 2 --core-hour 0.04]

`measure` runs a recipe to its end and writes down what each stage takes: seconds of one sampler
for a candidate, of a verifier for a verdict, of the trainer for a step, and of the one process that
writes the journal. `predict` says how many candidates an hour another recipe makes with them.
`table` does so for 1 to 1,000 samplers, with as many verifiers as keep up; give the prices that
you pay.

With `--cpu` processor seconds are measured and not those of the wall: on a machine that others use,
for a run that samples, verifies and trains in one process.

The simulation follows every candidate: samplers work side by side and wait where ROOM candidates
wait for a verifier; each verdict passes through the process that writes the journal; then that
process reads the round, the trainer trains, and held-out problems are sampled and verified in the
same way. Samplers, verifiers and the trainer share no core in it.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import os
import random
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from statistics import mean

from veritune.config import Recipe, load_recipe
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Problem, Verdict
from veritune.rounds import Advance, NullProgress, improve, open_session
from veritune.sampler import LogprobDiff
from veritune.store import Store

# Candidates that may wait for a verifier, as in `rounds.candidate_queue`.
ROOM = 512
# Verdict times that are kept of a run, spread over all of them.
KEPT = 400
# Candidates that are verified again, after some that start the verifier.
AGAIN, WARM = 1000, 20
# Candidates that the overhead of the main process is measured with.
PASSED_ON = 3000
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


@dataclass(slots=True)
class Phase:
    """A phase of a measured run: its name without the round, and its seconds."""

    name: str
    total: int
    began: float
    ended: float = 0.0
    ticks: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    def middle(self) -> float:
        """Seconds from one part to the next, without the first and the last tenth of them."""
        tenth = len(self.ticks) // 10
        inner = self.ticks[tenth : len(self.ticks) - tenth]
        return (inner[-1] - inner[0]) / (len(inner) - 1)


def clock() -> float:
    """Seconds: of the wall, or with `--cpu` of this process's processors."""
    return time.process_time() if "--cpu" in sys.argv else time.perf_counter()


def tree_seconds() -> float:
    """Processor seconds of this process and all that it started, sandboxes among them."""
    spent, parents = dict[int, int](), dict[int, int]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # It has ended.
            words = path.read_text().rpartition(")")[2].split()
            pid = int(path.parent.name)
            # utime, stime, cutime and cstime of proc(5).
            parents[pid], spent[pid] = int(words[1]), sum(map(int, words[11:15]))
    total, waiting = 0, [os.getpid()]
    while waiting:
        pid = waiting.pop()
        total += spent.get(pid, 0)
        waiting += [child for child, parent in parents.items() if parent == pid]
    return total / os.sysconf("SC_CLK_TCK")


class Recorder(NullProgress):
    """Notes when the phases of a run begin and end."""

    def __init__(self) -> None:
        self.phases: list[Phase] = []

    @contextmanager
    def phase(self, title: str, total: int) -> Iterator[Advance]:
        found = Phase(title.rpartition(": ")[2], total, clock())

        def advance(count: int = 1, **figures: float) -> None:
            found.ticks.append(clock())

        yield advance
        found.ended = clock()
        self.phases.append(found)

    def named(self, name: str) -> list[Phase]:
        return [phase for phase in self.phases if phase.name == name]


def sizes_of(recipe: Recipe) -> Sizes:
    """Of a recipe of `trainer.type = "sft"`."""
    return Sizes(
        train=recipe.rounds.prompts * recipe.sampler.n,
        test=recipe.problems.test * recipe.evaluation.n,
        rounds=recipe.rounds.count,
        steps=getattr(recipe.trainer, "max_steps", 0),
    )


def measure(recipe: Recipe) -> tuple[Times, float]:
    """The times of a recipe's run, which must not be there yet, and its candidates an hour."""
    if (recipe.folder / "journal.sqlite").exists():
        raise SystemExit(f"{recipe.folder}: holds a run already; choose another --name")
    recorder = Recorder()
    asyncio.run(improve(recipe, recorder))
    ended, sizes = clock(), sizes_of(recipe)
    train, test = recorder.named("sample and verify"), recorder.named("evaluate")
    hours = (ended - test[0].began) / 3600
    steps = [gap for p in recorder.named("train") for gap in gaps(p)]
    seconds = mean(p.seconds for p in recorder.named("train"))
    each = mean(p.middle() for p in train)
    ends = max(0.0, mean(p.seconds for p in train) - each * sizes.train)
    # Each policy is evaluated as soon as it is there, so evaluations load it.
    load = max(0.0, mean(p.seconds for p in test[1:]) - ends - each * sizes.test)
    read, verify = reading(recipe), asyncio.run(verifying(recipe))
    inside = sum(p.seconds for p in recorder.phases if p.began >= test[0].began)
    between = (ended - test[0].began - inside) / sizes.rounds - read * sizes.train
    times = Times(
        sample=each,
        ends=ends,
        load=load,
        start=max(0.0, test[0].seconds - load - ends - each * sizes.test),
        verify=verify,
        step=mean(steps),
        train_fixed=max(0.0, seconds - mean(steps) * sizes.steps),
        between=max(0.0, between),
        pass_on=asyncio.run(passing_on()),
        read=read,
    )
    return times, sizes.total / hours


def gaps(phase: Phase) -> list[float]:
    return [late - early for early, late in zip(phase.ticks, phase.ticks[1:], strict=False)]


def reading(recipe: Recipe) -> float:
    """Seconds to read a verified candidate, as often as a round does."""
    with Store.open(recipe.folder, read_only=True) as store:
        began = clock()
        count = sum(1 for name in store.names() for _ in store.verified(name))
        # Once to select, once for the figures of the sample; the examples are few.
        return 2 * (clock() - began) / count


async def verifying(recipe: Recipe) -> list[float]:
    """Seconds of one verifier for a verdict: as they were spread in the run, with the mean of
    candidates that are verified again while nothing else is done."""
    with Store.open(recipe.folder, read_only=True) as store:
        rows = list(islice(store.verified("train/1"), AGAIN))
    pairs = [(problem, candidate) for problem, candidate, _ in rows]
    async with open_session(verifier=recipe.verifier) as session:
        await session.verify(pairs[:WARM])
        wall, cpu = time.perf_counter(), tree_seconds()
        await session.verify(pairs)
        wall, cpu = time.perf_counter() - wall, tree_seconds() - cpu
        each = cpu if "--cpu" in sys.argv else wall * recipe.verifier.workers
    seconds = sorted(verdict.seconds for _, _, verdict in rows)
    # The slowest hundredth waited for a busy machine, or began the verifier.
    seconds = seconds[: max(1, len(seconds) * 99 // 100)]
    scale = each / len(pairs) / mean(seconds)
    return [scale * one for one in seconds[:: max(1, len(seconds) // KEPT)]]


class Ready:
    """A sampler that has everything ready, and a verifier that decides at once."""

    logprob_diff: LogprobDiff | None = None

    def load(self, checkpoint: Checkpoint) -> None: ...

    def close(self) -> None: ...

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        for problem, asked in zip(problems, indices, strict=True):
            for index in asked:
                yield Candidate(problem_id=problem.id, index=index, text="1 + 1 = 2. " * 30)

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        return Verdict(
            problem_id=problem.id, index=candidate.index, outcome="passed", score=1.0, reason=""
        )


async def passing_on() -> float:
    """Seconds of the main process for a candidate that others sample and verify."""
    sums = MathReference(answer="2")
    ids = map(str, range(PASSED_ON // 8))
    problems = [MathProblem(id=id, prompt="1 + 1", reference=sums) for id in ids]
    async with open_session(sampler=Ready(), verifier=Ready()) as session:
        began = clock()
        await session.fill("train/1", problems, 8, Checkpoint(path="", policy="p"))
        return (clock() - began) / PASSED_ON


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


def main(words: list[str]) -> None:
    """One of the commands of the module's text."""
    from veritune.cli.arguments import parse

    command, rest = words[0], [word for word in words[1:] if word != "--cpu"]
    times = None if command == "measure" else Times(**json.loads(Path(rest.pop(0)).read_text()))
    prices = {"--gpu-hour": 0.0, "--core-hour": 0.0, "--samplers": 1, "--verifiers": 0}
    for name in prices:
        if name in rest:
            at = rest.index(name)
            prices[name] = float(rest[at + 1])
            del rest[at : at + 2]
    recipe = load_recipe(Path(rest[0]))
    recipe = parse(Recipe, rest[1:], prog="capacity.py", default=recipe) if rest[1:] else recipe
    if times is None:
        found, per_hour = measure(recipe)
        print(json.dumps(asdict(found)))
        print(f"measured: {per_hour:,.0f} candidates/hour", file=sys.stderr)
    elif command == "predict":
        verifiers = int(prices["--verifiers"]) or recipe.verifier.workers
        stages = predict(times, sizes_of(recipe), int(prices["--samplers"]), verifiers)
        for name, value in stages.items():
            print(f"{name}: {value:,.1f}" + ("" if name == "per hour" else " s"))
    else:
        for row in table(times, sizes_of(recipe), prices["--gpu-hour"], prices["--core-hour"]):
            print(row)


if __name__ == "__main__":
    main(sys.argv[1:])
