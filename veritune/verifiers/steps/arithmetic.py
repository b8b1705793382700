"""Arithmetic on plain numbers, exactly: read by the algebra, never evaluated as code.

Numbers may have thousands commas, a decimal point and a percent sign; `x` between numbers
multiplies and a colon divides. Currency signs are passed over.
"""

from __future__ import annotations

import re
from fractions import Fraction

from veritune.algebra import (
    LimitReachedError,
    Node,
    Num,
    OpaqueError,
    Pow,
    UndefinedError,
    UnparsedError,
    rational,
    read,
    walk,
)

# Characters; longer text is not read.
LONGEST = 400
_PLAIN = re.compile(r"[0-9\s.,+\-*/^()x%eE×·÷:−–]+")  # noqa: RUF001
_TIMES = re.compile(r"(?<=[\d)%\s])x(?=\s*[-\d(.])")
_CURRENCY = re.compile(r"[$€£¥]")
# Of a number on the way: an honest step has no longer one.
_MOST_BITS = 2048
# Of a power of plain numbers; an honest step has no larger one.
_LARGEST_EXPONENT = 64


class Unreadable(ValueError):
    """The text is not arithmetic on plain numbers, or too large."""


class Undefined(Unreadable):
    """The expression has no value."""


# Decimals that only a calculator prints, and how far its result may be from the exact value: some
# units in the last place of a double, whose relative step is 2.2e-16.
FLOAT_DECIMALS = 10
FLOAT_ERROR = Fraction(1, 10**13)


def evaluate(text: str) -> Fraction:
    """The exact value of an arithmetic expression; raises `Unreadable`."""
    if text.isascii() and text.isdigit() and len(text) <= LONGEST:  # as most results are
        return Fraction(int(text))
    return value_of(calculation(text))


def calculation(text: str) -> Node:
    """An arithmetic expression as a person writes it; raises `Unreadable`."""
    if len(text) > LONGEST:
        raise Unreadable("too long")
    plain = _TIMES.sub("*", _CURRENCY.sub("", text)).replace(":", "/").replace("**", "^")
    if not _PLAIN.fullmatch(plain) or "x" in plain or "//" in plain:
        raise Unreadable(f"cannot read {text[:20]!r}")
    return arithmetic(plain)


def arithmetic(text: str) -> Node:
    """A calculation in signs as the algebra reads it; raises `Unreadable`."""
    try:
        node = read(text)
    except (UnparsedError, LimitReachedError, RecursionError) as error:
        raise Unreadable(str(error) or "not arithmetic") from None
    if "^" in text:
        _bounded_powers(node)
    return node


def _bounded_powers(node: Node) -> None:
    """Powers are worked out exactly, so their size is bounded first."""
    for part in walk(node):
        if isinstance(part, Pow):
            exponent = part.exponent
            if (
                not isinstance(exponent, Num)
                or abs(Fraction(exponent.value)) > _LARGEST_EXPONENT
                or any(isinstance(inner, Pow) for inner in walk(part.base))
            ):
                raise Unreadable("a power beyond what is checked")
            if part.base == exponent == Num(0):
                raise Unreadable("zero to the power of zero")


def value_of(node: Node) -> Fraction:
    """The exact value of a calculation; raises `Unreadable`."""
    try:
        value = rational(node)
    except UndefinedError as error:
        raise Undefined(str(error)) from None
    except (LimitReachedError, OpaqueError) as error:
        raise Unreadable(str(error) or "not arithmetic") from None
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MOST_BITS:
        raise Unreadable("number too large")
    return value


def places(text: str) -> int:
    """How many decimals a number token prints; a percent sign shifts by two."""
    _, _, decimals = text.rstrip("%").partition(".")
    return len(decimals) + (2 if text.endswith("%") else 0)


def rounds_to(value: Fraction, shown: Fraction, decimals: int) -> bool:
    """Whether `shown` is `value` at its printed precision; a half may go either way."""
    return bool(abs(value - shown) * 2 * 10**decimals <= 1)


def is_float_of(value: Fraction, shown: Fraction, decimals: int) -> bool:
    """Whether `shown` is what a calculator in double precision makes of `value`.

    Such a calculator prints 99.00000000000001 for 11/18*162: some units in the last of its 15 to 17
    digits, which nobody writes by hand.
    """
    scale = max(Fraction(1), abs(value))
    return decimals >= FLOAT_DECIMALS and abs(value - shown) <= FLOAT_ERROR * scale


def decimal(value: Fraction, decimals: int) -> str:
    """The value for a person, with two more decimals than asked where it needs them."""
    digits = decimals + 2
    whole, rest = divmod(abs(round(value * 10**digits)), 10**digits)
    sign = "-" if value < 0 and (whole or rest) else ""
    return sign + f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".")
