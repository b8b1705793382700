"""Claims in words, in typeset relations, and in the set-up of a word problem."""

import pytest

from veritune.records import MathProblem, MathReference
from veritune.verifiers.steps import check_steps

STORY = "A farm has ten hens and some sheep, and the farmer buys more of them every single week."


def label(text: str, question: str = "") -> str:
    """The worst label of a text."""
    problem = MathProblem(id="p", prompt=question, reference=MathReference(answer="1"))
    found = {step.label for step in check_steps(problem, text)}
    return next((name for name in ("incorrect", "verified", "consistent") if name in found), "none")


RIGHT_AND_WRONG = [
    ("The sum of 15 and 28 is 43", "The sum of 15 and 28 is 45"),
    ("the sum of 3, 5 and 10 is 18", "the sum of 3, 5 and 10 is 17"),
    ("The product of 4 and 6 is 24", "The product of 4 and 6 is 26"),
    ("The difference between 20 and 8 is 12", "The difference between 20 and 8 is 14"),
    ("The average of 3 and 5 is 4", "The average of 3, 5 and 10 is 7"),
    ("5 more than 12 is 17", "5 more than 12 is 18"),
    ("4 less than 10 is 6", "4 less than 10 is 7"),
    ("Half of 30 is 15", "Half of 30 is 20"),
    ("A third of the 27 sheep is 9 sheep", "A third of the 27 sheep is 8 sheep"),
    ("5 more than half of 20 is 15", "5 more than half of 20 is 25"),
    ("three times 12 is 36", "three times 12 is 38"),
    ("3 dozen eggs is 36", "3 dozen eggs is 38"),
    ("2 hours = 120 minutes", "2 hours = 100 minutes"),
    ("3 feet is 36 inches", "3 feet is 30 inches"),
    ("1 hour and 30 minutes = 90 minutes", "1 hour and 30 minutes = 130 minutes"),
    ("1.5 kg = 1500 g", "1.5 kg = 150 g"),
    ("3+4>6", "3+4>9"),
    (r"$2^{10} \ge 1000$", r"$2^9 \ge 1000$"),
    (r"$\frac{1}{2} \ne \frac{2}{3}$", r"$\frac{1}{2} \ne \frac{2}{4}$"),
    ("97 is prime", "91 is prime"),
    ("91 is composite, so 7 divides it", "97 is composite, so it has a factor"),
    ("12 is divisible by 4", "15 is divisible by 4"),
    ("7 divides 91", "7 divides 92"),
    ("144 is a perfect square", "145 is a perfect square"),
    (r"$17 \equiv 2 \pmod 5$", r"$17 \equiv 3 \pmod 5$"),
    (r"$3 \mid 12$", r"$5 \mid 12$"),
    ("17 mod 5 = 2", "17 mod 5 = 3"),
    ("gcd(12, 18) = 6", "gcd(12, 18) = 4"),
    ("C(5, 2) = 10", "C(5, 2) = 12"),
    (r"${}_5C_2 = 10$", r"${}_5C_2 = 12$"),
    ("So 5! = 120 orders", "So 5! = 100 orders"),
    (r"because \sin 30^\circ = \frac12", r"because \sin 30^\circ = 1"),
    (r"we have \log_2 8 = 3", r"we have \log_2 8 = 4"),
    (r"\lfloor 3.7 \rfloor = 3", r"\lfloor 3.7 \rfloor = 4"),
    ("2π + 3π = 5π", "2π + 3π = 6π"),
    ("$101_2 = 5$", "$101_2 = 6$"),
    ("$(1+i)^2 = 2i$", "$(1+i)^2 = 2$"),
    ("sqrt(16) + 2 = 6", "sqrt(16) + 2 = 7"),
    (
        "3x+5=20. Subtracting 5 from both sides, we get 3x=15",
        "3x+5=20. Subtracting 5 from both sides, we get 3x=25",
    ),
    ("3x + 7 = 37 becomes 3x = 30", "3x + 7 = 37 becomes 3x = 44"),
    ("5x = 40. Dividing both sides by 5 gives x = 8", "5x = 40. Dividing by 5 gives x = 9"),
]


@pytest.mark.parametrize(("right", "wrong"), RIGHT_AND_WRONG)
def test_right_is_consistent_and_wrong_is_found(right: str, wrong: str) -> None:
    assert label(f"{right}.", STORY) in ("consistent", "verified")
    assert label(f"{wrong}.", STORY) == "incorrect"


@pytest.mark.parametrize(
    "text",
    [
        "Is 91 is prime? We test whether 91 is prime.",
        "If 3 + 4 > 9, the triangle would be flat.",
        "3 times half of 20 is 30.",
        "Tom has 3 and half of 20 is 12 less.",
        "60 more than 160 * 5 = 800 books.",
        "The scale of the map says that 1 inch = 4 miles.",
        "One working day is 8 hours, so 1 day = 8 hours.",
        "The sum of 5 and x is 12.",
        "Twice 8 is 16 more than zero.",
        "15 is even harder to reach.",
        "Half of 30 is 15% of the farm.",
    ],
)
def test_what_cannot_be_read_whole_is_left_alone(text: str) -> None:
    assert label(text, STORY) != "incorrect"


@pytest.mark.parametrize(
    "text",
    [
        "There are 20 - 42 = -22 sheep left.",
        "He has $40 - $80 = $<<40-80=-40>>-40 left.",
        "So there are 52.5 / 2 = 26.25 sheep in the barn.",
        "She paid $600 - 10% = $599.90 for the hens.",
        "x + 3x = 8\n4x = 8\nx = 4",
    ],
)
def test_an_impossible_result_of_a_word_problem_is_found(text: str) -> None:
    assert label(text, STORY) == "incorrect"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("It is 5 - 12 = -7 degrees at night.", STORY),
        ("The difference is 20 - 42 = -22 sheep.", STORY),
        ("20 - 42 = -22", "Compute 20 - 42."),
        ("On average there are 52.5 / 2 = 26.25 sheep.", STORY),
        ("The price is 100 - 10% = 90.", STORY),
        ("So there are 40 / 2 = 20.0 sheep in the barn.", STORY),
    ],
)
def test_what_may_be_below_zero_or_a_part_is_left_alone(text: str, question: str) -> None:
    assert label(text, question) != "incorrect"
