"""Derivatives, integrals, limits, sums: `\\frac{d}{dx}`, `\\int_0^1 x\\,dx`, `\\sum_{k=1}^n k`."""

from __future__ import annotations

import re
from collections.abc import Callable

from veritune.algebra.reading.cursor import Cursor
from veritune.algebra.reading.tokens import FormulaToken
from veritune.algebra.trees.nodes import Big, Func, Node, Num, Relation, Sym

Argument = Callable[[Cursor], Node]
# An upright or italic d, or a partial one.
D = "(?:d|partial)"
# "dy|dx", "d^2y|dx^2": top and bottom of a fraction with a bar between them.
QUOTIENT = re.compile(rf"{D}(?:\^([23]))?([A-Za-z]?)\|{D}([A-Za-z])(?:\^([23]))?")
# The last factor of an integrand, with what little stands before the d.
DIFFERENTIAL = re.compile(r"(.{0,4}?)d([a-zA-Z])")
END = FormulaToken("op", ")int")


def derivative(cursor: Cursor) -> Node | None:
    """dy/dx as a name, d/dx of what follows; None where a fraction is no derivative.

    The cursor stands behind `\\frac`.
    """
    place = cursor.at
    match = QUOTIENT.fullmatch(f"{cursor.raw()}|{cursor.raw()}") if cursor.sign("{") else None
    if match is None or (match[1] or "1") != (match[4] or "1"):
        cursor.at = place
        return None
    order, of, variable = match[1] or "", match[2], match[3]
    if of:
        return Sym(f"d{order}{of}/d{variable}{order}")
    node = cursor.grammar.term(cursor)
    for _ in range(int(order or 1)):
        node = Func("derivative", (node, Sym(variable)))
    return node


def integral(cursor: Cursor, argument: Argument) -> Node:
    """`\\int`, with or without bounds, up to its differential."""
    bounds: dict[str, Node] = {}
    while cursor.sign("_", "^"):
        sign = cursor.token.text
        cursor.at += 1
        bounds[sign] = argument(cursor)
    variable, delimited = _differential(cursor)
    with cursor.binding(variable):
        if delimited and cursor.sign(END.text):
            body: Node = Num(1)
        else:
            body = cursor.grammar.expression(cursor) if delimited else cursor.grammar.term(cursor)
    if delimited:
        cursor.expect(END.text)
    if len(bounds) == 2:
        return Big("integral", variable, bounds["_"], bounds["^"], body)
    if bounds:
        raise cursor.wrong("an integral with one bound")
    return Func("antiderivative", (body, Sym(variable)))


def _differential(cursor: Cursor) -> tuple[str, bool]:
    """The variable of the first `dx` ahead, which is taken out, and whether it ended the body.

    One that stands in a numerator, as in `\\frac{dx}{x}`, does not.
    """
    level = inner = 0
    for place in range(cursor.at, len(cursor.tokens)):
        token = cursor.tokens[place]
        inner += token.text == "int"
        level += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if level < 0 or token.kind == "end":
            break
        if token.kind != "word":
            continue
        following = cursor.tokens[place + 1]
        match = DIFFERENTIAL.fullmatch(token.text)
        if token.text == "d" and following.kind in ("word", "cmd") and len(following.text) <= 5:
            before, variable, width = "", following.text, 2
        elif match is not None:
            before, variable, width = match[1], match[2], 1
        else:
            continue
        if inner:  # it belongs to an integral within this one
            inner -= 1
            continue
        rest = [FormulaToken("word", before, token.space, "m")] if before else []
        empty = not before and cursor.tokens[place - 1].text == "{" and level > 0
        if empty and cursor.tokens[place + width].text == "}":
            rest = [FormulaToken("num", "1")]
        cursor.tokens[place : place + width] = rest + [END] * (level == 0)
        return variable[:1] if following is not token and width == 1 else variable, level == 0
    raise cursor.wrong("an integral without a differential")


def limit(cursor: Cursor) -> Node:
    """`\\lim_{x \\to a} body`, from one side where a sign says so."""
    cursor.expect("_")
    cursor.expect("{")
    variable = cursor.token.text
    if cursor.token.kind not in ("word", "cmd"):
        raise cursor.wrong("a limit without a variable")
    cursor.at += 1
    cursor.expect("->")
    side = _side(cursor)
    point = cursor.grammar.expression(cursor)
    cursor.expect("}")
    with cursor.binding(variable):
        body = cursor.grammar.term(cursor)
    return Big("limit", variable, point, Num(side), body)


def _side(cursor: Cursor) -> int:
    """1 and -1 for a point that is approached from above or below, whose sign is taken out."""
    end = cursor.at
    level = 1
    while cursor.tokens[end].kind != "end":
        level += (cursor.tokens[end].text == "{") - (cursor.tokens[end].text == "}")
        if level == 0:
            break
        end += 1
    texts = [token.text for token in cursor.tokens[cursor.at : end]]
    for tail in (["^", "{", "+", "}"], ["^", "{", "-", "}"], ["^", "+"], ["^", "-"]):
        if len(texts) > len(tail) and texts[-len(tail) :] == tail:
            del cursor.tokens[end - len(tail) : end]
            return 1 if "+" in tail else -1
    return 0


def big(cursor: Cursor, kind: str) -> Node:
    """`\\sum_{k=a}^{b} body`, the operator already read."""
    variable = ""
    low = high = None
    while cursor.sign("_", "^"):
        if cursor.accept("_"):
            variable, low = _lower(cursor)
        else:
            cursor.at += 1
            high = cursor.grammar.factor(cursor)
    if low is None or high is None:
        raise cursor.wrong("a sum without bounds")
    with cursor.binding(variable):
        body = cursor.grammar.term(cursor)
    return Big(kind, variable, low, high, body)


def _lower(cursor: Cursor) -> tuple[str, Node]:
    cursor.expect("{")
    if cursor.token.kind != "word" or len(cursor.token.text) != 1:
        raise cursor.wrong("a sum without a variable")
    name = cursor.token.text
    with cursor.binding(name):
        relation = cursor.members("}")
    cursor.expect("}")
    if len(relation) == 1 and isinstance(relation[0], Relation):
        operators, sides = relation[0].operators, relation[0].sides
        if operators == ("=",) and sides[0] == Sym(name):
            return name, sides[1]
    raise cursor.wrong("a sum without a lower bound")
