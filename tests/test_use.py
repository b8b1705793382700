"""One rule of use: every combination of what a verdict can be, against every door that teaches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest

from veritune.benchmarks.best_of_n import VERIFIER, curves
from veritune.config import CreditConfig, ScratchConfig, SelectionConfig
from veritune.errors import RecordError, SandboxFailureError
from veritune.files import write_records
from veritune.integrations import trl, verl
from veritune.models import build_scratch
from veritune.records import (
    Candidate,
    Degree,
    Flag,
    MathProblem,
    MathReference,
    StepLabel,
    StepVerdict,
    Trust,
    Verdict,
)
from veritune.rounds.hints import hinted, without_hints
from veritune.rounds.measures import VerifiedCandidate
from veritune.rounds.selection import examples, select
from veritune.trainer import read_examples
from veritune.trainer.credit import assign_credit
from veritune.trainer.pairs import verdict_pairs
from veritune.trainer.reward_rows import outcome_rows, process_rows
from veritune.use import RULES, case_of, use_of

TEXT = "1+1=2;7"
STEPS: tuple[StepLabel, ...] = ("verified", "consistent", "incorrect", "unchecked")
SCORES = {"passed": 1.0, "failed": 0.25, "error": None}
COMBINATIONS = list(
    product(SCORES, (None, *get_args(Degree)), get_args(Trust), (False, True), STEPS)
)
_, TOKENIZER = build_scratch(ScratchConfig(layers=1, width=32, heads=2, max_length=32), 0)


def verified(
    outcome: str,
    degree: Degree | None,
    trust: Trust,
    truncated: bool,
    step: StepLabel,
    *,
    index: int = 0,
    text: str = TEXT,
) -> VerifiedCandidate:
    problem = MathProblem(id="p", prompt="1+1=?", reference=MathReference(answer="2"))
    finish = "length" if truncated else "stop"
    candidate = Candidate(problem_id="p", index=index, text=text, finish_reason=finish)  # type: ignore[arg-type]
    verdict = Verdict(
        problem_id="p",
        index=index,
        outcome=outcome,  # type: ignore[arg-type]
        score=SCORES[outcome],
        reason="",
        steps=(StepVerdict(start=0, end=len(text), label=step, reason=""),),
        trust=trust,
        flags=() if degree is None else (Flag(name="exit", degree=degree),),
    )
    return problem, candidate, verdict


GOOD = verified("passed", None, "full", False, "verified", index=1, text="2;")
BAD = verified("failed", None, "full", False, "incorrect", index=2, text="3;")


class Expected:
    """What the table in words says, written a second time and without the code under test."""

    def __init__(
        self, outcome: str, degree: str | None, trust: str, truncated: bool, step: str
    ) -> None:
        error, cheat = outcome == "error", degree == "cheat"
        self.passed = outcome == "passed" and not cheat
        self.imitated = not (error or cheat or degree == "suspicious" or truncated)
        self.rejected = not (error or cheat or degree == "suspicious")
        self.outcome = None if error else 0.0 if cheat else SCORES[outcome]
        self.step = {"verified": 1.0, "incorrect": -1.0}.get(step)
        if error or (cheat and step == "verified"):
            self.step = None


def selected(row: VerifiedCandidate, reward: str) -> bool:
    config = SelectionConfig(reward=reward)  # type: ignore[arg-type]
    return bool(select([row], config))


def by_selection(row: VerifiedCandidate, told: Expected) -> None:
    right = row[2].steps[0].label in ("verified", "consistent")
    assert selected(row, "any") == told.imitated
    assert selected(row, "outcome") == (told.imitated and told.passed)
    assert selected(row, "process") == (told.imitated and told.passed and right)
    assert selected(row, "random") == (told.imitated and told.passed)
    noisy = SelectionConfig(reward="outcome", false_accepts=1.0)
    assert bool(select([row], noisy)) == told.imitated


def by_rationalisation(row: VerifiedCandidate, told: Expected) -> None:
    problem, candidate, verdict = row
    assert isinstance(problem, MathProblem)
    posed = (hinted(problem), candidate, verdict)
    chosen = without_hints(select([posed], SelectionConfig(reward="outcome")), [problem])
    assert bool(list(chosen)) == (told.imitated and told.passed)


def by_weight(row: VerifiedCandidate, told: Expected) -> None:
    """The share that counts as solved: 1 - r + 1/n of GOOD, where n is what counts at all."""
    (example,) = examples([GOOD], [GOOD, row], "inverse_pass_rate")
    n = 1 + (told.outcome is not None)
    assert example.weight == pytest.approx(1 - (1 + told.passed) / n + 1 / n)


def by_credit(row: VerifiedCandidate, told: Expected) -> None:
    ends = [*range(1, len(TEXT) + 1), len(TEXT)]
    outcome = assign_credit(row[2], ends, CreditConfig(outcome=1.0, process=0.0))
    steps = assign_credit(row[2], ends, CreditConfig(outcome=0.0, process=1.0, form="sum"))
    worst = assign_credit(row[2], ends, CreditConfig(outcome=0.0, process=1.0, form="all"))
    if told.outcome is None:
        assert outcome is steps is worst is None
        return
    assert outcome is not None and steps is not None and worst is not None
    assert sum(outcome.rewards()) == told.outcome
    assert sum(steps.rewards()) == (told.step or 0.0)
    assert sum(worst.rewards()) == min(told.step or 1.0, 1.0 if told.passed else -1.0)


def by_pairs(row: VerifiedCandidate, told: Expected) -> None:
    chosen = verdict_pairs([row, BAD], max_per_problem=1, seed=0)
    rejected = verdict_pairs([GOOD, row], max_per_problem=1, seed=0)
    assert bool(chosen) == (told.imitated and told.passed)
    assert bool(rejected) == (told.rejected and not told.passed)


def by_outcome_labels(row: VerifiedCandidate, told: Expected) -> None:
    labels = [label for made in outcome_rows([row], TOKENIZER) for *_, label in made.labels]
    assert labels == ([] if told.outcome is None else [told.outcome])


def by_step_labels(row: VerifiedCandidate, told: Expected) -> None:
    labels = [label for made in process_rows([row], TOKENIZER) for *_, label in made.labels]
    assert labels == ([] if told.step is None else [max(told.step, 0.0)])


def by_best_of_n(row: VerifiedCandidate, told: Expected) -> None:
    if told.outcome is None:
        with pytest.raises(RecordError, match="every candidate has a verifier error"):
            curves([row[2]], {}, [1])
        return
    found = curves([row[2]], {"scorer": {("p", 0): 0.5}}, [1])
    assert found[VERIFIER].rates[1] == found["scorer"].rates[1] == float(told.passed)


DOORS: tuple[Callable[[VerifiedCandidate, Expected], None], ...] = (
    by_selection,
    by_rationalisation,
    by_weight,
    by_credit,
    by_pairs,
    by_outcome_labels,
    by_step_labels,
    by_best_of_n,
)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_every_door_follows_the_rule(
    door: Callable[[VerifiedCandidate, Expected], None], combination: tuple[Any, ...]
) -> None:
    door(verified(*combination), Expected(*combination))


def test_train_sft_takes_what_passed_and_may_be_imitated(tmp_path: Path) -> None:
    rows = [
        verified(*one, index=at, text=f"{at};")  # type: ignore[arg-type]
        for at, one in enumerate(COMBINATIONS)
    ]
    names = ("problems", "candidates", "verdicts")
    write_records(tmp_path / "problems.jsonl", [rows[0][0]])
    write_records(tmp_path / "candidates.jsonl", [candidate for _, candidate, _ in rows])
    write_records(tmp_path / "verdicts.jsonl", [verdict for *_, verdict in rows])
    paths = {name: str(tmp_path / f"{name}.jsonl") for name in names}
    told = [Expected(*one) for one in COMBINATIONS]
    wanted = [at for at, one in enumerate(told) if one.imitated and one.passed]
    assert [example.candidate.index for example in read_examples(**paths)] == wanted
    write_records(tmp_path / "verdicts.jsonl", [rows[-1][2]])
    with pytest.raises(RecordError, match="no candidate passed that may be trained on"):
        read_examples(**paths)


class Told:
    """A verifier that gives one verdict."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict

    async def verify(self, problem: object, candidate: object) -> Verdict:
        await asyncio.sleep(0)
        return self._verdict


@pytest.mark.parametrize("combination", COMBINATIONS[::6], ids=str)
def test_rewards_for_other_trainers_follow_the_rule(combination: tuple[Any, ...]) -> None:
    problem, _, verdict = verified(*combination)
    told, verifier = Expected(*combination), Told(verdict)
    given = trl.reward([problem], verifier)(prompts=[""], completions=[TEXT], problem_id=["p"])
    assert given == [told.outcome]
    score = verl.reward([problem], verifier, form="sync")
    if told.outcome is None:
        with pytest.raises(SandboxFailureError):
            score("", TEXT, "", {"problem_id": "p"})
    else:
        found = score("", TEXT, "", {"problem_id": "p"})
        assert (found["score"], found["acc"]) == (told.outcome, float(told.passed))


def test_the_table_is_whole_and_says_why() -> None:
    cases = {case_of(verified(*one)[2], truncated=one[3]) for one in COMBINATIONS}
    assert cases == set(RULES)
    assert all(rule.why for rule in RULES.values())
    assert all("unchecked" not in rule.steps for rule in RULES.values())


def test_the_worst_flag_decides() -> None:
    flags = tuple(Flag(name=degree, degree=degree) for degree in get_args(Degree))
    verdict = Verdict(problem_id="p", index=0, outcome="passed", score=1.0, reason="", flags=flags)
    assert not use_of(verdict).solved and use_of(verdict).outcome == 0.0


def test_a_flag_without_its_degree_is_refused() -> None:
    line = '{"problem_id": "p", "index": 0, "outcome": "passed", "score": 1, "reason": ""'
    with pytest.raises(RecordError, match=r"flags\.0"):
        Verdict.from_line(line + ', "flags": ["exit"]}')
