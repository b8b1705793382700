"""A tree as one line of plain text: an answer as it was understood."""

from __future__ import annotations

from fractions import Fraction

from veritune.algebra.trees.nodes import (
    Add,
    Apply,
    Big,
    Builder,
    Cases,
    Choice,
    Collection,
    Const,
    DateTime,
    Dots,
    Frac,
    Func,
    Interval,
    Labelled,
    Matrix,
    Mul,
    NamedSet,
    Node,
    Num,
    Pow,
    Quantity,
    Ratio,
    Relation,
    Root,
    SetOp,
    Sign,
    Sym,
    Text,
)

BRACKETS = {"paren": ("(", ")"), "square": ("[", "]"), "set": ("{", "}")}
NO_BRACKETS = ("", "")
SIGNS = {"union": " union ", "intersection": " intersect ", "difference": " minus "}


def show(node: Node) -> str:
    """The node in words and signs."""
    match node:
        case Num(value):
            return _number(node, value)
        case Sym(name) | Const(name) | NamedSet(name):
            return name
        case Add(terms):
            return " + ".join(map(show, terms)).replace("+ -", "- ")
        case Mul(factors):
            return _product(factors)
        case Frac(top, bottom):
            return f"{_tight(top)}/{_tight(bottom)}"
        case Pow(base, exponent):
            return f"{_tight(base)}^{_tight(exponent)}"
        case Root(degree, inside):
            return f"sqrt({show(inside)})" if degree == 2 else f"root{degree}({show(inside)})"
        case Func(name, args) | Apply(name, args):
            return f"{name}({', '.join(map(show, args))})"
        case _:
            return _structure(node)


def _structure(node: Node) -> str:
    match node:
        case Collection(kind, items):
            left, right = BRACKETS.get(kind, NO_BRACKETS)
            word = f" {kind} " if kind in ("and", "or") else ", "
            return left + word.join(map(show, items)) + right
        case Interval(low, high, low_closed, high_closed):
            ends = f"{show(low)}, {show(high)}"
            return f"{'[' if low_closed else '('}{ends}{']' if high_closed else ')'}"
        case Relation(operators, sides):
            parts = [show(sides[0])]
            for operator, side in zip(operators, sides[1:], strict=True):
                parts += [operator, show(side)]
            return " ".join(parts)
        case Quantity(value, _, words):
            return f"{_tight(value)} {words}"
        case Labelled(label, value):
            return f"{label}: {show(value)}"
        case SetOp(kind, args):
            return SIGNS[kind].join(map(show, args))
        case Builder(element, condition):
            return f"{{{show(element)} : {show(condition)}}}"
        case Matrix(rows):
            return "[" + "; ".join(", ".join(map(show, row)) for row in rows) + "]"
        case Ratio(parts_of):
            return ":".join(map(show, parts_of))
        case _:
            return _rest(node)


def _rest(node: Node) -> str:
    match node:
        case Text(words):
            return " ".join(words)
        case Choice(letter):
            return f"choice {letter}"
        case DateTime(kind, fields, half):
            sign = ":" if kind == "time" else "-"
            return sign.join(f"{field:02d}" for field in fields) + (f" {half}m" if half else "")
        case Sign(flipped):
            return "-+" if flipped else "+-"
        case Big("limit", variable, point, _, body):
            return f"limit({show(body)}, {variable} -> {show(point)})"
        case Big(kind, variable, low, high, body):
            return f"{kind}({show(body)}, {variable} = {show(low)}..{show(high)})"
        case Cases(pieces):
            return "; ".join(
                f"{show(value)} if {show(guard)}" if guard is not None else f"else {show(value)}"
                for value, guard in pieces
            )
        case Dots():
            return "..."
        case _:
            return type(node).__name__


def _number(node: Num, value: int | Fraction) -> str:
    if isinstance(value, int) or node.places is None:
        text = str(value) if abs(value.numerator).bit_length() < 4000 else "a very long number"
        return text if value.denominator == 1 else f"({text})"
    places = max(node.places, 0)
    scaled = abs(value) * 10**places
    digits = str(int(scaled)).zfill(places + 1)
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if value < 0 else text


def _product(factors: tuple[Node, ...]) -> str:
    if factors[0] == Num(-1) and len(factors) > 1:
        return "-" + _product(factors[1:])
    return "*".join(map(_tight, factors))


def _tight(node: Node) -> str:
    """In brackets, where a sum or a product would otherwise run into its surroundings."""
    text = show(node)
    loose = isinstance(node, (Add, Mul, Frac, Relation)) or text.startswith("-")
    return f"({text})" if loose else text
