"""Units and counted nouns behind a number: "5 m/s^2", "12 square inches", "7 stuffed goats"."""

from __future__ import annotations

from veritune.algebra.reading.commands import FRACTIONS, FUNCTIONS, PLAIN_GREEK
from veritune.algebra.reading.cursor import Cursor
from veritune.algebra.reading.tokens import FormulaToken
from veritune.algebra.reading.words import (
    CONDITION,
    CONNECTIVES,
    DOMAIN,
    FLUFF,
    NEGATIONS,
    NUMBER_WORDS,
    content,
    wordlike,
)
from veritune.algebra.tables import table
from veritune.algebra.values.units import Unit, find_unit

POWERS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cu": 3, "cubed": 3}
SHORT = ("sq", "cu")
# These stand before their number, and units behind.
CURRENCIES = frozenset("$€£¥¢₹")
VERBS = frozenset(("is", "are", "was", "were"))
# Words that end a unit's name: what follows explains.
STOPPERS = (
    VERBS
    | CONDITION
    | DOMAIN
    | NEGATIONS
    | frozenset(CONNECTIVES)
    | {"mod", "modulo", "base", "since", "because"}
)
# Prefixes of units in one word: sqft, cuin.
AREAS = {"sq": 2, "cu": 3}
ENDS = frozenset(("", ",", ";", ".", ")", "and", "or", "row", ")set"))
# A single letter is a unit only right behind a number, and one of these.
LONE = table("m s g h L l N J W V A K C F d")


def natural(token: FormulaToken) -> bool:
    """Whether a token is an ordinary word and not mathematics."""
    if token.kind != "word":
        return False
    if token.mode == "t":
        return len(token.text) > 1 or token.text == "a"
    if token.mode == "r":
        return len(token.text) > 2 and token.text not in FUNCTIONS
    if token.text in FUNCTIONS or token.text in PLAIN_GREEK or token.text in ("infinity", "infty"):
        return False
    return wordlike(token.text) or token.text.lower() in CONNECTIVES


def unit_after(cursor: Cursor) -> tuple[Unit, str] | None:
    """The unit that starts at the next token, if one does; the cursor stands behind it then."""
    start = cursor.at
    unit: list[tuple[str, int]] = []
    unknown: list[str] = []
    sign = power = 1
    while True:
        token, text = cursor.token, cursor.token.text
        if token.kind == "op" and text in CURRENCIES:
            unit.append((text, sign))
        elif _divides_unit(cursor, bool(unit)):
            sign = -1 if text == "/" else sign
        elif token.kind == "cmd" and text in FRACTIONS and _unit_fraction(cursor, unit):
            continue
        elif token.kind != "word" or text.lower() in STOPPERS or text.lower() in NUMBER_WORDS:
            break
        elif text.lower() in POWERS and (unit or natural(token) or cursor.peek().kind == "word"):
            power = _power_word(unit, text.lower(), power)
            cursor.at += text.lower() in SHORT and cursor.peek().text == "."
        elif text.lower() in ("per", "each") and natural(token):
            sign = -1
        elif (squared := _squared(token)) is not None:
            unit.append((squared[0], sign * squared[1]))
        elif _is_unit(cursor, token, bool(unit or unknown)):
            cursor.at += 1
            unit.append((find_unit(text) or text, sign * power * _printed_power(cursor)))
            power = 1
            continue
        elif natural(token) or (token.mode == "r" and not unit and token.text not in FUNCTIONS):
            unknown += [] if text.lower() in FLUFF or unit else [text]
        else:
            break
        cursor.at += 1
    if cursor.at == start:
        return None
    if not unit and unknown:
        unit = [("?" + " ".join(content(unknown)), 1)]
    words = " ".join(token.text for token in cursor.tokens[start : cursor.at])
    return tuple(unit), words


def _unit_fraction(cursor: Cursor, unit: list[tuple[str, int]]) -> bool:
    """`\\frac{m}{s^2}` of upright units; the cursor stands behind it then."""
    start, found = cursor.at, len(unit)
    cursor.at += 1
    for sign in (1, -1):
        if not cursor.accept("{"):
            break
        while cursor.token.kind == "word" and cursor.token.mode in ("t", "r"):
            name = find_unit(cursor.token.text)
            if name is None:
                break
            cursor.at += 1
            unit.append((name, sign * _printed_power(cursor)))
        if not cursor.accept("}"):
            break
    else:
        return True
    cursor.at = start
    del unit[found:]
    return False


def _squared(token: FormulaToken) -> tuple[str, int] | None:
    """The unit and its power in sqft."""
    lower = token.text.lower()
    name = find_unit(lower[2:]) if lower[:2] in AREAS and len(lower) > 2 else None
    return (name, AREAS[lower[:2]]) if name is not None and find_unit(lower) is None else None


def _power_word(unit: list[tuple[str, int]], word: str, power: int) -> int:
    if word in ("squared", "cubed") and unit:
        name, old = unit[-1]
        unit[-1] = (name, old * POWERS[word])
        return power
    return POWERS[word]


def _divides_unit(cursor: Cursor, started: bool) -> bool:
    """Whether a division or multiplication sign is next, and a unit behind it."""
    token = cursor.peek()
    if not (cursor.sign("/") or (started and cursor.sign("*"))):
        return False
    return token.kind == "word" and find_unit(token.text) is not None and token.mode != "m"


def _is_unit(cursor: Cursor, token: FormulaToken, started: bool) -> bool:
    """Whether a word is a known unit here. Single letters are variables in mathematics."""
    name = find_unit(token.text)
    if name is None:
        return False
    if token.text.lower() in ("in", "as", "at", "a"):
        after = cursor.peek()
        return token.text == "in" and after.kind in ("end", "op") and not _starts_value(after)
    if token.mode in ("t", "r") or started:
        return True
    if len(token.text) > 1:
        return token.text not in FUNCTIONS or token.text == "min"
    return token.mode == "p" and token.space and token.text in LONE and _alone(cursor)


def _alone(cursor: Cursor) -> bool:
    """Whether a letter behind a blank ends the answer, and no other letter stands before it.

    Then it may be a unit; in 12 m^2 n and 16 n^2 - 5 m it is a variable.
    """
    behind = cursor.peek()
    if behind.text == "^":
        place = 3 if cursor.peek(2).text == "{" else 2
        if cursor.token.text != "m" or cursor.peek(place).text not in ("2", "3"):
            return False
        behind = cursor.peek(place + (2 if place == 3 else 1))
    if behind.text not in ENDS and behind.text != "/":
        return False
    before = cursor.tokens[: cursor.at]
    start = max((i for i, token in enumerate(before) if token.text in ("=", ",")), default=-1)
    return not any(token.kind == "word" for token in before[start + 1 :])


def _starts_value(token: FormulaToken) -> bool:
    return token.text in ("(", "[", "set(", "{")


def _printed_power(cursor: Cursor) -> int:
    """The exponent of `^2` or `^{2}` behind a unit; 1 where there is none."""
    if not cursor.sign("^"):
        return 1
    braced = cursor.peek().text == "{"
    place = 2 if braced else 1
    negative = cursor.peek(place).text == "-"
    number = cursor.peek(place + negative)
    if number.kind != "num" or not number.text.isdigit() or len(number.text) > 1:
        return 1
    cursor.at += place + negative + 1 + braced
    return -int(number.text) if negative else int(number.text)
