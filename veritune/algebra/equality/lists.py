"""Lists, tuples, sets and vectors of answers."""

from __future__ import annotations

from collections import Counter
from functools import partial

from veritune.algebra.equality.comparer import Comparer, paired
from veritune.algebra.equality.entries import Entry, Listing, listing, numbered
from veritune.algebra.equality.equations import holds_together
from veritune.algebra.equality.families import PARAMETERS, Family, family, same_families
from veritune.algebra.equality.identity import identical
from veritune.algebra.equality.values import same_value
from veritune.algebra.limits import UndefinedError, UnparsedError
from veritune.algebra.trees.children import renamed, variables
from veritune.algebra.trees.nodes import (
    Add,
    Apply,
    Collection,
    Matrix,
    Node,
    Quantity,
    Relation,
    Sym,
)
from veritune.algebra.trees.signs import has_sign
from veritune.algebra.values.matrices import matrix_of, vector_of
from veritune.algebra.values.quantities import mentions_pi


def same_lists(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Lists, tuples and sets."""
    if matrix_of(gold) is not None and matrix_of(pred) is not None:
        return same_matrices(gold, pred, comparer)
    if _vectors(gold, pred, comparer):
        return True
    left, right = listing(gold), listing(pred)
    if _listings(left, right, comparer):
        return True
    if _listed_families(left, right, comparer):
        return True
    signed = has_sign(gold), has_sign(pred)
    if not any(signed):
        return _compound(left, right, comparer)
    left = listing(gold, apart=True) if signed[0] else left
    right = listing(pred, apart=True) if signed[1] else right
    return _listings(left, right, comparer)


def _compound(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """2 hours and 30 minutes against one quantity."""
    if (len(left.entries) == 1) == (len(right.entries) == 1):
        return False
    many = left if len(right.entries) == 1 else right
    if not all(isinstance(v, Quantity) for v in many.values) or not 1 < len(many.values) < 4:
        return False
    units = [value.unit for value in many.values if isinstance(value, Quantity)]
    if len(set(units)) < len(units):
        return False
    total = Add(many.values)
    if many is left:
        return comparer.same(total, right.values[0])
    return comparer.same(left.values[0], total)


def _listed_families(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """Lists of families, unless they are values of a function."""
    entries = (*left.entries, *right.entries)
    if any(isinstance(entry.label, Apply) for entry in entries) or len(entries) < 3:
        return False
    return same_family_values(left.values, right.values, comparer)


def same_family_values(gold: tuple[Node, ...], pred: tuple[Node, ...], comparer: Comparer) -> bool:
    """Solutions with an integer parameter, whatever it is called."""
    if len(gold) == len(pred) == 1 and _renamed_family(gold[0], pred[0]):
        return True
    used = variables(Collection("list", gold)), variables(Collection("list", pred))
    shared = used[0] & used[1]
    if shared - comparer.integers or not all(used):
        return False
    chosen = frozenset() if shared else comparer.chosen  # f(n) = n is no family of angles
    sides: list[list[Family]] = []
    for nodes in (gold, pred):
        found = [family(node, chosen) for node in nodes]
        if not found or any(one is None for one in found):
            return False
        sides.append([one for one in found if one is not None])
    return same_families(*sides)


def _renamed_family(gold: Node, pred: Node) -> bool:
    """(-1)^k pi/6 + k pi with another letter, which is no family of one period."""
    left, right = variables(gold), variables(pred)
    if not (len(left) == len(right) == 1 and left != right and (left | right) <= PARAMETERS):
        return False
    if not (mentions_pi(gold) and mentions_pi(pred)):
        return False
    try:
        return identical(gold, renamed(pred, {min(right): Sym(min(left))}))
    except (UndefinedError, UnparsedError):
        return False


def same_values(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Two single values, or two families of them."""
    return same_value(gold, pred, comparer.policy) or same_family_values((gold,), (pred,), comparer)


def same_matrices(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Cell by cell; a column may be written with unit vectors."""
    left, right = _matrix(gold), _matrix(pred)
    if left is None or right is None:
        return False
    return len(left.rows) == len(right.rows) and all(
        comparer.ordered(one, other) for one, other in zip(left.rows, right.rows, strict=True)
    )


def _matrix(node: Node) -> Matrix | None:
    return matrix_of(node) or vector_of(node)


def _vectors(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """A column or row against a tuple."""
    left, right = _matrix(gold), _matrix(pred)
    if left is None and isinstance(gold, Collection) and right is not None:
        return gold.kind != "set" and comparer.ordered(gold.items, _flat(right))
    if right is None and isinstance(pred, Collection) and left is not None:
        return pred.kind != "set" and comparer.ordered(_flat(left), pred.items)
    return False


def _listings(left: Listing, right: Listing, comparer: Comparer) -> bool:
    if len(left.entries) == len(right.entries) == 1:
        one, other = left.entries[0], right.entries[0]
        if "tuple" in (left.kind, right.kind):
            return left.kind == right.kind and comparer.same(one.value, other.value)
        if isinstance(one.whole, Relation) or isinstance(other.whole, Relation):
            return comparer.equations(one.whole, other.whole)
        return comparer.same(one.value, other.value)
    if _all_equal(left, right, comparer):
        return True
    if 1 in (len(left.entries), len(right.entries)):
        return _one_tuple(left, right, comparer) or _repeated(left, right, comparer)
    if left.named and right.named:
        return _labelled(left, right, comparer)
    kinds = {left.kind, right.kind}
    if kinds in ({"tuple", "set"}, {"square", "tuple"}, {"square", "set"}):
        return False
    if kinds == {"square", "list"} and len(left.entries) == 2:
        return False
    if left.named or right.named:
        return _half_labelled(left, right, comparer)
    if _foreign(left, right):
        return False
    if "tuple" in kinds or comparer.policy.order_matters or kinds == {"square"}:
        return comparer.ordered(left.values, right.values)
    return _unordered(left, right, comparer)


def _half_labelled(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """Members with names against members without: in order, unless the names say nothing.

    A bare list that is the reference has no order, so words such as "Maximum" give it none.
    """
    named, bare = (left, right) if left.named else (right, left)
    golds, preds = (list(map(_stated, side.entries)) for side in (left, right))
    if all(isinstance(whole, Relation) for whole in (*golds, *preds)):
        return len(golds) == len(preds) and paired(golds, preds, comparer.equations)
    words = any(isinstance(label, str) for label in named.labels)
    free = named.alike or (words and bare is left)
    if bare.kind == "tuple":
        if named.alike and len(set(named.labels)) == 1:
            return False
        return comparer.ordered(_by_name(left, right), _by_name(right, left))
    if free and not comparer.policy.order_matters:
        return _unordered(left, right, comparer)
    return comparer.ordered(left.values, right.values)


def _stated(entry: Entry) -> Node:
    """A member as the equation that it is: y = 2x, x + 3y = 0."""
    if isinstance(entry.label, Node) and isinstance(entry.whole, Relation):
        return Relation(("=",), (entry.label, entry.value))
    return entry.whole


def _foreign(left: Listing, right: Listing) -> bool:
    """Whether both sides name some members, and none alike."""
    one, other = ({label for label in side.labels if label is not None} for side in (left, right))
    return bool(one and other) and not one & other


def _one_tuple(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """x = 1, y = 2 against the single member (x, y) = (1, 2), or the tuple alone."""
    for one, many, swap in ((left, right, False), (right, left, True)):
        if len(one.entries) != 1 or many.kind == "set":
            continue
        inner = one.entries[0].value
        if isinstance(inner, Collection) and inner.kind == "paren" and not _same_label(many):
            listed = _by_name(many, one)
            return (
                comparer.ordered(listed, inner.items)
                if swap
                else comparer.ordered(inner.items, listed)
            )
    return False


def _same_label(side: Listing) -> bool:
    """x = 3 or x = 5, which is no tuple."""
    return len(side.entries) < 2 or (side.named and len(set(side.labels)) == 1)


def _all_equal(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """x = y = z = 1 against (1, 1, 1)."""
    for one, many in ((left, right), (right, left)):
        whole = one.entries[0].whole if len(one.entries) == 1 else None
        if not isinstance(whole, Relation) or many.kind != "tuple" or many.named:
            continue
        names = whole.sides[:-1]
        if len(set(names)) != len(many.entries) or not all(isinstance(n, Sym) for n in names):
            continue
        value = whole.sides[-1]
        return set(whole.operators) == {"="} and all(
            comparer.same(*((value, item) if one is left else (item, value)))
            for item in many.values
        )
    return False


def _repeated(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """A single reference against "1/2 or 0.5": one answer, said more than once."""
    if len(left.entries) != 1 or right.kind != "list" or len(right.entries) > 4:
        return False
    return bool(right.entries) and all(
        comparer.same(left.values[0], value) for value in right.values
    )


# Letters whose numbers mean nothing: eigenvalues come in any order.
EXCHANGEABLE = "lambda"


def _labelled(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """Members matched by name; by order where the names are words that differ."""
    first, second = (Counter(map(_key, side.labels)) for side in (left, right))
    if first == second:
        if numbered(left.labels, EXCHANGEABLE):
            return _unordered(left, right, comparer)
        same = partial(_same_entry, comparer=comparer)
        return paired(left.entries, right.entries, same)
    if not all(isinstance(label, Node) for label in (*left.labels, *right.labels)):
        return comparer.ordered(left.values, right.values)
    plain = any("_" not in _key(side.labels[0]) for side in (left, right))
    if plain and left.alike and right.alike and _one_stem(left) == _one_stem(right):
        return _unordered(left, right, comparer)
    return False


def _key(label: Node | str | None) -> str:
    """A name as written; functions of one variable by their own name."""
    if isinstance(label, Apply) and all(
        isinstance(arg, Sym) and arg.name[:1].islower() for arg in label.args
    ):
        return f"{label.name}({len(label.args)})"
    return str(label)


def _one_stem(side: Listing) -> str:
    """The letter that all names share."""
    return _key(side.labels[0]).partition("_")[0].removesuffix("')")


def _same_entry(one: Entry, other: Entry, comparer: Comparer) -> bool:
    """Values under the same name; functions with their variables."""
    if _key(one.label) != _key(other.label):
        return False
    if isinstance(one.label, Apply) and isinstance(other.whole, Relation):
        return comparer.equations(one.whole, other.whole)
    return holds_together(one.whole, other.whole, comparer) and comparer.same(
        one.value, other.value
    )


def _unordered(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """Each member has its match; repetitions count where the reference has some."""
    golds, preds = _members(left), _members(right)
    if len(set(golds)) == len(golds):
        preds = list(dict.fromkeys(preds))
    return len(golds) == len(preds) and paired(golds, preds, partial(_member, comparer=comparer))


def _member(gold: Node, pred: Node, comparer: Comparer) -> bool:
    if isinstance(gold, Relation) and isinstance(pred, Relation):
        return comparer.equations(gold, pred)
    return comparer.same(gold, pred)


def _members(side: Listing) -> list[Node]:
    """The members; functions keep their name for its variable, sets have no repetitions."""
    nodes = []
    for entry in side.entries:
        applied = isinstance(entry.label, Apply) and isinstance(entry.whole, Relation)
        nodes.append(entry.whole if applied and not has_sign(entry.whole) else entry.value)
    return list(dict.fromkeys(nodes)) if side.kind == "set" else nodes


def _flat(matrix: Matrix) -> tuple[Node, ...]:
    """The members of a single row or column; no members for a true matrix."""
    if len(matrix.rows) == 1:
        return matrix.rows[0]
    if all(len(row) == 1 for row in matrix.rows):
        return tuple(row[0] for row in matrix.rows)
    return ()


def _by_name(side: Listing, other: Listing) -> tuple[Node, ...]:
    """Values in the order of their one-letter names, against a tuple without names."""
    letters = [label for label in side.labels if isinstance(label, Sym) and len(label.name) == 1]
    if other.kind != "tuple" or len(letters) != len(side.entries) or side.alike:
        return side.values
    ordered = sorted(side.entries, key=lambda entry: str(entry.label))
    return tuple(entry.value for entry in ordered)
