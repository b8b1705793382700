"""Sums, products and powers."""

from __future__ import annotations

from veritune.algebra.limits import UnparsedError
from veritune.algebra.reading.atoms import atom, starts_atom
from veritune.algebra.reading.cursor import Cursor
from veritune.algebra.reading.scripts import exponent, postfix
from veritune.algebra.reading.unitphrase import natural, unit_after
from veritune.algebra.reading.words import SCALES
from veritune.algebra.trees.build import negated, product
from veritune.algebra.trees.nodes import (
    Add,
    Collection,
    Frac,
    Func,
    Mul,
    NamedSet,
    Node,
    Num,
    Quantity,
    Ratio,
    SetNode,
    SetOp,
    Sign,
)
from veritune.algebra.values.units import Unit

# Between sets; "minus" is no difference of numbers there.
UNIONS = {"cup": "union", "cap": "intersection", "minus": "difference"}


def expression(cursor: Cursor) -> Node:
    """Unions and intersections of sums: the loosest binding inside one side of a relation."""
    node = _ratio(cursor)
    while True:
        token = cursor.token
        if token.kind == "op" and token.text in UNIONS:
            cursor.at += 1
            node = SetOp(UNIONS[token.text], (node, _ratio(cursor)))
        elif token.kind == "word" and token.text in ("U", "u", "union") and _settish(node):
            cursor.at += 1
            node = SetOp("union", (node, _ratio(cursor)))
        elif cursor.accept("choose"):
            node = Func("binomial", (node, _ratio(cursor)))
        elif cursor.accept("over"):
            node = Frac(node, _ratio(cursor))
        else:
            return node


def _settish(node: Node) -> bool:
    return isinstance(node, SetNode) or (isinstance(node, Collection) and node.kind != "list")


def _ratio(cursor: Cursor) -> Node:
    parts = [additive(cursor)]
    while cursor.colons and cursor.sign(":") and cursor.peek().kind != "end":
        cursor.at += 1
        parts.append(additive(cursor))
    return Ratio(tuple(parts)) if len(parts) > 1 else parts[0]


def additive(cursor: Cursor) -> Node:
    """Terms joined by + and -; a unit behind the last one belongs to all of them."""
    terms = [_signed(cursor)]
    while cursor.sign("+", "-", "pm", "mp"):
        terms.append(_signed(cursor))
    if len(terms) == 1:
        return terms[0]
    if isinstance(terms[0], SetNode) or (len(terms) == 2 and _is_set(terms[1])):
        return _set_difference(terms)
    return _share_unit(terms)


def _is_set(node: Node) -> bool:
    inner = node.factors[-1] if isinstance(node, Mul) else node
    return isinstance(inner, NamedSet) or (isinstance(inner, Collection) and inner.kind == "set")


def _set_difference(terms: list[Node]) -> Node:
    node = terms[0]
    for term in terms[1:]:
        if not (isinstance(term, Mul) and term.factors[0] == Num(-1)):
            raise UnparsedError("a sum of sets")
        node = SetOp("difference", (node, product(list(term.factors[1:]))))
    return node


def _share_unit(terms: list[Node]) -> Node:
    last = terms[-1]
    alone = isinstance(last, Quantity) and last.unit and last.unit[0][0] not in ("°", "%")
    if alone and not any(isinstance(term, Quantity) for term in terms[:-1]):
        assert isinstance(last, Quantity)
        return Quantity(Add((*terms[:-1], last.value)), last.unit, last.words)
    return Add(tuple(terms))


def _signed(cursor: Cursor) -> Node:
    """A term behind any number of signs."""
    if cursor.accept("+"):
        return _signed(cursor)
    if cursor.accept("-"):
        return negated(_signed(cursor))
    if cursor.sign("pm", "mp"):
        flipped = cursor.token.text == "mp"
        cursor.at += 1
        return product([Sign(flipped), _signed(cursor)])
    return term(cursor)


def term(cursor: Cursor) -> Node:
    """A product; factors may have units of their own, as in 4 ft * 12 ft."""
    node = _product(cursor)
    while isinstance(node, Quantity) and cursor.accept("*"):
        node = Mul((node, _product(cursor)))
    return node


def _product(cursor: Cursor) -> Node:
    factors = [factor(cursor)]
    while True:
        if cursor.accept("*"):
            factors.append(_signed_factor(cursor))
        elif _divides(cursor):
            cursor.at += 1
            factors = [Frac(product(factors), _signed_factor(cursor))]
        elif cursor.sign("mod") and cursor.peek().text != "(":
            cursor.at += 1
            factors = [Func("mod", (product(factors), _signed_factor(cursor)))]
        elif cursor.token.kind == "word" and cursor.token.text.lower() in SCALES:
            factors.append(Num(SCALES[cursor.token.text.lower()]))
            cursor.at += 1
        elif starts_atom(cursor) and not _unit_next(cursor, factors):
            factors = _juxtaposed(cursor, factors)
        else:
            break
    return _with_unit(cursor, product(factors))


def _divides(cursor: Cursor) -> bool:
    """Whether a division sign is next, or the word "over" before a number."""
    if cursor.token.text == "over":
        return cursor.peek().kind == "num"
    return cursor.sign("/") and not natural(cursor.peek())


def _signed_factor(cursor: Cursor) -> Node:
    """A factor, which may carry its own sign as in 2 * -3."""
    if cursor.accept("-"):
        return negated(_signed_factor(cursor))
    cursor.accept("+")
    return factor(cursor)


def _juxtaposed(cursor: Cursor, factors: list[Node]) -> list[Node]:
    """One more factor without a sign; a whole number before a proper fraction is mixed."""
    whole = factors[-1]
    if cursor.token.kind == "num":
        if isinstance(whole, Num):
            mixed = _plain_mixed(cursor, whole)
            if mixed is None:
                raise cursor.wrong("two numbers in a row")
            return [*factors[:-1], mixed]
        return [*factors, factor(cursor)]
    fraction = cursor.token.kind == "cmd" and cursor.token.text.endswith("frac")
    node = factor(cursor)
    if fraction and isinstance(whole, Num) and whole.places is None and whole.value >= 0:
        match node:
            case Frac() if _proper(node):
                return [*factors[:-1], Add((whole, node))]
            case Quantity(Frac() as inner, unit, words) if _proper(inner):
                return [*factors[:-1], Quantity(Add((whole, inner)), unit, words)]
    return [*factors, node]


def _proper(node: Frac) -> bool:
    match node:
        case Frac(Num(top, None), Num(bottom, None)):
            return 0 <= top < bottom
        case _:
            return False


def _plain_mixed(cursor: Cursor, whole: Num) -> Node | None:
    """`3 1/2`, with the cursor at the 1."""
    top, slash, bottom = cursor.token, cursor.peek(), cursor.peek(2)
    if not (whole.places is None and slash.text == "/" and top.text.isdigit()):
        return None
    if not bottom.text.isdigit() or int(top.text) >= int(bottom.text):
        return None
    cursor.at += 3
    return Add((whole, Frac(Num(int(top.text)), Num(int(bottom.text)))))


def factor(cursor: Cursor) -> Node:
    node = atom(cursor)
    while True:
        if cursor.sign("^"):
            node = exponent(cursor, node)
        else:
            more = postfix(cursor, node)
            if more is None:
                return node
            node = more


def _unit_next(cursor: Cursor, factors: list[Node]) -> bool:
    """Whether the next word is a unit of what stands before it, not a factor."""
    token = cursor.token
    if token.kind not in ("word", "cmd") or isinstance(factors[-1], Quantity):
        return False
    place = cursor.at
    found = unit_after(cursor)
    cursor.at = place
    return found is not None


def _with_unit(cursor: Cursor, node: Node) -> Node:
    """The node with the unit behind it, and with smaller units added as in 5 h 20 min."""
    if isinstance(node, (Collection, SetNode)):
        return node
    token = cursor.token
    if token.kind in ("word", "cmd") or (token.kind == "op" and token.text in "$€£¥¢₹/"):
        found = unit_after(cursor)
        if found is not None and (not found[0] or _counted(node, found[0])):
            return node
        if found is not None:
            first = Quantity(node, found[0], found[1])
            return _compound(cursor, first)
    return node


def _counted(node: Node, unit: Unit) -> bool:
    """Whether a noun only says what a quantity is of, as in "50% of the students"."""
    return isinstance(node, Quantity) and unit[0][0].startswith("?")


def _compound(cursor: Cursor, first: Quantity) -> Node:
    known = not first.unit[0][0].startswith("?")
    if not (known and cursor.token.kind == "num" and isinstance(first.value, Num)):
        return first
    place = cursor.at
    rest = factor(cursor)
    found = unit_after(cursor)
    if found is None or not found[0] or not isinstance(rest, (Num, Frac)):
        cursor.at = place
        return first
    return Add((first, _compound(cursor, Quantity(rest, found[0], found[1]))))
