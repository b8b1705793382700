"""A run of many candidates, written through the real store, to measure the viewer with.

    python tests/viewer/large_run.py FOLDER [CANDIDATES]

Two million take a few minutes and about 1.5 GB.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest finds the other tests

from hens import hen_problems

from veritune.config import check_recipe
from veritune.files import write_text
from veritune.records import (
    Candidate,
    Evidence,
    Flag,
    Problem,
    StepVerdict,
    Verdict,
)
from veritune.store import RunFolder, Store, to_toml

ROUNDS, OF_TRAIN, OF_TEST = 8, 8, 9
Row = tuple[Candidate, Verdict]
EVIDENCE = Evidence(kind="arithmetic", checker="rules")


def verified(problem: Problem, i: int, index: int, round: int) -> Row:
    """One candidate; how often it is right depends on the problem and grows with the rounds."""
    draw = random.Random(f"{problem.id} {round} {index}")
    right = draw.random() < 0.1 + 0.06 * round + 0.4 * (i % 7 == 0)
    right_one = i + i % 97
    answer = right_one + (0 if right else draw.randint(1, 40))
    filler = " so we add" * draw.randint(0, 40)
    first = f"There are {i} hens at first.\n"
    text = f"{first}{i} + {i % 97} = {answer}{filler}\nThe answer is \\boxed{{{answer}}}."
    error, cheat = draw.random() < 0.002, draw.random() < 0.0001
    outcome = "error" if error else "passed" if right else "failed"
    steps = (
        StepVerdict(start=0, end=len(first), label="unchecked", reason="says nothing to check"),
        StepVerdict(
            start=len(first),
            end=len(text),
            label="verified" if right else "incorrect",
            reason=f"{i} + {i % 97} is {i + i % 97}",
            evidence=EVIDENCE,
        ),
    )
    candidate = Candidate(
        problem_id=problem.id,
        index=index,
        text=text,
        finish_reason="length" if draw.random() < 0.03 else "stop",
        round=round,
    )
    verdict = Verdict(
        problem_id=problem.id,
        index=index,
        outcome=outcome,  # type: ignore[arg-type]
        score=None if error else float(right),
        reason="verifier error: out of time" if error else f"answered {answer}, not {right_one}",
        answer=str(answer),
        steps=() if error else steps,
        flags=(Flag(name="reads-tests", degree="cheat"),) if cheat else (),
        seconds=0.01,
    )
    return candidate, verdict


def fill(store: Store, name: str, asked: Sequence[Problem], n: int, round: int) -> None:
    """One set, with every second candidate that passed selected where it is of training."""

    def rows() -> Iterator[Row]:
        for i, problem in enumerate(asked):
            for index in range(n):
                yield verified(problem, i, index, round)

    passed = failed = 0
    selected: list[tuple[str, int]] = []
    for batch in batches(rows()):
        store.add_verified(name, batch)
        good = [c for c, v in batch if v.outcome == "passed"]
        passed, failed = passed + len(good), failed + len(batch) - len(good)
        selected += [(c.problem_id, c.index) for c in good[::2]]
    if name.startswith("train"):
        store.select(name, selected)
        row = {"round": round, "phase": "sample", "candidates": passed + failed, "passed": passed}
        store.put_metrics([row | {"failed": failed, "errors": 0, "selected": len(selected)}])
        return
    share = passed / (passed + failed)
    measured = {"problems": len(asked), "candidates": passed + failed, "pass_at_1": share, "k": n}
    store.put_metrics(
        [
            {"round": round, "phase": "evaluate", "pass_at_k": share, "answer_correct": passed}
            | {"trace_checked": 0, "trace_errors": 0, "trace_error": None, "errors": 0}
            | {"unchecked": 0}
            | measured
        ]
    )


def batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows in lists of 20,000."""
    while batch := list(islice(rows, 20_000)):
        yield batch


def write(folder: Path, candidates: int) -> None:
    """A run folder of about so many candidates."""
    recipe = check_recipe({"name": folder.name, "output": str(folder.parent)}, "large run")
    RunFolder(folder).make()
    train = hen_problems("train", candidates * 8 // 10 // ROUNDS // OF_TRAIN)
    test = hen_problems("test", candidates * 2 // 10 // (ROUNDS + 1) // OF_TEST)
    with Store.open(folder) as store:
        store.begin({"config": to_toml(recipe)}, {"train": train, "test": test})
        write_text(folder / "config.toml", to_toml(recipe))
        for round in range(ROUNDS + 1):
            if round:
                fill(store, f"train/{round}", train, OF_TRAIN, round)
            fill(store, f"test/{round}", test, OF_TEST, round)
            print(f"round {round}", flush=True)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2_000_000)
