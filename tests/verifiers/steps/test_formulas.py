r"""Equations between numbers in LaTeX: right is correct, wrong incorrect, the rest unchecked."""

from __future__ import annotations

import pytest

from veritune.records import MathProblem, MathReference
from veritune.verifiers.steps import check_steps

PROBLEM = MathProblem(id="p", prompt="Compute.", reference=MathReference(answer="1"))
RIGHT = (
    r"\sqrt{16}+2=6", r"10!/9!=10", r"\binom{4}{2}+1=7", r"1{,}000+1=1{,}001", r"2^{10}=1024",
    r"\frac{1}{2}+\frac{1}{3}=\frac{5}{6}", r"3\frac{1}{2}+\frac12=4", r"5\times 10^{3}=5000",
    r"\left(2+3\right)^2=25", r"\lfloor 3.7\rfloor=3", r"\log_2 8=3", r"\sin 30^\circ = 0.5",
    r"50\% \times 200 = 100", r"4\pi/2=2\pi", r"\gcd(12,18)=6", r"So $\sqrt{2} \approx 1.414$.",
    r"1\,000 + 1 = 1\,001", r"\$3{,}000 + \$500 = \$3{,}500", r"\frac{100}{3}=33.33",
    r"$P(A) = \frac{\binom{3}{2}}{\binom{5}{2}} = \frac{3}{10}$", r"|{-3}|+1=4",
    r"Thus $\frac{3}{4}\cdot 100 = 75\%$.", "\u221a16 + 2 = 6", r"So $\sqrt{50} \approx 7$.",
    r"$-\frac{100}{3} \approx -33$",
)  # fmt: skip
WRONG = (
    r"1{,}000 + 1 = 1{,}002", r"\sqrt{16}+2=7", r"Then 5! = 120 and 4! = 25.", r"2^3 + 1 = 10",
    r"So $\sqrt{2} \approx 1.424$.", r"\frac{100}{3}=33.34", r"\binom{4}{2}+1=8",
    r"$a = 3^2 + 4^2 = 26$", r"So $\sqrt{50} = 7$.", r"So $\sqrt{50} \approx 9$.",
)  # fmt: skip
OPEN = (
    r"half of \sqrt{16} = 2", r"Suppose $\sqrt{16} = 5$.", r"f(3)=\sqrt{9}+2=5",
    r"Is $\sqrt{16} = 5$?", r"$2 \cdot 3! = 12 + 1 = 13$",
    r"$\frac{100}{3} \approx 34$", r"$2^{10} \approx 1000$",
)  # fmt: skip


def label(text: str) -> str:
    (step,) = check_steps(PROBLEM, text)
    return step.label


@pytest.mark.parametrize("text", RIGHT)
def test_right_equations_are_correct(text: str) -> None:
    assert label(text) in ("consistent", "verified")


@pytest.mark.parametrize("text", WRONG)
def test_wrong_equations_are_incorrect(text: str) -> None:
    assert label(text) == "incorrect"


@pytest.mark.parametrize("text", OPEN)
def test_what_may_mean_something_else_is_not_incorrect(text: str) -> None:
    assert label(text) != "incorrect"


def test_an_error_that_is_carried_on_is_named() -> None:
    first, second = check_steps(PROBLEM, "\\sqrt{16} + 2 = 7\n\\sqrt{9} \\cdot 7 = 21")
    assert (first.label, second.label) == ("incorrect", "consistent")
    assert second.reason.endswith("carried on from step 1")
