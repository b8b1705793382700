"""Relations: sides joined by signs, as in a < b <= c, and congruences."""

from __future__ import annotations

from veritune.algebra.limits import UnparsedError
from veritune.algebra.reading.cursor import Cursor
from veritune.algebra.reading.expressions import expression
from veritune.algebra.tables import table
from veritune.algebra.trees.nodes import Func, Node, Relation, Sym

RELATIONS = table("= < > <= >= != ~ in notin === subset -> propto perp parallel divides")
OPPOSITE = {
    "=": "!=", "in": "notin", "<": ">=", ">": "<=", "<=": ">", ">=": "<", "divides": "divides not",
}  # fmt: skip
# The unknown of "> 5", whatever it is called.
UNNAMED = "?"


def relation(cursor: Cursor) -> Node:
    """Sides joined by relation signs; a sign before the first side says nothing."""
    cursor.accept("~", "=")
    unnamed = cursor.sign("<", ">", "<=", ">=", "!=")
    sides: list[Node] = [Sym(UNNAMED) if unnamed else expression(cursor)]
    operators: list[str] = []
    while cursor.token.kind == "op" and (
        cursor.token.text in RELATIONS or cursor.token.text in ("not", ":")
    ):
        negative = cursor.accept("not")
        if cursor.sign(":") and cursor.peek().text == "=":
            cursor.at += 1
        operator = cursor.token.text
        if operator not in RELATIONS:
            break
        cursor.at += 1
        operators.append(_negated(operator) if negative else operator)
        sides.append(expression(cursor))
    if not operators:
        return sides[0]
    return _chain(operators, sides)


def _negated(operator: str) -> str:
    if operator not in OPPOSITE:
        raise UnparsedError(f"a negated {operator}")
    return OPPOSITE[operator]


def _chain(operators: list[str], sides: list[Node]) -> Node:
    last = sides[-1]
    if operators[-1] == "===" and isinstance(last, Func) and last.name == "mod":
        sides[-1] = Func("residue", last.args)
    elif "===" in operators:
        operators = ["=" if operator == "===" else operator for operator in operators]
    return Relation(tuple(operators), tuple(sides))


def with_modulus(node: Node, modulus: Node) -> Node:
    """A congruence, or a residue where there is no equation."""
    if isinstance(node, Relation) and node.operators[-1] in ("===", "="):
        last = Func("residue", (node.sides[-1], modulus))
        return Relation((*node.operators[:-1], "==="), (*node.sides[:-1], last))
    return Func("residue", (node, modulus))
