"""What stands behind an atom: exponents, subscripts, primes, factorials, percents, degrees."""

from __future__ import annotations

import re

from veritune.algebra.limits import UnparsedError
from veritune.algebra.reading.atoms import ORDINALS, atom
from veritune.algebra.reading.cursor import Cursor
from veritune.algebra.reading.repeating import fraction
from veritune.algebra.reading.words import NUMBER_WORDS
from veritune.algebra.trees.build import negated
from veritune.algebra.trees.nodes import (
    Add,
    Apply,
    Const,
    Frac,
    Func,
    Matrix,
    NamedSet,
    Node,
    Num,
    Pow,
    Quantity,
    Root,
    Sym,
)

# Letters that are a set where others in blackboard bold are.
LETTER_SETS = tuple(map(Sym, ("Z", "N", "R", "Q", "N_+", "Z_+")))
# Combinations and arrangements, with an index above: C_5^2.
CHOSEN = re.compile(r"([CA])_(\d{1,3})")
# "101_2", "101_{base 2}".
BASE = re.compile(r"(?:base)?(\d+)")


def exponent(cursor: Cursor, base: Node) -> Node:
    """`base^...`, which may turn out to be a degree sign, an ordinal or a transpose."""
    cursor.expect("^")
    if cursor.token.kind == "end" or cursor.sign(",", ")", "]", ".", ";"):
        if isinstance(base, (Num, Frac)):
            return Quantity(base, (("°", 1),), "°")
        raise cursor.wrong("an empty exponent")
    found = _mark(cursor, base)
    if found is not None:
        return found
    raised = _exponent_value(cursor)
    return _chosen(base, raised) or Pow(base, raised)


def _chosen(base: Node, raised: Node) -> Node | None:
    """C_5^2 and A_5^2: so many choices, or arrangements, of 2 out of 5."""
    match = CHOSEN.fullmatch(base.name) if isinstance(base, Sym) else None
    if match is None or not isinstance(raised, Num) or not isinstance(raised.value, int):
        return None
    many, few = int(match.group(2)), raised.value
    if not 0 <= few <= many or many < 3:
        return None
    if match.group(1) == "C":
        return Func("binomial", (Num(many), Num(few)))
    return Frac(Func("factorial", (Num(many),)), Func("factorial", (Num(many - few),)))


def _exponent_value(cursor: Cursor) -> Node:
    if cursor.accept("-"):
        return negated(_exponent_value(cursor))
    cursor.accept("+")
    node = cursor.one("}") if cursor.accept("{") else atom(cursor)
    while cursor.sign("!") or (cursor.sign("_") and isinstance(node, Sym)):
        more = postfix(cursor, node)
        if more is None:
            break
        node = more
    if cursor.sign("^"):
        return exponent(cursor, node)
    return node


def _mark(cursor: Cursor, base: Node) -> Node | None:
    """What stands above and is no power: degrees, ordinals, primes, a transpose, nothing at all."""
    braced = cursor.sign("{")
    mark = cursor.peek(int(braced)).text
    behind = cursor.at + (3 if braced else 1)
    if mark == "}":
        cursor.at += 2
        return base
    if mark == "'":
        cursor.at += braced
        node = _primes(cursor, base)
        if braced:
            cursor.expect("}")
        return node
    if braced and cursor.peek(2).text != "}":
        return None
    if mark == "°":
        cursor.at = behind
        return degrees(cursor, base)
    if mark in ORDINALS and isinstance(base, (Num, Sym, Add)):
        cursor.at = behind
        return base
    if mark in ("*", "+") and isinstance(base, Sym) and base in LETTER_SETS:
        cursor.at = behind
        return NamedSet(base.name + mark)
    if mark in ("T", "intercal") and isinstance(base, Matrix):
        cursor.at = behind
        return Matrix(tuple(zip(*base.rows, strict=True)))
    return None


def degrees(cursor: Cursor, base: Node) -> Node:
    """Degrees behind a number, with minutes and seconds where they follow."""
    if cursor.token.kind == "word" and cursor.token.text in ("C", "F"):
        name = "°" + cursor.token.text
        cursor.at += 1
        return Quantity(base, ((name, 1),), name)
    parts: list[Node] = [Quantity(base, (("°", 1),), "°")]
    while cursor.token.kind == "num" and cursor.peek().text in ("'", "^"):
        place = cursor.at
        number = atom(cursor)
        cursor.accept("^")
        braced = cursor.accept("{")
        count = _count_primes(cursor)
        if not count or (braced and not cursor.accept("}")):
            cursor.at = place
            break
        unit = "'" if count == 1 else "''"
        parts.append(Quantity(number, ((unit, 1),), unit))
    return parts[0] if len(parts) == 1 else Add(tuple(parts))


def _count_primes(cursor: Cursor) -> int:
    count = 0
    while cursor.accept("'"):
        count += 1
    return count


def _primes(cursor: Cursor, base: Node) -> Node:
    count = _count_primes(cursor)
    if isinstance(base, Sym):
        return Sym(base.name + "'" * count)
    if isinstance(base, (Num, Frac)):
        unit = "'" if count == 1 else "''"
        return Quantity(base, ((unit, 1),), unit)
    if isinstance(base, Apply):
        return Apply(base.name + "'" * count, base.args)
    raise cursor.wrong("a prime")


def postfix(cursor: Cursor, base: Node) -> Node | None:
    """The next postfix sign applied to `base`; None where none follows."""
    token = cursor.token
    if token.kind != "op":
        return None
    if token.text == "_":
        return subscript(cursor, base)
    if token.text == "!":
        cursor.at += 1
        if cursor.sign("!") and not cursor.token.space:
            cursor.at += 1
            return Func("factorial2", (base,))
        return Func("factorial", (base,))
    if token.text in ("%", "‰"):
        cursor.at += 1
        return Quantity(base, ((token.text, 1),), token.text)
    if token.text == "°":
        cursor.at += 1
        return degrees(cursor, base)
    if token.text == "'" and isinstance(base, (Sym, Apply, Num)):
        return _primes(cursor, base)
    if token.text == "..." and isinstance(base, Num) and (base.places or 0) > 0:
        cursor.at += 1
        return _repeating_tail(base)
    return None


def _repeating_tail(base: Num) -> Node:
    """0.333... is 1/3; 3.14... stays as printed."""
    assert base.places is not None
    scaled = abs(base.value) * 10**base.places
    digits = str(int(scaled)).zfill(base.places + 1)
    whole, decimals = digits[: -base.places], digits[-base.places :]
    for period in (1, 2, 3, 6):
        tail = decimals[-period:]
        if decimals.endswith(tail * (3 if period == 1 else 2)):
            value = fraction(whole, decimals[:-period], tail)
            return negated(value) if base.value < 0 else value
    return base


def subscript(cursor: Cursor, base: Node) -> Node:
    """An index of a variable, or the base of a number."""
    cursor.expect("_")
    label = cursor.raw()
    if isinstance(base, Sym):
        return Sym(f"{base.name}_{label}")
    if isinstance(base, Const) and base.name in ("e", "i"):
        return Sym(f"{base.name}_{label}")
    if isinstance(base, Num):
        return _based(base, label)
    if isinstance(base, Apply):
        return Apply(f"{base.name}_{label}", base.args)
    if isinstance(base, Pow) and isinstance(base.base, Sym):
        name = Sym(f"{base.base.name}_{label}")
        return _chosen(name, base.exponent) or Pow(name, base.exponent)
    if isinstance(base, (Func, Root)):
        return Sym(f"{base}_{label}")
    raise cursor.wrong("a subscript")


def _based(base: Num, label: str) -> Node:
    """A number with or without a point in another base."""
    if base.places is None and isinstance(base.value, int):
        return in_base(str(base.value), label)
    if base.places is None or base.places < 1:
        raise UnparsedError("a base behind a power of ten")
    digits = in_base(str(int(base.value * 10**base.places)), label)
    return Frac(digits, Num(_base(label) ** base.places))


def in_base(digits: str, label: str) -> Node:
    """The number that `digits` are in the base that `label` names."""
    base = _base(label)
    try:
        return Num(int(digits, base))
    except ValueError:
        raise UnparsedError(f"{digits} has digits that base {base} lacks") from None


def _base(label: str) -> int:
    name = label.lower().strip("()")
    match = BASE.fullmatch(name)
    number = int(match.group(1)) if match else NUMBER_WORDS.get(name.removeprefix("base"), 0)
    if not 2 <= number <= 36:
        raise UnparsedError(f"no base: {label}")
    return number
