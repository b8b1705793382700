"""Linear equations: references are right, the teacher errs, and every planted error is found."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritune.config import EquationsConfig, ProblemsConfig
from veritune.problems import generate
from veritune.problems.datasets.equations import line_of, root_of
from veritune.verifiers.steps import check_steps

CONFIG = ProblemsConfig(source="equations", equations=EquationsConfig(slips=0.1))
DRAWN = generate(CONFIG, 3, "train", 400)


def test_references_keep_the_root_in_every_line() -> None:
    for problem, _ in DRAWN:
        verdicts = check_steps(problem, problem.reference.solution)
        assert [v.label for v in verdicts] == ["correct"] * 4
        line = line_of(problem.reference.step_rule.settings["equation"])
        assert line is not None
        assert str(root_of(line)) == problem.reference.answer


def test_the_teacher_is_wrong_now_and_then_and_the_checker_says_where() -> None:
    wrong = 0
    for problem, text in DRAWN:
        labels = [v.label for v in check_steps(problem, text)]
        right = text.endswith("#" + problem.reference.answer)
        wrong += not right
        assert ("incorrect" in labels) or right
    assert 100 < wrong < 350


@given(st.integers(0, 399), st.integers(0, 10**6), st.integers(1, 9))
def test_a_changed_number_is_found_in_its_line(which: int, place: int, by: int) -> None:
    problem, _ = DRAWN[which]
    text = problem.reference.solution
    numbers = list(re.finditer(r"\d+", text))
    match = numbers[place % len(numbers)]
    changed = str((int(match[0]) + by) % 10 + 10 * (int(match[0]) // 10))
    faulty = text[: match.start()] + changed + text[match.end() :]
    line = text[: match.start()].count(";")
    labels = [v.label for v in check_steps(problem, faulty)]
    if same_meaning(text, faulty, line):
        assert "incorrect" not in labels
    else:
        assert labels.index("incorrect") == line


def same_meaning(one: str, other: str, line: int) -> bool:
    a, b = (text.split(";")[line] for text in (one, other))
    if a.startswith("#"):
        return not b.endswith("/0") and Fraction(a[1:]) == Fraction(b[1:])
    left, right = line_of(a), line_of(b)
    return left is not None and right is not None and root_of(left) == root_of(right)


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("2x+5=-9", "-7"),
        ("x=7/2", "7/2"),
        ("-x+1=x", "1/2"),
        ("3-2x=4x+6x", "1/4"),
        ("x=x", "None"),
        ("0x=3", "None"),
    ],
)
def test_lines_are_read_exactly(text: str, root: str) -> None:
    line = line_of(text)
    assert line is not None
    assert str(root_of(line)) == root


@pytest.mark.parametrize("text", ["", "x", "x==1", "2y=4", "x=1/0", "2x=4=4", "x=9999999", "x = 1"])
def test_what_is_no_line_is_refused(text: str) -> None:
    assert line_of(text) is None


@pytest.mark.parametrize("text", ["#", "x=1;", "2x+5;#1", "x=1/0;#1/0", "#3;x=2;#2", ";;;", "#1#2"])
def test_hostile_solutions_have_verdicts_that_partition_them(text: str) -> None:
    problem, _ = DRAWN[0]
    spans = [(v.start, v.end) for v in check_steps(problem, text)]
    assert "".join(text[a:b] for a, b in spans) == text
