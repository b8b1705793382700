"""Repeating decimals: `0.\\overline{3}`, `0.1\\dot{6}`."""

from __future__ import annotations

from veritune.algebra.reading.cursor import Cursor
from veritune.algebra.trees.nodes import Frac, Node, Num


def repeating(cursor: Cursor, text: str) -> Node | None:
    """The fraction that `text` and the marked digits behind it stand for."""
    if "." not in text:
        return None
    period = ""
    while cursor.token.kind == "cmd" and cursor.token.text in ("overline", "dot", "bar"):
        marked = _digits(cursor)
        if marked is None:
            return None
        period += marked
    if not period:
        return None
    whole, _, fixed = text.partition(".")
    return fraction(whole, fixed, period)


def _digits(cursor: Cursor) -> str | None:
    braced = cursor.peek().text == "{"
    number = cursor.peek(1 + braced)
    if number.kind != "num" or not number.text.isdigit():
        return None
    cursor.at += 2 + 2 * braced
    return number.text


def fraction(whole: str, fixed: str, period: str) -> Node:
    """whole.fixed(period) exactly."""
    scale = 10 ** len(fixed)
    nines = 10 ** len(period) - 1
    top = int(whole + fixed or "0") * nines + int(period)
    return Frac(Num(top), Num(scale * nines))
