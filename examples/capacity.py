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

What is simulated, and how, stands in `capacity_simulation.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from statistics import mean

from capacity_simulation import Sizes, Times, predict, table

from veritune.cli.arguments import parse
from veritune.config import Recipe, load_recipe
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Problem, Verdict
from veritune.rounds import Advance, NullProgress, improve, open_session
from veritune.sampler import LogprobDiff
from veritune.store import Store

# Verdict times that are kept of a run, spread over all of them.
KEPT = 400
# Candidates that are verified again, after some that start the verifier.
AGAIN, WARM = 1000, 20
# Candidates that the overhead of the main process is measured with.
PASSED_ON = 3000
Clock = Callable[[], float]


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

    def __init__(self, clock: Clock) -> None:
        self.clock, self.phases = clock, list[Phase]()

    @contextmanager
    def phase(self, title: str, total: int) -> Iterator[Advance]:
        found = Phase(title.rpartition(": ")[2], total, self.clock())

        def advance(count: int = 1, **figures: float) -> None:
            found.ticks.append(self.clock())

        yield advance
        found.ended = self.clock()
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


def measure(recipe: Recipe, *, cpu: bool = False) -> tuple[Times, float]:
    """The times of a recipe's run, which must not be there yet, and its candidates an hour: by the
    wall's clock, or in seconds of this process's processors."""
    clock: Clock = time.process_time if cpu else time.perf_counter
    if (recipe.folder / "journal.sqlite").exists():
        raise SystemExit(f"{recipe.folder}: holds a run already; choose another --name")
    recorder = Recorder(clock)
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
    read, verify = reading(recipe, clock), asyncio.run(verifying(recipe, cpu))
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
        pass_on=asyncio.run(passing_on(clock)),
        read=read,
    )
    return times, sizes.total / hours


def gaps(phase: Phase) -> list[float]:
    return [late - early for early, late in zip(phase.ticks, phase.ticks[1:], strict=False)]


def reading(recipe: Recipe, clock: Clock) -> float:
    """Seconds to read a verified candidate, as often as a round does."""
    with Store.open(recipe.folder, read_only=True) as store:
        began = clock()
        count = sum(1 for name in store.names() for _ in store.verified(name))
        # Once to select, once for the figures of the sample; the examples are few.
        return 2 * (clock() - began) / count


async def verifying(recipe: Recipe, cpu: bool) -> list[float]:
    """Seconds of one verifier for a verdict: as they were spread in the run, with the mean of
    candidates that are verified again while nothing else is done."""
    with Store.open(recipe.folder, read_only=True) as store:
        rows = list(islice(store.verified("train/1"), AGAIN))
    pairs = [(problem, candidate) for problem, candidate, _ in rows]
    async with open_session(verifier=recipe.verifier) as session:
        await session.verify(pairs[:WARM])
        wall, spent = time.perf_counter(), tree_seconds()
        await session.verify(pairs)
        wall, spent = time.perf_counter() - wall, tree_seconds() - spent
        each = spent if cpu else wall * recipe.verifier.workers
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


async def passing_on(clock: Clock) -> float:
    """Seconds of the main process for a candidate that others sample and verify."""
    sums = MathReference(answer="2")
    ids = map(str, range(PASSED_ON // 8))
    problems = [MathProblem(id=id, prompt="1 + 1", reference=sums) for id in ids]
    async with open_session(sampler=Ready(), verifier=Ready()) as session:
        began = clock()
        await session.fill("train/1", problems, 8, Checkpoint(path="", policy="p"))
        return (clock() - began) / PASSED_ON


def options() -> argparse.ArgumentParser:
    """The commands; what they do not know is for the recipe."""
    parser = argparse.ArgumentParser(prog="capacity.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("measure", "predict", "table"):
        command = commands.add_parser(name, allow_abbrev=False)
        if name == "measure":
            command.add_argument("--cpu", action="store_true")
        else:
            command.add_argument("times", type=Path)
        command.add_argument("recipe", type=Path)
    commands.choices["predict"].add_argument("--samplers", type=int, default=1)
    commands.choices["predict"].add_argument("--verifiers", type=int)
    commands.choices["table"].add_argument("--gpu-hour", type=float, default=0.0)
    commands.choices["table"].add_argument("--core-hour", type=float, default=0.0)
    return parser


def main(words: list[str]) -> None:
    """One of the commands of the module's text."""
    asked, rest = options().parse_known_args(words)
    recipe = load_recipe(asked.recipe)
    recipe = parse(Recipe, rest, prog="capacity.py", default=recipe) if rest else recipe
    if asked.command == "measure":
        found, per_hour = measure(recipe, cpu=asked.cpu)
        print(json.dumps(asdict(found)))
        print(f"measured: {per_hour:,.0f} candidates/hour", file=sys.stderr)
        return
    times, sizes = Times(**json.loads(asked.times.read_text())), sizes_of(recipe)
    if asked.command == "predict":
        verifiers = asked.verifiers or recipe.verifier.workers
        for name, value in predict(times, sizes, asked.samplers, verifiers).items():
            print(f"{name}: {value:,.1f}" + ("" if name == "per hour" else " s"))
    else:
        for row in table(times, sizes, asked.gpu_hour, asked.core_hour):
            print(row)


if __name__ == "__main__":
    main(sys.argv[1:])
