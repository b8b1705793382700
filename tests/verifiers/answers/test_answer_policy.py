"""Each knob of the policy, on and off."""

from __future__ import annotations

import pytest

from veritune.verifiers.answers import AnswerPolicy, compare

KNOBS = [
    ("1, 2", "2, 1", AnswerPolicy(order_matters=True), False),
    ("1, 2", "2, 1", AnswerPolicy(), True),
    ("1/2", "2/4", AnswerPolicy(unreduced_fractions=False), False),
    (r"\frac{1}{2}", r"\frac{2}{4}", AnswerPolicy(unreduced_fractions=False), False),
    ("1/2", "2/4", AnswerPolicy(), True),
    (r"5 \text{ cm}", "5", AnswerPolicy(units_required=True), False),
    (r"5 \text{ cm}", "5", AnswerPolicy(), True),
    (r"5 \text{ cm}", r"0.05 \text{ m}", AnswerPolicy(units_required=True), True),
    ("50\\%", "1/2", AnswerPolicy(percent_as_fraction=False), False),
    ("50\\%", "1/2", AnswerPolicy(), True),
    ("50\\%", "50", AnswerPolicy(units_required=True), False),
    (r"\pi", "3.1416", AnswerPolicy(tolerance=1e-4), True),
    (r"\pi", "3.1416", AnswerPolicy(), False),
    ("1000", "1000.0001", AnswerPolicy(tolerance=1e-6), True),
    ("1000000", "1000001", AnswerPolicy(tolerance=1e-4), False),
    ("1,22", "1.22", AnswerPolicy(decimal_comma=True), True),
    ("1,22", "1.22", AnswerPolicy(), False),
    ("1.5", "1,5", AnswerPolicy(decimal_comma=True), True),
    ("1,5 km", "1.5 km", AnswerPolicy(decimal_comma=True), True),
    ("1,5 km", "1,50 km", AnswerPolicy(decimal_comma=True), True),
    ("1,5 km", "1.5 kg", AnswerPolicy(decimal_comma=True), False),
    ("12,5 %", r"12.5\%", AnswerPolicy(decimal_comma=True), True),
    ("x = 2,5", "x = 2.5", AnswerPolicy(decimal_comma=True), True),
    ("1,5; 2,25", "2.25; 1.5", AnswerPolicy(decimal_comma=True), True),
    ("(1,5)", "1.5", AnswerPolicy(decimal_comma=True), False),
    ("2{,}5", "2.5", AnswerPolicy(), True),
    ("0.125", "0{,}125", AnswerPolicy(), True),
    ("125", "0{,}125", AnswerPolicy(), False),
    ("1{,}250", "1250", AnswerPolicy(), True),
    ("(1,5)", "(1, 5)", AnswerPolicy(decimal_comma=True), True),
    ("1,234", "1234", AnswerPolicy(decimal_comma=True), True),
    ("1,2,3", "1.2", AnswerPolicy(decimal_comma=True), False),
    ("f(x)", "f(y)", AnswerPolicy(rename_variables=True), True),
    ("f(x)", "f(y)", AnswerPolicy(), False),
    ("[1,2]", r"1 \le x \le 2", AnswerPolicy(sets_as_inequalities=False), False),
    ("[1,2]", r"1 \le x \le 2", AnswerPolicy(), True),
]


@pytest.mark.parametrize(("gold", "pred", "policy", "equal"), KNOBS)
def test_knob(gold: str, pred: str, policy: AnswerPolicy, equal: bool) -> None:
    result = compare(gold, pred, policy)
    assert result.equal == equal, result.reason


PRINTED = [
    ("3.14", "3.14159", True),
    ("3.14", r"\pi", True),
    ("3.15", r"\pi", False),
    ("3.14159", "3.14", False),
    ("33.3", r"\frac{100}{3}", True),
    ("0.5", "0.54", False),
    ("1.0", "1.004", False),
    ("6.02e23", "6.022e23", True),
    ("41.494", r"17+10\sqrt6", True),
    (r"\frac{1}{12}", "0.0833333333333333", True),
    (r"\frac{1}{12}", "0.0833", False),
    ("1", "0.9999999999999999999", False),
]


@pytest.mark.parametrize(("gold", "pred", "equal"), PRINTED)
def test_a_decimal_reference_is_matched_at_its_printed_precision(
    gold: str, pred: str, equal: bool
) -> None:
    assert compare(gold, pred).equal == equal


def test_the_reason_shows_both_sides_as_understood() -> None:
    result = compare(r"\frac{1}{2}x", r"x \cdot 0.6")
    assert result.reason == "different: x*0.6 against (1/2)*x"


def test_a_candidate_that_is_no_mathematics_is_said_to_be_unparsed() -> None:
    assert compare("5", "((").relation == "unparsed candidate"


@pytest.mark.parametrize("gold", ["", "((", "=", "x" * 30_000])
def test_a_reference_that_is_no_mathematics_is_an_unparsed_reference(gold: str) -> None:
    assert compare(gold, "5").relation == "unparsed reference"
