"""Arithmetic on plain numbers, exactly: a tiny parser over fractions, never eval.

Grammar: sums of products of signed numbers, brackets, `^` or `**` with a small whole exponent.
Numbers may have thousands commas, a decimal point and a percent sign; the signs of typeset
multiplication and division are read too. Currency signs are passed over.
"""

from __future__ import annotations

import re
from fractions import Fraction

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?%?|\.[0-9]+%?)"
    r"|(?P<operator>\*\*|[-+*/^()x×·÷:−–]))"  # noqa: RUF001
)
_SAME = {"x": "*", "×": "*", "·": "*", "÷": "/", ":": "/", "−": "-", "–": "-", "**": "^"}  # noqa: RUF001
LONGEST = 400
"""Characters; longer text is not read."""
_LARGEST_EXPONENT = 64
_DEEPEST = 20
_MOST_BITS = 2048


class Unreadable(ValueError):
    """The text is not arithmetic on plain numbers, or too large."""


class Undefined(Unreadable):
    """The expression has no value."""


def evaluate(text: str) -> Fraction:
    """The exact value of an arithmetic expression; raises `Unreadable`."""
    if len(text) > LONGEST:
        raise Unreadable("too long")
    reader = _ArithmeticReader(_tokens(text))
    value = reader.sum(0)
    if reader.peek() is not None:
        raise Unreadable(f"unexpected {reader.peek()!r}")
    _refuse_huge(value)
    return value


def number(text: str) -> Fraction:
    """The value of one number token."""
    digits = text.replace(",", "")
    return Fraction(digits[:-1]) / 100 if digits.endswith("%") else Fraction(digits)


def places(text: str) -> int:
    """How many decimals a number token prints; a percent sign shifts by two."""
    _, _, decimals = text.rstrip("%").partition(".")
    return len(decimals) + (2 if text.endswith("%") else 0)


def rounds_to(value: Fraction, shown: Fraction, decimals: int) -> bool:
    """Whether `shown` is `value` at its printed precision; a half may go either way."""
    return bool(abs(value - shown) * 2 * 10**decimals <= 1)


def printed(value: Fraction, decimals: int) -> str:
    """The value for a person, with two more decimals than asked where it needs them."""
    digits = decimals + 2
    whole, rest = divmod(abs(round(value * 10**digits)), 10**digits)
    sign = "-" if value < 0 and (whole or rest) else ""
    return sign + f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".")


def _tokens(text: str) -> list[str]:
    text = re.sub(r"[$€£¥]", "", text)
    tokens = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unreadable(f"cannot read {text[at : at + 20]!r}")
        token = match.group().strip()
        tokens.append(_SAME.get(token, token))
        at = match.end()
    return tokens


def _refuse_huge(value: Fraction) -> None:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MOST_BITS:
        raise Unreadable("number too large")


class _ArithmeticReader:
    """Recursive descent over tokens; brackets nest at most `_DEEPEST` deep."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> str:
        token = self.peek()
        if token is None:
            raise Unreadable("ends too early")
        self._at += 1
        return token

    def sum(self, depth: int) -> Fraction:
        value = self._product(depth)
        while (operator := self.peek()) in ("+", "-"):
            self._at += 1
            term = self._product(depth)
            value = value + term if operator == "+" else value - term
        return value

    def _product(self, depth: int) -> Fraction:
        value = self._signed(depth)
        while (operator := self.peek()) in ("*", "/"):
            self._at += 1
            factor = self._signed(depth)
            if operator == "/" and factor == 0:
                raise Undefined("division by zero")
            value = value * factor if operator == "*" else value / factor
        return value

    def _signed(self, depth: int) -> Fraction:
        sign = 1
        while self.peek() in ("+", "-"):
            sign = -sign if self._take() == "-" else sign
        return sign * self._power(depth)

    def _power(self, depth: int) -> Fraction:
        base = self._atom(depth)
        if self.peek() != "^":
            return base
        self._at += 1
        exponent = self._signed(depth)
        if exponent.denominator != 1 or abs(exponent) > _LARGEST_EXPONENT:
            raise Unreadable("exponent not a small whole number")
        if base == 0 and exponent < 0:
            raise Undefined("division by zero")
        _refuse_huge(base)
        return Fraction(base ** int(exponent))

    def _atom(self, depth: int) -> Fraction:
        token = self._take()
        if token == "(":
            if depth >= _DEEPEST:
                raise Unreadable("brackets nested too deeply")
            value = self.sum(depth + 1)
            if self._take() != ")":
                raise Unreadable("bracket not closed")
            return value
        if not token[0].isdigit() and token[0] != ".":
            raise Unreadable(f"unexpected {token!r}")
        return number(token)
