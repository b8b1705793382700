"""Sums and products with bounds."""

from __future__ import annotations

from veritune.algebra.reading.cursor import Cursor
from veritune.algebra.trees.nodes import Big, Node, Relation, Sym


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
    fresh = variable not in cursor.bound
    cursor.bound.add(variable)
    with cursor.nested():
        body = cursor.grammar.term(cursor)
    if fresh:
        cursor.bound.discard(variable)
    return Big(kind, variable, low, high, body)


def _lower(cursor: Cursor) -> tuple[str, Node]:
    cursor.expect("{")
    if cursor.token.kind != "word" or len(cursor.token.text) != 1:
        raise cursor.wrong("a sum without a variable")
    name = cursor.token.text
    cursor.bound.add(name)
    relation = cursor.members("}")
    cursor.bound.discard(name)
    cursor.expect("}")
    if len(relation) == 1 and isinstance(relation[0], Relation):
        operators, sides = relation[0].operators, relation[0].sides
        if operators == ("=",) and sides[0] == Sym(name):
            return name, sides[1]
    raise cursor.wrong("a sum without a lower bound")
