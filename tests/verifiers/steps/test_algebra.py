"""Statements with unknowns: what follows, what is lost or added, what is only new."""

import pytest

from veritune.records import MathProblem, MathReference
from veritune.verifiers.steps import check_steps


def labels(question: str, *lines: str) -> str:
    """One letter a line: c(onsistent) or verified, i(ncorrect), u(nchecked)."""
    problem = MathProblem(id="p", prompt=question, reference=MathReference(answer="1"))
    return "".join(step.label[0] for step in check_steps(problem, "\n".join(lines))).replace(
        "v", "c"
    )


@pytest.mark.parametrize(
    ("question", "lines", "expected"),
    [
        ("Solve 2x + 3 = 7.", ("2x + 3 = 7", "2x = 4", "x = 2"), "ucc"),
        ("Solve 2x + 3 = 7.", ("2x + 3 = 7", "2x = 5", "x = 2.5"), "uic"),
        ("Solve x^2 = 9.", ("x^2 = 9", "x = 3 or x = -3"), "uc"),
        ("Solve x^2 = 9.", ("x^2 = 9", r"x = \pm 3"), "uc"),
        ("Solve x^2 = 9.", ("x^2 = 9", "x = 3"), "ui"),
        ("A square has x^2 = 9.", ("x^2 = 9", "x = 3"), "uu"),
        ("Solve x^2 = 9.", ("x^2 = 9", "x = 3, since x is positive"), "uu"),
        ("Solve x - 3 = 0.", ("x - 3 = 0", "x^2 = 9", "x = 3 or x = -3"), "uuc"),
        ("Solve |x - 3| = 2.", ("|x - 3| = 2", "x = 5 or x = 1"), "uc"),
        ("Solve 3x < 12.", ("3x < 12", "x < 4"), "uc"),
        ("Solve -3x < 12.", ("-3x < 12", "x > -4"), "uc"),
        ("Solve -3x < 12.", ("-3x < 12", "x < -4"), "ui"),
        ("Solve 6 - x > -9.", ("6 - x > -9", "-x > -15", "x < 15"), "ucc"),
        ("Solve 6 - x > -9.", ("6 - x > -9", "-x > 15", "x < -15"), "uic"),
        ("Solve 2x + 3 = 7.", ("2x + 3 = 7", "2x = 5", "2x = 4"), "uic"),
        ("Solve 3x = 7.", ("3x = 7", "x = 2.33"), "uc"),
        ("Solve 3x = 7.", ("3x = 7", "x = 2.34"), "ui"),
        ("Expand (x+1)^2.", ("(x + 1)^2 = x^2 + 2x + 1",), "c"),
        ("Expand (x+1)^2.", ("(x + 1)^2 = x^2 + 1",), "i"),
        ("Find x.", ("x + y = 10", "x - y = 2", "2x = 12", "x = 6", "y = 4"), "uuccc"),
        ("Find x.", ("x + y = 10", "x - y = 2", "2x = 13", "x = 6.5"), "uuic"),
        ("Find x.", ("x + y = 10", "y = 10 - x", "y = 2x", "3x = 10"), "ucuc"),
        ("Find y.", ("Let x = 5", "y = 2x", "y = 10"), "uuc"),
        ("Find y.", ("Let x = 5", "So 2x = 10"), "uc"),
        ("Find y.", ("Let x = 5", "So 2x = 12"), "ui"),
        ("Find both.", ("x = 2", "Let x = 3", "2x = 6"), "uuc"),
        (r"Simplify $2(a + b) - b$.", ("2(a + b) - b", "= 2a + 2b - b", "= 2a + b"), "ucc"),
        (r"Simplify $2(a + b) - b$.", ("2(a + b) - b", "= 2a + b - b", "= 2a"), "uic"),
        (r"Simplify.", (r"\begin{align*}", r"3x + 2x &= 5x \\", r"&= 5x", r"\end{align*}"), "uccu"),
    ],
)
def test_labels(question: str, lines: tuple[str, ...], expected: str) -> None:
    assert labels(question, *lines) == expected


def test_a_word_problem_may_state_new_equations() -> None:
    lines = ("Tom has x = 5 pens.", "Ann has twice x pens, and 3x = 18 says the label of the box.")
    assert "i" not in labels("How many pens are there?", *lines)


def test_lost_and_extraneous_solutions_are_named() -> None:
    problem = MathProblem(
        id="p", prompt="Solve (x-2)(x-3) = 0.", reference=MathReference(answer="2")
    )
    lost = check_steps(problem, "(x-2)(x-3) = 0\nx = 2")[1]
    assert lost.reason.endswith("the solution x = 3 is lost")
    added = check_steps(problem, "(x-2)(x-3) = 0\nx = 2 or x = 3 or x = 4")[1]
    assert added.reason.endswith("x = 4 is no solution")


HOSTILE = [
    "(" * 140 + "x" + ")" * 140 + " = 1",
    "x^" * 140 + "2 = 1",
    "x^99999999 = 1",
    "(x+1)^64 = (x+2)^64\n" * 50,
    "x = " + "9" * 290,
    "(a+b+c+d+e+f+g+h)^8 = (a+b+c+d)^8\n" * 50,
    "(x+y+z)^8*(x-y)^8*(y-z)^8 = 1\n" * 100,
    "x + y = 1\n" * 2_000,
    "\n".join(f"x_{n} + x_{n + 1} = {n}" for n in range(500)),
    r"\frac{1}{x+" * 25 + "x" + "}" * 25 + " = 1",
    r"\sqrt{x} + " * 40 + "x = 2\n",
    "\n".join(f"\\sin(x^{n}) = x^{n} + {n}" for n in range(100)),
    "2^{2^{2^{2^{2^{2^x}}}}} = 3\n" * 30,
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_algebra_costs_little(text: str) -> None:
    problem = MathProblem(id="p", prompt="Solve for x = 1.", reference=MathReference(answer="1"))
    steps = check_steps(problem, text)
    assert "".join(text[step.start : step.end] for step in steps) == text
