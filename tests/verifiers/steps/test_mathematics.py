"""Whole solutions: annotations, carried errors, rounding, the answer, hostile text."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritune.problems import load_problems
from veritune.records import MathProblem, MathReference
from veritune.verifiers.steps import check_annotations, check_steps

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")
PROBLEM = MathProblem(
    id="p",
    prompt="Janet has 16 eggs and eats 7.",
    reference=MathReference(answer="18", marker="####"),
)


def labels(text: str) -> str:
    """One letter a step: c(orrect), i(ncorrect), u(nchecked)."""
    return "".join(step.label[0] for step in check_steps(PROBLEM, text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16-7 = <<16-7=9>>9 eggs\nShe makes 9*2 = $<<9*2=18>>18.\n#### 18", "ccc"),
        ("16-7 = <<16-7=8>>8 eggs\nShe makes 8*2 = $<<8*2=16>>16.\n#### 16", "icc"),
        ("16-7 = <<16-7=9>>8 eggs\n#### 8", "ic"),
        ("16-6 = <<16-7=9>>9 eggs\n#### 9", "ic"),
        ("Janet has eggs.\nShe sells some.\n#### 18", "uuu"),
        ("2*9 = <<2*9=18>>18 eggs\n#### 19", "ci"),
        ("2*9 = <<2*9=18>>18 eggs\n#### 16", "cu"),  # 16 stands in the question
        ("2*9 = <<2*9=18>>18 eggs, and she gives a few away in the evening to all\n#### 11", "cu"),
        ("0.25*1 = $0.25\n#### 25", "cc"),
        ("1/3 = 0.33\n0.33 * 3 = 1\n#### 1", "ccc"),
        ("<<560//10=56>>56", "u"),
        ("<<(1=2)>> <<=3>> <<9**9**9=1>>", "u"),
    ],
)
def test_labels(text: str, expected: str) -> None:
    assert labels(text) == expected


def test_a_carried_error_is_named_and_not_marked_again() -> None:
    first, second, third = check_steps(PROBLEM, "16 - 7 = 8\n8 * 2 = 16\n16 + 3 = 19")
    assert first.label == "incorrect"
    assert (second.label, third.label) == ("correct", "correct")
    assert second.reason.endswith("carried on from step 1")
    assert third.reason.endswith("carried on from step 1")


@needs_data
def test_gsm8k_references() -> None:
    problems = load_problems("gsm8k", str(DATA / "gsm8k" / "test.jsonl"), split="test", count=None)
    equations = flagged = 0
    for problem in problems:
        solution = problem.reference.solution
        assert all(label == "correct" for label, _ in check_annotations(solution))
        plain = re.sub("<<[^<>]*>>", "", solution)
        equations += plain.count("=")
        steps = check_steps(problem, plain)
        assert "".join(plain[step.start : step.end] for step in steps) == plain
        flagged += sum(step.label == "incorrect" for step in steps)
    assert equations > 4000
    assert flagged / equations <= 0.001  # the rows that are wrong in the data set itself


HOSTILE = [
    "(" * 20_000 + "1" + ")" * 20_000 + " = 1",
    "1" + "+1" * 20_000 + " = 3",
    "=" * 20_000,
    "1=" * 10_000,
    "-" * 20_000 + "1 = 1",
    "9" * 20_000 + " * 9 = 1",
    "2" + "^2" * 5_000 + " = 4",
    "<<" * 10_000,
    "<<" + "(" * 10_000 + "=1>>",
    r"\frac{" * 5_000 + " = 2",
    "5 a " * 10_000 + "= 3",
    "is 1 " * 10_000,
    "1. " * 20_000,
    "9^64*9^64*9^64*9^64*9^64*9^64*9^64 = 1",
    "x" * 60_000,
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_costs_little(text: str) -> None:
    steps = check_steps(PROBLEM, text)
    assert "".join(text[step.start : step.end] for step in steps) == text


@settings(deadline=None)
@given(st.text(alphabet="0123456789+-*/=().,%$x <>#\n\\{}afric is of", max_size=120))
def test_any_text_is_partitioned_and_never_an_error(text: str) -> None:
    steps = check_steps(PROBLEM, text)
    assert "".join(text[step.start : step.end] for step in steps) == text
