"""Planted faults are caught where they are, and the unplanted twin is not flagged there."""

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import derivations
import pytest
from derivations import DERIVATIONS, Derivation
from derivations import KINDS as FAULTS
from planted import KINDS, equations, plant

from veritune.problems import load_problems
from veritune.records import MathProblem, MathReference
from veritune.verifiers.steps import check_steps

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")


@needs_data
@pytest.mark.parametrize("annotated", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_planted_in_gsm8k(kind: str, annotated: bool) -> None:
    rng = Random(7)
    caught = planted = 0
    for problem in load_problems("gsm8k", str(DATA / "gsm8k/test.jsonl"), split="test", count=900):
        text = problem.reference.solution
        text = text if annotated else re.sub("<<[^<>]*>>", "", text)
        fault = plant(text, kind, rng)
        if fault is None:
            continue
        planted += 1
        [there] = [s for s in check_steps(problem, fault.text) if s.start <= fault.at < s.end]
        caught += there.label == "incorrect"
    assert planted > 200
    # A quotient printed as the whole number next to it may be rounded, which proves nothing.
    assert caught / planted >= (0.96 if kind == "number" else 0.98)


@needs_data
def test_equations_that_hold_are_not_flagged() -> None:
    for problem in load_problems("gsm8k", str(DATA / "gsm8k/train.jsonl"), split="test", count=900):
        text = re.sub("<<[^<>]*>>", "", problem.reference.solution)
        for match in equations(text):
            steps = check_steps(problem, match[0])
            assert not any(step.label == "incorrect" for step in steps), match[0]


@pytest.mark.parametrize("make", DERIVATIONS, ids=lambda make: make.__name__)
def test_derivations_are_not_flagged_and_faults_in_them_are_caught(
    make: Callable[[Random], Derivation],
) -> None:
    rng = Random(3)
    caught = planted = 0
    for _ in range(12):
        derivation = make(rng)
        problem = MathProblem(
            id="d", prompt=derivation.question, reference=MathReference(answer="1")
        )
        labels = [step.label for step in check_steps(problem, derivation.text)]
        assert len(labels) == len(derivation.lines)
        assert "incorrect" not in labels, derivation.text
        for kind in FAULTS:
            fault = derivations.plant(derivation, kind, rng)
            if fault is None:
                continue
            planted += 1
            labels = [step.label for step in check_steps(problem, fault.text)]
            caught += "incorrect" in labels and labels.index("incorrect") == fault.line
    assert planted >= 12
    assert caught / planted >= 0.98
