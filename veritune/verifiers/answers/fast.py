"""The fast path: trivial pairs, decided in microseconds in the caller's own process.

It reads only plain numbers and fractions, by patterns that are linear in the text, and does no
arithmetic that could grow. Whatever it is not sure of it leaves to the workers.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from veritune.algebra import AnswerPolicy
from veritune.verifiers.answers.comparison import Comparison, Relation

# Beyond this only integers are compared, character by character.
LONGEST = 400
# What is read here must mean one thing only: all else is left to the algebra.
LITERAL = re.compile(
    r"(?P<money>\\?\$)?(?P<sign>[-+])?(?:(?P<whole>\d{1,3}(?:(?:,|\{,\}|\\,)\d{3})+|\d+)"
    r"(?P<decimals>\.\d*)?|(?P<point>\.\d+))"
)
FRACTION = re.compile(
    r"(?P<sign>[-+])?(?:\\[dtc]?frac\s?\{(?P<a>\d{1,200})\}\s?\{(?P<b>\d{1,200})\}"
    r"|\\[dtc]?frac(?P<c>\d)(?P<d>\d)|(?P<e>\d{1,200})/(?P<f>\d{1,200}))"
)
# "x = 5" is compared by its value where the other side has no name.
NAMED = re.compile(r"[a-zA-Z]\s?=\s?")
DIGITS = re.compile(r"[-+]?[\d,]+")
NOT_DIGIT = re.compile(r"\D")


class Plain(NamedTuple):
    """A plain number; `exact` if it was printed without a decimal point."""

    value: Fraction | int
    exact: bool
    money: bool
    name: str


def quick(gold: str, pred: str, policy: AnswerPolicy) -> Comparison | None:
    """The comparison of a trivial pair; None where it needs a closer look."""
    gold, pred = _bare(gold), _bare(pred)
    if not gold or not pred:
        relation: Relation = "unparsed reference" if not gold else "unparsed candidate"
        return Comparison(relation=relation, gold=gold, pred=pred, detail="empty")
    if gold == pred:
        return Comparison(relation="equal", gold=gold, pred=pred)
    if len(gold) > LONGEST or len(pred) > LONGEST:
        if not (DIGITS.fullmatch(gold) and DIGITS.fullmatch(pred)):
            return None
        same = _canonical(gold) == _canonical(pred)
        return Comparison(relation="equal" if same else "different", gold=gold, pred=pred)
    left = _plain(gold)
    right = _plain(pred) if left is not None else None
    if left is None or right is None:
        return None
    if left.money != right.money and (policy.units_required or right.money > left.money):
        return None
    if left.name and right.name and left.name != right.name:
        return None
    if left.value == right.value:
        if not policy.unreduced_fractions and "/" in pred + pred.replace("\\", "/"):
            return None
        return Comparison(relation="equal", gold=gold, pred=pred)
    if left.exact and right.exact:
        return Comparison(relation="different", gold=gold, pred=pred)
    return None


def _bare(text: str) -> str:
    """Without white space, a final point and dollar signs around the whole."""
    text = text.strip().rstrip(".").rstrip()
    if len(text) > 2 and text[0] == "$" == text[-1] and text.count("$") == 2:
        text = text[1:-1].strip()
    return text


def _plain(text: str) -> Plain | None:
    named = NAMED.match(text)
    name = text[0] if named else ""
    if named:
        text = text[named.end() :]
    if match := LITERAL.fullmatch(text):
        return _number(match, name)
    if match := FRACTION.fullmatch(text):
        parts = [int(part) for part in match.groups()[1:] if part is not None]
        if parts[1] == 0:
            return None
        value = Fraction(parts[0], parts[1])
        return Plain(-value if match["sign"] == "-" else value, True, False, name)
    return None


def _number(match: re.Match[str], name: str) -> Plain | None:
    whole = match["whole"] or ""
    if whole[:1] == "0" and not whole.isdigit():
        return None
    decimals = (match["decimals"] or match["point"] or "")[1:]
    digits = NOT_DIGIT.sub("", whole) + decimals
    value: Fraction | int = int(digits)
    if decimals:
        value = Fraction(value, 10 ** len(decimals))
    exact = match["decimals"] is None and match["point"] is None
    return Plain(-value if match["sign"] == "-" else value, exact, match["money"] is not None, name)


def _canonical(text: str) -> str:
    """An integer of any length in one way."""
    digits = text.lstrip("+-").replace(",", "").lstrip("0")
    return f"-{digits}" if text[0] == "-" and digits else digits
