"""Kinds of text that were labelled wrongly once, each with several of its like, right and wrong."""

import pytest

from veritune.records import MathProblem, MathReference
from veritune.verifiers.steps import check_steps

SOLVE = "Solve the equation for x and give all its solutions."


def labels(text: str, question: str = "") -> list[str]:
    problem = MathProblem(id="p", prompt=question, reference=MathReference(answer="1"))
    return [step.label for step in check_steps(problem, text)]


FALSE_LINES = [
    # From equations that contradict each other anything would follow.
    "$x^2=5$\n$x=1$\n$x=7$",
    "$x^2=2$\n$x^2=3$\n$x=5$",
    "x + y = 4\nx + y = 5\nx = 9",
    # A denominator is not lost.
    "$y=\\frac{x}{2}$\n$y=x$",
    "$y=\\frac{3x+1}{4}$\n$y=3x+1$",
    "$z=\\frac{y}{5}+1$\n$z=y+5$",
    # Nothing is divided by zero, nor a solution by what loses it.
    "$x=1$\n$\\frac{5}{x-1}=\\frac{7}{x-1}$",
    "$x=2$\n$\\frac{x^2-4}{x-2}=9$",
    "x = 0\nx/x = 2",
    "$x=1$\n$\\frac{x-1}{0}=7$",
    "$x=2$\n$y=x$\n$\\frac{1}{y-2}=\\frac{3}{y-2}$",
    "$a=-b$\n$5(a+b)^{-1}=7(a+b)^{-1}$",
    "$\\frac{5}{x-1}=\\frac{7}{x-1}$\n$x=1$",
    "$x=0$\n$\\frac{x^2}{x}=x$",
    "$\\frac{5}{2-2}=\\frac{5}{2-2}$",
    "$x^2=x$\n$\\frac{x^2}{x}=1$",
    "$(x-1)(x-2)=0$\n$\\frac{(x-2)(x-1)}{x-1}=0$",
    # A number does not end at its point.
    r"10x = 0.\overline{3}" "\nx = 0",
    r"$x=2.\overline{3}$" "\n$3x=6$",
    r"x = 0.\dot 3, so x = 0",
    "x = 0.(3)\n2x = 0",
    r"x = 3.\sqrt{2}" "\nx = 3",
    r"$x = 0.\,3$" "\n$x=0$",
    "$x = 0.{3}$\n$x=0$",
    "x = 3;5\nx = 3",
    "x = 3—1\nx = 3",
    # Nor at the sign of a factorial or a ratio.
    "$x = 3!$\n$x=3$",
    "$3!x = 12$\n$x=12$",
    "$a:b=2:3$\n$b=2$",
    "x = 5 : 2\nx = 5",
    # However small the difference, or large the numbers.
    "$x=10^{20}$\n$x=10^{20}+1$",
    "$2x=100000000000000000000$\n$x=50000000000000000001$",
    "$10x=1$\n$x=0.1000000000001$",
    "$x^2=10^{-20}$\n$x=0$",
    "$2x=10^{-31}$\n$x=0$",
    "$1000000000000x=3$\n$x=0$",
    # Equal modulo a well-known prime is not equal.
    *(f"2x + 3 = 11\n2x = 8\n2x = {8 + 2**power - 1}" for power in (13, 31, 61, 89, 107, 127)),
    # No real solution is no solution in common; nor is every number.
    "$x^2=-1$\n$x^2+x+5=0$",
    "$x^4=-2$\n$x^2+3=0$",
    "$x^2+1>0$\n$x^4+3>0$",
    # A number below zero is another number.
    "1 - 5 = -4\n10 + 4 = 6",
    "3 - 9 = -6\n6 + 10 = 4",
    "2 - 10 = -8\n8 * 3 = -24",
    # Roots do not add.
    r"$\sqrt{18}+\sqrt{2}=2\sqrt{5}$",
    r"$\sqrt{9}+\sqrt{16}=\sqrt{25}$",
    r"So \sqrt{50} - \sqrt{2} = \sqrt{48}.",
    # The words before belong to it.
    "Half of 20 = 20",
    "Twice 8 is 8",
    "A third of 27 = 27",
    "5 more than 12 = 12",
    # Units.
    "2 hours = 2 minutes",
    "3 feet = 3 inches",
    "5 kg is 5 g",
    "90 minutes + 300 seconds = 390 seconds",
    # Rounded operands explain what they can, and exact ones nothing.
    "100*100 = 10009.0000",
    "$\\sqrt{4} = 2.0015$",
    "5/6 = 0.8336",
    "1234.5678*1000 = 1235000",
    "5000 + 0.0001 = 5004",
    "45.6789 * 2 = 91.4588",
    "$1.05^3=1.157626$",
    # Of two numbers the second is the rounded one.
    "3.5 = 3.52",
    "$2.5\\times 10^3=2501$",
    # A percentage is rounded to a hundredth at most.
    "It is about $\\frac{3}{7}=75\\%$",
    "$\\frac{3}{7}=75\\%$ with 3 full boxes",
    # A word such as whole does not round.
    "The whole trip takes 450/70 = 7 hours.",
    "The whole class ate 100/8 = 13 pies.",
    "A full day has 53/10 = 6 breaks.",
    # A rate is itself, not the fraction that it is near to.
    "Tax of 0.08 * 1200 = 100",
    "A fee of 0.09 * 1100 = 100",
    "The share is 0.14 * 700 = 100",
    "0.33 * 300 = 100",
    # A percentage in a product is a hundredth.
    "50 * 20% = 1000",
    "30% * 60 = 1800",
    "1/4 = 0.25%",
    # Nor is one added to what is no whole.
    "3 + 20% = 23%",
    "28% - 0.5 = 27.5%",
    # What is left by a division is not any number.
    "17 / 5 = 3 with 3 left",
    "He fills 50 / 8 = 6, with 4 left.",
    # What was rounded to a whole number is one from then on.
    "7/2 = 4, rounded\n4 * 2 = 7",
    "20/3 = 7, rounded\nSo 7 * 6 = 40.",
    # One relation of a chain that holds is not the chain.
    "$2 < 3 + 1 = 5$",
    "$\\sqrt{16} = 4 > 5$",
    # Digits in groups.
    "1{,}000 + 1 = 1{,}002",
    "$12{,}500 - 500 = 11{,}000$",
    "1,000 + 1 = 1,002",
]


@pytest.mark.parametrize("text", FALSE_LINES)
@pytest.mark.parametrize("question", ["", SOLVE])
def test_a_false_last_line_is_neither_consistent_nor_verified(text: str, question: str) -> None:
    assert labels(text, question)[-1] in ("incorrect", "unchecked")


TRUE_TEXTS = [
    # What a calculator in double precision prints.
    "<<11/18*162=99.00000000000001>>99",
    "It costs 4.20 + 9.45 + 1.35 = $<<4.20+9.45+1.35=14.999999999999998>>14.99.",
    "So 0.1+0.2 = <<0.1+0.2=0.30000000000000004>>0.3",
    "<<350000*5/100=17500.0>>17 500",
    "<<1200*12=14400>>14 400",
    "<<2500000/2=1250000.0>>1 250 000",
    # A function value has many arguments.
    "$\\cos x=0$\n$\\cos x=\\frac35$",
    "$\\sin x=1$\n$\\sin x = \\frac12$",
    "\\tan x = 2\n\\tan x = 3",
    # Said to be false.
    "10 = 4, which is false",
    "0=-44. This is a contradiction",
    "2 + 2 = 5 is impossible.",
    "Then 3 = 7, a contradiction.",
    "$12 = 15$, which is not true, so x is not 3.",
    "We get 4 = 9. So there is no solution.",
    # A value for a while.
    "For $x=1$: $x^2+x+41=43$\nFor $x=2$: $x^2+x+41=47$",
    "If n = 3, n^2 = 9.\nIf n = 4, n^2 = 16.",
    "When $t=0$, $3t+1=1$.\nWhen $t=5$, $3t+1=16$.",
    "At $x=0$, $y=2x+1=1$. At $x=3$, $y=2x+1=7$.",
    # Cases beside each other.
    "$x-4=1 \\implies x=5$, $x-4=11 \\implies x=15$",
    "$2x=6 \\Rightarrow x=3$ or $2x=-6 \\Rightarrow x=-3$",
    "|x-1| = 4\nx-1=4 => x=5\nx-1=-4 => x=-3",
    # A new expression after an identity.
    "$(x+1)^2=x^2+2x+1$\n\\[f(x)=x^2-1\\]\n\\[=(x-1)(x+1)\\]",
    "$a\\left(1+\\frac32\\right)=40$",
    "$b\\left(2-\\frac14\\right)=21$",
    # Another base.
    "Work in base 8.\nthe units digit of $217*45$ is 3",
    "In base 6, 5 + 3 = 12.",
    "In base 9, 8 + 8 = 17, and 17 + 1 = 18.",
    # Numbers that were rounded before.
    "0.3333 * 3 = 1",
    "2.8284 * 3 = 8.4853",
    "$\\pi\\cdot 2.2361=7.0248$",
    "About 3/7 = 43%",
    "So 2000/75 = 26.666666666666668",
    # A dash and a colon that end words.
    "Then x = 4 —2x = 8",
    "Solve for x: x = 3\n2x = 6",
    "Total : 3 + 4 = 7",
    # A quotient of what is not zero, and a number that repeats.
    "$y=3x$\n$\\frac{y}{x}=3$",
    "$x^2-4=0$, so $\\frac{x^2-4}{x-1}=0$",
    r"$x=0.\overline{3}$. Then $10x=3.\overline{3}$, so $9x=3$ and $x=\frac13$.",
    # Division with a remainder.
    r"$-161 \div 13 = -12 \text{ remainder } -5$",
    "17 / 5 = 3 R 2",
    "17 / 5 = 3 with 2 left over",
    r"\(29 \div 4 = 7\) remainder 1",
    "29 divided by 4 is 7 with a remainder of 1.",
]


@pytest.mark.parametrize("text", TRUE_TEXTS)
@pytest.mark.parametrize("question", ["", SOLVE])
def test_what_is_right_or_said_to_be_wrong_is_not_incorrect(text: str, question: str) -> None:
    assert "incorrect" not in labels(text, question)


def test_a_value_behind_a_colon_or_before_a_point_is_read() -> None:
    for text in (
        "Solve for x: x = 3\n2x = 6",
        "We get $x = 3.$\n$2x = 6$",
        "Let x: y = 3.\n2y = 6",
    ):
        assert labels(text)[-1] == "verified", text


def test_wrong_likes_of_what_is_left_alone_are_still_found() -> None:
    for text in (
        "<<11/18*162=98.00000000000001>>98",
        "<<350000*5/100=17500.0>>17 600",
        "2 + 2 = 5 is what we need.",
        "Let $x=1$.\nSo $x^2+x+41=44$",
        "17 / 5 = 3 R 4",
        "$12 + 3 = 16$, so x is not 3.",
    ):
        assert "incorrect" in labels(text), text
