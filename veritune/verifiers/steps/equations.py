"""Claims of equality in prose: `a op b = c`, `a op b is c`, and chains `a = b = c`.

A claim is checked wrong only where both sides were read whole. What stands beside a side and
could belong to it ("half of 20 + 10", "= 3 dozen") makes a mismatch "unchecked".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from veritune.algebra import table
from veritune.verifiers.steps.arithmetic import Unreadable
from veritune.verifiers.steps.sides import MOST_TOKENS, Side, read_side
from veritune.verifiers.steps.tokens import ProseToken
from veritune.verifiers.steps.units import LARGE, measures

# The doubt of `1/2 of the day is 12 hours`, which says nothing against an equality that holds.
FRACTION_NAME = "a fraction may be a name"
# Words that make the expression after them part of a larger one.
_BEFORE = table(
    "half twice thrice double triple times remainder square squared cube root quotient digit "
    "digits factor factors divisor divisors multiple multiples gcd lcm mod modulo"
)
# Words that do so with "of".
_BEFORE_OF = table(
    "half third thirds quarter quarters fourth fourths fifth fifths sixth sixths seventh eighth "
    "eighths ninth tenth tenths out percent rest"
)
# Words that do so behind a number: 5 more than.
_BEHIND_NUMBER = table("than at percent minus plus less fewer more difference product")
# Words that do so behind a calculation: add 2 + 3 to.
_BEHIND_OPERATOR = table(
    "by from multiply multiplied divide divided subtract subtracting subtracted add adding to"
)
# Words that make the number before them part of something else.
_AFTER = table("remainder r pm am squared cubed plus minus half k m b or th ths tenths hundredths")
# Words that may make a formula behind them part of something larger.
BEFORE = _BEFORE | _BEFORE_OF | _BEHIND_NUMBER | {"of"}
# Words that may continue a formula before them.
BEHIND = _AFTER | {"of", "times"}
# Numbers in words: what a side is read as leaves them out.
_COUNTS = table(
    "one two three four five six seven eight nine ten eleven twelve hundred thousand million "
    "billion half third quarter twice double triple dozen halves quarters thirds"
)
# A letter right behind a number that is read as its unit.
_LETTER_UNITS = frozenset("mlgshc")
_VERBS = table("gives is are was were makes equals has have gets")
# "5 more" is no value of its own.
_COMPARATIVES = frozenset(("more", "less", "fewer", "greater", "larger", "smaller", "away"))
# Tokens before an equality among which such a word is looked for.
_NEAR = 3


@dataclass(frozen=True, slots=True)
class Equality:
    """Two neighbouring sides of a claim. `doubt` says why a mismatch would prove nothing."""

    left: Side
    right: Side
    start: int
    end: int
    approximate: bool
    doubt: str | None


def equalities(tokens: list[ProseToken]) -> Iterator[Equality]:
    """Every pair of neighbouring sides that can be read."""
    signs = [at for at, token in enumerate(tokens) if token.kind == "equals"]
    for number, sign in enumerate(signs):
        low = signs[number - 1] + 1 if number else 0
        high = signs[number + 1] if number + 1 < len(signs) else len(tokens)
        left = _left(tokens, _clause_start(tokens, low, sign), sign)
        if left is None:
            continue
        right = _right(tokens, sign + 1, _clause_end(tokens, sign + 1, high))
        if right is None:
            continue
        yield Equality(
            left=left,
            right=right,
            start=tokens[left.first].start,
            end=tokens[right.after - 1].end,
            approximate=tokens[sign].text == "≈",
            doubt=_doubt(tokens, left, right, low, sign),
        )


def _clause_start(tokens: list[ProseToken], low: int, sign: int) -> int:
    at = sign
    while at > max(low, sign - MOST_TOKENS) and tokens[at - 1].kind != "break":
        at -= 1
    return at


def _clause_end(tokens: list[ProseToken], first: int, high: int) -> int:
    at = first
    while at < min(high, first + MOST_TOKENS) and tokens[at].kind != "break":
        at += 1
    return at


def _left(tokens: list[ProseToken], first: int, sign: int) -> Side | None:
    """The longest side that ends at the sign; unit words may stand between."""
    end = sign
    while end > first and (tokens[end - 1].kind == "word" or _per(tokens, end - 1)):
        end -= 1
    for at in range(first, end):
        if not _may_start(tokens, first, at):
            continue
        try:
            side = read_side(tokens, at, sign, end)
        except Unreadable:
            continue
        side.behind = [word.text for word in tokens[end:sign]]
        return side
    return None


def _per(tokens: list[ProseToken], at: int) -> bool:
    """Whether a token is the sign in hours/day."""
    inner = 0 < at < len(tokens) - 1 and tokens[at].text == "/"
    return inner and tokens[at - 1].kind == tokens[at + 1].kind == "word"


def _may_start(tokens: list[ProseToken], first: int, at: int) -> bool:
    """Whether a side may begin here; a minus behind a word takes away from what was not read."""
    token = tokens[at]
    if token.text == "-":
        if token.end - token.start > 1:  # "minus 2 = 10" continues from an earlier value
            return False
        return at == first or tokens[at - 1].kind in ("open", "break")
    return token.kind in ("number", "open") or token.text == "frac"


def _right(tokens: list[ProseToken], first: int, high: int) -> Side | None:
    try:
        side = read_side(tokens, first, high)
    except Unreadable:
        return None
    for token in tokens[side.after : side.after + 4]:
        if token.kind != "word" and token.text != "/":
            break
        side.behind.append(token.text)
    return side


def _doubt(tokens: list[ProseToken], left: Side, right: Side, low: int, sign: int) -> str | None:
    if left.loose or right.loose:
        return "can be read in two ways"
    words = left.words + right.words + [word for word in right.behind[:1] if word not in LARGE]
    counts = [word for word in words if word in _COUNTS]
    if counts:
        return f"{counts[0]!r} is a number in words"
    if left.mixes_units or right.mixes_units:
        return "adds different units"
    return (
        _doubt_before(tokens, left, low)
        or _doubt_behind(tokens, right)
        or _doubt_shape(left, right, spoken=tokens[sign].text == "is")
        or _doubt_name(tokens, left, low)
    )


def _doubt_before(tokens: list[ProseToken], left: Side, low: int) -> str | None:
    """Whether the expression may begin before what was read of it."""
    if _compound(tokens, left.first - 2, low):
        return "a quantity in two units"
    for at in range(left.first - 1, max(low, left.first - _NEAR) - 1, -1):
        token = tokens[at]
        if token.kind == "break":
            return _doubt_break(tokens, at) if at + 1 == left.first else None
        if _joins(tokens, low, at, adjacent=at + 1 == left.first):
            return f"something unread stands before: {token.text!r}"
    return None


def _joins(tokens: list[ProseToken], low: int, at: int, *, adjacent: bool) -> bool:
    """Whether a token makes what follows a part of something larger."""
    token = tokens[at]
    if token.kind != "word":
        return adjacent or token.kind == "operator"
    if token.text == "of" and at > low:
        return tokens[at - 1].kind == "number" or tokens[at - 1].text in _BEFORE_OF
    return (
        token.text in _BEFORE
        or (adjacent and at > low and (tokens[at - 1].text, token.text) == ("on", "day"))
        or (token.text in _BEHIND_NUMBER and _earlier(tokens, low, at, "number"))
        or (token.text in _BEHIND_OPERATOR and _earlier(tokens, low, at, "operator"))
    )


def _earlier(tokens: list[ProseToken], low: int, at: int, kind: str) -> bool:
    """Whether a token of a kind stands before in the clause."""
    while at > low and tokens[at - 1].kind != "break":
        at -= 1
        if tokens[at].kind == kind:
            return True
    return False


def _doubt_break(tokens: list[ProseToken], at: int) -> str | None:
    """Whether the mark before the expression stands inside a number or a calculation."""
    before = tokens[at - 1] if at else None
    if before is None or before.kind not in ("operator", "number"):
        return None
    grouped = tokens[at].text == "," and len(tokens[at + 1].text) == 3  # 14, 400
    if before.kind == "operator" or tokens[at].text == "." or grouped:
        return f"something unread stands before: {before.text + tokens[at].text!r}"
    return None


def _doubt_behind(tokens: list[ProseToken], right: Side) -> str | None:
    """Whether the expression may continue behind what was read of it."""
    if right.after == len(tokens):
        return None
    token = tokens[right.after]
    if token.text == "." and not token.spaced and right.after + 1 < len(tokens):
        inside = tokens[right.after + 1]
        token = token if inside.spaced else inside  # 0.\overline{3}
    if token.kind in ("break", "equals") or _is_unit(tokens, right.after):
        return None
    if token.text == "/" and right.after + 1 < len(tokens):
        return None if tokens[right.after + 1].kind == "word" else "something is divided behind it"
    if token.text == "of" and right.fraction:
        return "a fraction of something"
    if _compound(tokens, right.after - 1, 0):
        return "a quantity in two units"
    if token.kind == "word" and token.text not in _AFTER and not _and_more(tokens, right.after):
        return None
    return f"something unread stands behind: {token.text!r}"


def _compound(tokens: list[ProseToken], at: int, low: int) -> bool:
    """`1 hr 15 min`: a number, a word that measures, and another number."""
    if at < low or at + 2 >= len(tokens):
        return False
    number, word, other = tokens[at : at + 3]
    return number.kind == other.kind == "number" and measures(word.text)


def _and_more(tokens: list[ProseToken], at: int) -> bool:
    """`and 1/2`, `and a half`."""
    if tokens[at].text != "and" or at + 1 == len(tokens):
        return False
    following = tokens[at + 2] if at + 2 < len(tokens) else None
    if tokens[at + 1].kind == "number" and following is not None and following.kind == "operator":
        return following.text == "/"
    return tokens[at + 1].kind in ("number", "open") or tokens[at + 1].text in ("a", "one", "half")


def _doubt_shape(left: Side, right: Side, *, spoken: bool) -> str | None:
    """Whether this is a calculation and its result, and not a name or a change of unit."""
    percent_result = right.percent and right.printed is not None and left.printed is None
    if left.percent != right.percent and not percent_result:
        return "a percentage on one side only"
    one, other = left.printed is None, right.printed is None
    bare = not (left.behind or right.behind or left.percent or right.percent)
    if not one and (spoken or not (other or bare)):
        return "not a calculation and its result"
    if spoken and left.behind and "-" in left.signs:
        return "may be a range of numbers"
    if spoken and _COMPARATIVES & set(right.behind[:1]):
        return "a comparison"
    if spoken and other:
        return "not a calculation and its result"
    if left.fraction and (spoken or left.behind):
        return FRACTION_NAME
    return None


def _doubt_name(tokens: list[ProseToken], left: Side, low: int) -> str | None:
    """Whether the left side may be a name: "Area of 1 bedroom = 11 * 11"."""
    if len(left.behind) > 5 or _VERBS & set(left.behind):
        return "a phrase stands between"
    if left.printed is None:
        return None
    inner = left.first == low > 0
    alone = left.first == 0 or tokens[left.first - 1].kind == "break"
    if (left.behind and not (inner and len(left.behind) == 1)) or not (inner or alone):
        return "not a calculation and its result"
    return None


def _is_unit(tokens: list[ProseToken], at: int) -> bool:
    """Whether a letter is a unit, as in "= 20 m."."""
    if tokens[at].text not in _LETTER_UNITS or not tokens[at].spaced:
        return False
    return at + 1 == len(tokens) or tokens[at + 1].kind in ("break", "word")
