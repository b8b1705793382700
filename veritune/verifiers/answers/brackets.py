"""Brackets of every kind: groups, tuples, intervals, sets, absolute values, rounding."""

from __future__ import annotations

from veritune.verifiers.answers.cursor import Cursor
from veritune.verifiers.answers.nodes import (
    Builder,
    Collection,
    Func,
    Interval,
    Matrix,
    NamedSet,
    Node,
    Relation,
    Sym,
)


def parentheses(cursor: Cursor) -> Node:
    """`(a)` groups, `(a, b)` is a tuple or an open interval, `[a, b)` an interval."""
    opener = cursor.token.text
    cursor.at += 1
    items = cursor.members(")", "]")
    closer = cursor.token.text
    if not cursor.accept(")", "]"):
        raise cursor.wrong("an open bracket")
    matched = (opener, closer) in (("(", ")"), ("[", "]"))
    if not items:
        if opener == "[" and matched:
            return NamedSet("empty")
        raise cursor.wrong("an empty bracket")
    if matched:
        kind = "paren" if opener == "(" else "square"
        return items[0] if len(items) == 1 else Collection(kind, tuple(items))
    if len(items) != 2:
        raise cursor.wrong("brackets that do not match")
    return Interval(items[0], items[1], opener == "[", closer == "]")


def braces(cursor: Cursor) -> Node:
    """`\\{...\\}` is a set or a set-builder; `{...}` is a group, and a set in plain text."""
    plain = cursor.token.text == "{"
    closer = "}" if plain else ")set"
    bare = plain and cursor.token.mode != "p"
    cursor.at += 1
    items = cursor.members(closer, *(() if bare else ("|", ":")), colons=bare)
    if cursor.accept("|", ":"):
        condition = cursor.members(closer)
        cursor.expect(closer)
        return _family(items, condition) or Builder(_one(items), cursor.together(condition))
    cursor.expect(closer)
    if not items:
        if bare:
            raise cursor.wrong("an empty group")
        return NamedSet("empty")
    if bare:
        return items[0] if len(items) == 1 else Collection("list", tuple(items))
    return items[0] if plain and len(items) == 1 else Collection("set", tuple(items))


def _family(elements: list[Node], conditions: list[Node]) -> Node | None:
    """{x : x = 2k, k in Z} and {2k : k in Z} as the family of values; None for any other set."""
    if len(elements) != 1 or not conditions:
        return None
    element, (first, *rest) = elements[0], conditions
    if isinstance(first, Relation) and first.operators == ("=",) and first.sides[0] == element:
        element, conditions = first.sides[1], rest
    if isinstance(element, (Sym, Relation)) or not conditions:
        return None
    return Collection("set", (element,)) if all(map(_over_integers, conditions)) else None


def _over_integers(node: Node) -> bool:
    """Whether a condition says `k in Z`, and nothing else."""
    if not isinstance(node, Relation) or node.operators != ("in",):
        return False
    letter, domain = node.sides
    return isinstance(letter, Sym) and domain in (NamedSet("Z"), Sym("Z"))


def _one(items: list[Node]) -> Node:
    return items[0] if len(items) == 1 else Collection("paren", tuple(items))


def bars(cursor: Cursor) -> Node:
    """`|x|`, or the determinant where a matrix stands between the bars."""
    sign = cursor.token.text
    cursor.at += 1
    cursor.bars += 1
    inner = cursor.expression()
    cursor.bars -= 1
    cursor.expect(sign)
    return Func("det" if isinstance(inner, Matrix) and sign == "|" else "abs", (inner,))


def rounding(cursor: Cursor) -> Node:
    """Floor and ceiling brackets."""
    name = "floor" if cursor.token.text == "floor(" else "ceil"
    cursor.at += 1
    inner = cursor.members(f"){name}")
    cursor.expect(f"){name}")
    return Func(name, (_one(inner),))


def angles(cursor: Cursor) -> Node:
    """A vector in angle brackets."""
    cursor.expect("<(")
    items = cursor.members(")>")
    cursor.expect(")>")
    return _one(items)
