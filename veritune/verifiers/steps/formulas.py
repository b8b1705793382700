r"""Equations between numbers in LaTeX, as `\sqrt{16} + 2 = 6`, read and compared by the algebra.

Plain arithmetic in prose has units and phrases around it and is read elsewhere (`equations`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from operator import ge, gt, le, lt
from typing import NamedTuple

from veritune.algebra import (
    Add,
    Apply,
    Cases,
    Const,
    Dots,
    Frac,
    Func,
    Mul,
    Node,
    Num,
    Pow,
    Quantity,
    Relation,
    Root,
    Sign,
    identical,
    read,
    real_value,
    table,
    variables,
    walk,
)
from veritune.verifiers.answers.extraction import math_spans
from veritune.verifiers.steps.annotations import Finding
from veritune.verifiers.steps.calculations import PERCENT, REFUSALS, leading, shown
from veritune.verifiers.steps.equality_check import Pair, Rounding, rounding_of
from veritune.verifiers.steps.equations import BEFORE, BEHIND

# Characters of a formula; a longer one is left unchecked.
LONGEST = 300
# A stretch of text that may be a formula without dollar signs.
RUN = re.compile(
    r"(?:\\(?:[,;:!$%]|[a-zA-Z]+(?:\{[^{}\n]{0,40}\})?)|\{,\}"
    r"|(?<![A-Za-z])(?:gcd|lcm|sqrt|floor|ceil|mod|pi|log|ln|sin|cos|tan|abs|C|i)(?![A-Za-z])|π"
    r"|[\d.,+\-*/^_=(){}\[\]!|×÷·√∛²³−≈<> ])+"  # noqa: RUF001
)
# What plain arithmetic does not have.
LATEX = re.compile(
    r"\\[a-zA-Z,;!]|\|[^|]{1,20}\||\d\s?!|\{,\}|√|∛|[)\]]\s?[!^]|\d\s?\^|[²³]\s?[+\-*/]"
    r"|(?:gcd|lcm|sqrt|floor|ceil|log|ln|sin|cos|tan|abs|\bC)\(|\d mod \d|\bpi\b|π|\d_\{?\d"
    r"|_\{?\d{1,3}\}?[CP]_"
    r"|(?<![A-Za-z])i(?![A-Za-z])|[\d)] ?(?:[<>≤≥≠≡]|!=) ?[-\d(]"
)
# The signs at which a chain of relations is split.
RELATION = re.compile(r"[=<>≈≤≥≠≡]|\\(?:approx|leq?|geq?|neq?|lt|gt|equiv|n?mid)(?![a-zA-Z])")
HOLDS: dict[str, Callable[[Fraction, Fraction], bool]] = {"<": lt, ">": gt, "<=": le, ">=": ge}
DIVIDING = ("divides", "divides not")
CONDITION = re.compile(r"\b(?:if|whether|unless|when|until|not)\s[^,.;\n]*$", re.IGNORECASE)
CHOOSING = re.compile(r"\bC\((\d+), ?(\d+)\)")
MODULO = re.compile(r"(?<=\d) mod (?=\d)")
# The word right before a formula may make it part of something larger.
WORD_BEFORE = re.compile(r"([A-Za-z]+)[\s$(]*$")
WORD_BEHIND = re.compile(r"[\s$)]*([A-Za-z]+|[-+*/^×÷=(])")  # noqa: RUF001
# Nodes that have a value without any variable.
NUMBERS = (Num, Const, Add, Mul, Frac, Pow, Root, Func)
# Those whose value is one number for one number, or a few.
FUNCTIONS = table(
    "sin cos tan cot sec csc asin acos atan ln log exp abs factorial factorial2 binomial floor ceil"
    " round max min gcd lcm mod residue sinh cosh tanh det"
)
CURRENCY = re.compile(r"\\?[$€£]")
# "5!=120" is the factorial of 5, and not 5 unequal to 120.
FACTORIAL = re.compile(r"(?<=[\d)])!=")
# Relative gap that rounded numbers on the way may explain.
ROUNDED = Fraction(1, 200)
# Above it numbers are not shown.
LARGEST = 10**15


class Formula(NamedTuple):
    """Two neighbouring sides that are closed numbers, where they stand and how they compare."""

    start: int
    end: int
    left: Node
    right: Node
    finding: Finding


def formulas(text: str, start: int, end: int) -> Iterator[Formula]:
    """The equations in LaTeX between two offsets."""
    if not (LATEX.search(text, start, end) and RELATION.search(text, start, end)):
        return  # most steps have no such formula, and to look for its ends takes far longer
    step = text[start:end]
    for first, last, delimited in _spans(text, start, end):
        body = text[first:last]
        if last - first > LONGEST or not (LATEX.search(body) and RELATION.search(body)):
            continue
        relation = _read(body)
        if relation is None:
            continue
        doubt = None if delimited else _attached(text, first, last)
        pairs = list(_closed_pairs(relation))
        found = [_related(*pair, step) for pair in pairs]
        signs = set(relation.operators)
        if signs != {"="} and CONDITION.search(text, max(start, first - 60), first):
            doubt = doubt or "a condition"
        if len(signs) > 1:
            doubt = doubt or "a chain of several signs"
        if doubt and any(label == "incorrect" for label, _ in found):
            found = [("unchecked", doubt)] * len(found)  # nor does the rest of a chain hold
        for (left, right, _), finding in zip(pairs, found, strict=True):
            yield Formula(first, last, left, right, finding)


def _spans(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Delimited formulas, and what looks like one between them."""
    piece = text[start:end]
    at = 0
    for span in [*math_spans(piece), None]:
        until = len(piece) if span is None else span.start
        for match in RUN.finditer(piece, at, until):
            first, last = _trimmed(piece, *match.span())
            if first < last:
                yield start + first, start + last, False
        if span is not None:
            offset = piece.index(span.content, span.start)
            yield start + offset, start + offset + len(span.content), True
            at = span.end


def _trimmed(piece: str, first: int, last: int) -> tuple[int, int]:
    """Without the spaces, points and open brackets of the sentence around a formula."""
    while first < last and piece[first] in " ,.)]}=":
        first += 1
    while first < last and piece[last - 1] in " ,.([{":
        last -= 1
    if piece[first:last].startswith("(") and piece.count("(", first, last) > piece.count(
        ")", first, last
    ):
        first += 1
    return first, last


def _read(body: str) -> Relation | None:
    """A chain of equations, or nothing."""
    try:
        node = read(_normal(body))
    except REFUSALS:
        return None
    known = {"=", "~", "!=", "===", *DIVIDING, *HOLDS}
    return node if isinstance(node, Relation) and set(node.operators) <= known else None


def _normal(body: str) -> str:
    """Plain text's `5!=120`, `C(5, 2)` and `17 mod 5` in the signs that the algebra reads."""
    body = CURRENCY.sub("", FACTORIAL.sub("! =", body))
    return MODULO.sub(r" \\bmod ", CHOOSING.sub(r"\\binom{\1}{\2}", body))


def _closed_pairs(node: Relation) -> Iterator[tuple[Node, Node, str]]:
    """Neighbouring sides that are both numbers; names such as P(A) are passed over."""
    closed = [not variables(side) and _is_number(side) for side in node.sides]
    pairs = zip(pairwise(node.sides), pairwise(closed), node.operators, strict=True)
    yield from ((left, right, op) for (left, right), both, op in pairs if all(both))


def _is_number(node: Node) -> bool:
    return all(_known(part) for part in walk(node))


def _known(node: Node) -> bool:
    if isinstance(node, Quantity):
        return node.unit in (PERCENT, (("°", 1),))
    if isinstance(node, (Sign, Dots, Cases, Apply)) or node == Const("oo"):
        return False
    if isinstance(node, Func):
        return node.name in FUNCTIONS
    return isinstance(node, NUMBERS)


def _related(left: Node, right: Node, operator: str, step: str) -> Finding:
    """Whether two sides are related as it is written in a step."""
    if operator in DIVIDING or operator == "===":
        return _divides(left, right, operator)
    try:
        same = identical(left, right)
    except REFUSALS:
        return "unchecked", "beyond what rules can check"
    if left == right and real_value(left) is None:
        return "unchecked", "has no value"
    if same and operator != "<" and operator != ">":
        return ("incorrect", "the sides are the same") if operator == "!=" else ("correct", "holds")
    if operator == "!=":
        return "correct", "holds"
    if operator in ("=", "~"):
        return _unequal(left, right, "freely" if operator == "~" else rounding_of(step))
    one, other = real_value(left), real_value(right)
    if one is None or other is None:
        return "unchecked", "has no value"
    if not same and HOLDS[operator](one, other):
        return "correct", "holds"
    return "incorrect", f"{_shown(one)} against {_shown(other)}"


def _divides(left: Node, right: Node, operator: str) -> Finding:
    """Whether a whole number divides another, or the difference of two that are congruent."""
    numbers = [left, right]
    if operator == "===":
        if not isinstance(right, Func) or right.name != "residue":
            return "unchecked", "no modulus"
        numbers = [right.args[1], left, right.args[0]]
    values = [real_value(number) for number in numbers]
    whole = [int(value) for value in values if value is not None and value.denominator == 1]
    if len(whole) != len(values) or not whole[0]:
        return "unchecked", "not whole numbers"
    rest = (whole[1] - sum(whole[2:])) % whole[0]
    holds = (rest == 0) == (operator != "divides not")
    return "correct" if holds else "incorrect", f"leaves {rest}"


def _attached(text: str, first: int, last: int) -> str | None:
    """Whether the words around a formula may be a part of what it says."""
    beside = text[first - 1 : first] if first else ""
    if beside.isalpha() or text[last : last + 1].isalpha():
        return "a letter stands beside it"
    before = WORD_BEFORE.search(text, max(0, first - 24), first)
    if before and before[1].lower() in BEFORE:
        return f"something unread stands before: {before[1]!r}"
    behind = WORD_BEHIND.match(text, last)
    if behind and (not behind[1].isalpha() or behind[1].lower() in BEHIND):
        return f"something unread stands behind: {behind[1]!r}"
    return None


def _unequal(left: Node, right: Node, rounding: Rounding) -> Finding:
    """Whether two sides that differ are the same number as printed."""
    one, other = real_value(left), real_value(right)
    if one is None or other is None:
        complex_ = any(Const("i") in walk(side) for side in (left, right))
        return ("incorrect", "not the same") if complex_ else ("unchecked", "has no value")
    pair = Pair(left, right, rounding)
    if held := pair.sense(one, other):
        return "correct", held
    decimals = any(isinstance(part, Num) and part.places for part in _operands_of(left, right))
    near = (decimals or rounding) and abs(one - other) <= ROUNDED * abs(other)
    if near or (rounding and pair.roughly(one, other)) or pair.starts_rounded(one, other):
        return "unchecked", "holds only roughly"
    if isinstance(right, (Add, Mul, Frac)) and leading(right) == one:
        return "unchecked", "runs on: the next calculation starts from this value"
    return "incorrect", f"{_shown(one)}, not {_shown(other)}"


def _operands_of(*sides: Node) -> Iterator[Node]:
    """The parts of the sides that are more than one printed number."""
    for side in sides:
        if shown(side) is None:
            yield from walk(side)


def _shown(value: Fraction) -> str:
    if abs(value) >= LARGEST:
        return "a very large number"
    return str(int(value)) if value.denominator == 1 else f"{float(value):.6g}"
