"""Equations in prose, one at a time: right, wrong, and not to be verified."""

import pytest

from veritune.records import MathProblem, MathReference
from veritune.verifiers.steps import check_steps

PROBLEM = MathProblem(id="p", prompt="", reference=MathReference(answer="1"))


def label(text: str) -> str:
    labels = {step.label for step in check_steps(PROBLEM, text)}
    return (
        "incorrect"
        if "incorrect" in labels
        else "correct"
        if labels & {"consistent", "verified"}
        else "none"
    )


RIGHT = [
    "Natalia sold 48/2 = 24 clips in May.",
    "She makes 9 * 2 = $18 every day.",
    "It is 16 tbs - 4 tbs = 12 tbs",
    "That is $270 / 2 people = $135/person",
    "12 patrons who came in cars + 27 from a bus = 39 patrons who need a ride",
    "Algebra: 4(2)=8 years",
    "He earned $23600 x 10/100 = $2360.",
    "The rest is 20 − 13 = 7.",  # noqa: RUF001
    "He drove (3 hours * 30 mph) + (25 mph * 4 hours) = 190 miles per day",
    "It costs $8 * 18 = $144.00 per 8-hour shift",
    r"\[ \frac{18}{3} + 2^2 = 10 \]",
    r"So \(3 \times 4 = 12\) and \$5 \cdot 2 = \$10",
    "5 + 3 is 8.",
    "5 times 4 equals 20.",
    "20% of $50 is $10",
    "100% - 20% = 80%",
    "10/50 = 20%",
    "10/50 * 100 = 20%",
    "2 1/2 * 4 = 10 cups",
    "7/3 = 2.33",
    "50/3 = 16.66666...",
    "100/7 is about 14, so 100/7 = 14",
    "a = 2 + 3 = 5 + 0 = 5",
    "$350 000 x 5/100 = $17500",
    "12² = 144",
    "15840 feet / (440 feet/minute) = 36 minutes",
    "-3 + 5 = 2",
]
WRONG = [
    "Natalia sold 48/2 = 26 clips in May.",
    "She makes 9 * 2 = $19 every day.",
    "It is 16 tbs - 4 tbs = 20 tbs",
    "7/3 = 2.34",
    "49/2 = 24 clips",
    "5 + 3 is 9.",
    "20% of $50 is $12",
    "So it cost 192*100=$1920",
    r"\[ \frac{18}{3} + 2^2 = 11 \]",
    "a = 2 + 3 = 6",
    "4 + 3 = 5 + 2 = 8",
    "64 / 0 = 64 dollars",
    "100% - 20% = 70%",
    "The third earthquake caused 2 * 8 = 18 buildings to collapse.",
    "24 = 5 * 5",
    "- 5 + 3 = 9",
]
NOT_JUDGED = [
    "Half of 20 + 10 = 15",
    "5 more than 3 * 2 = 11",
    "There are 5 apples and pears = 8",
    "Area of 1 bedroom = 11 * 11",
    "2x + 3 = 7",
    "3ab + 4 = 10",
    "2 hours = 120 minutes",
    "2 feet * 3 = 72 inches",
    "5 * 3 = $15 thousand",
    "16 + 10 = 2 am",
    "17 / 5 = 3 remainder 2",
    "3 / 1/4 = 12",
    "10:30 - 9:00 = 1:30",
    "the numbers 45-54 year-old is 145",
    "two boxes + 3 boxes * three = 9",
    r"\frac{2}{3} = 0.\overline{6}",
    "f(2) = 3 * 2",
    "9^9^9^9 = 1",
    "her 25 friends + his 1 teacher + 1 more = 27 people",
    "So he has 16 - 4 = 12 / 3 = 4",
]


@pytest.mark.parametrize("text", RIGHT)
def test_right(text: str) -> None:
    assert label(text) == "correct"


@pytest.mark.parametrize("text", WRONG)
def test_wrong(text: str) -> None:
    assert label(text) == "incorrect"


@pytest.mark.parametrize("text", NOT_JUDGED)
def test_not_verified_wrong(text: str) -> None:
    assert label(text) != "incorrect"


def test_a_reason_says_what_it_should_have_been() -> None:
    [step] = check_steps(PROBLEM, "She makes 9 * 2 = $19 every day.")
    assert step.reason == "9 * 2 = $19: 18, not 19"
