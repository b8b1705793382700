"""Lists, tuples, sets and vectors of answers."""

from __future__ import annotations

from veritune.verifiers.answers.children import variables
from veritune.verifiers.answers.comparer import Comparer
from veritune.verifiers.answers.entries import Listing, listing
from veritune.verifiers.answers.families import Family, family, same_families
from veritune.verifiers.answers.matrices import matrix_of, vector_of
from veritune.verifiers.answers.nodes import (
    Add,
    Apply,
    Collection,
    Matrix,
    Node,
    Quantity,
    Relation,
    Sym,
)
from veritune.verifiers.answers.signs import has_sign


def same_lists(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Lists, tuples and sets."""
    if matrix_of(gold) is not None and matrix_of(pred) is not None:
        return comparer.values(gold, pred)
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
    shared = variables(Collection("list", gold)) & variables(Collection("list", pred))
    sides: list[list[Family]] = []
    for nodes in (gold, pred):
        found = [family(node, comparer.integers) for node in nodes]
        if not found or shared or any(one is None for one in found):
            return False
        sides.append([one for one in found if one is not None])
    return same_families(*sides)


def _vectors(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """A column or row against a tuple."""
    left, right = matrix_of(gold), matrix_of(pred)
    if left is None and right is None:
        left = None if isinstance(gold, Collection) else vector_of(gold)
        right = None if isinstance(pred, Collection) else vector_of(pred)
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
    names, others = left.labels, right.labels
    if names is not None and others is not None:
        return _labelled(left, right, comparer)
    if names is not None or others is not None:
        return comparer.ordered(_by_name(left, right), _by_name(right, left))
    kinds = {left.kind, right.kind}
    if kinds in ({"tuple", "set"}, {"square", "tuple"}, {"square", "set"}):
        return False
    if kinds == {"square", "list"} and len(left.entries) == 2:
        return False
    if "tuple" in kinds or comparer.policy.order_matters or kinds == {"square"}:
        return comparer.ordered(left.values, right.values)
    return _unordered(left, right, comparer)


def _one_tuple(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """x = 1, y = 2 against the single member (x, y) = (1, 2), or the tuple alone."""
    for one, many, swap in ((left, right, False), (right, left, True)):
        if len(one.entries) != 1 or many.kind == "set":
            continue
        inner = one.entries[0].value
        if isinstance(inner, Collection) and inner.kind == "paren" and len(many.entries) > 1:
            listed = _by_name(many, one)
            return (
                comparer.ordered(listed, inner.items)
                if swap
                else comparer.ordered(inner.items, listed)
            )
    return False


def _all_equal(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """x = y = z = 1 against (1, 1, 1)."""
    for one, many in ((left, right), (right, left)):
        whole = one.entries[0].whole if len(one.entries) == 1 else None
        if not isinstance(whole, Relation) or many.kind != "tuple" or many.labels is not None:
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


def _labelled(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """Members matched by name; by order where the names differ in wording."""
    first = {str(entry.label): entry for entry in left.entries}
    second = {str(entry.label): entry for entry in right.entries}
    if first.keys() == second.keys():
        return len(left.entries) == len(right.entries) and all(
            comparer.same(first[key].value, second[key].value) for key in first
        )
    symbols = [isinstance(entry.label, Sym) for side in (left, right) for entry in side.entries]
    if all(symbols):
        return False
    return comparer.ordered(left.values, right.values)


def _unordered(left: Listing, right: Listing, comparer: Comparer) -> bool:
    """Each member has its match; repetitions count only where nothing else is left."""
    golds, preds = _distinct(left), _distinct(right)
    if len(golds) != len(preds):
        return False
    if len(golds) == 1 and len(left.entries) != len(right.entries):
        return False
    for one in golds:
        found = next((i for i, other in enumerate(preds) if _member(one, other, comparer)), None)
        if found is None:
            return False
        preds.pop(found)
    return True


def _member(gold: Node, pred: Node, comparer: Comparer) -> bool:
    if isinstance(gold, Relation) and isinstance(pred, Relation):
        return comparer.equations(gold, pred)
    return comparer.same(gold, pred)


def _distinct(side: Listing) -> list[Node]:
    """Members without exact repetitions; functions keep their name for its variable."""
    kept: dict[Node, None] = {}
    for entry in side.entries:
        applied = isinstance(entry.label, Apply) and isinstance(entry.whole, Relation)
        kept[entry.whole if applied and not has_sign(entry.whole) else entry.value] = None
    nodes = list(kept)
    if side.kind == "tuple" or len(nodes) < 2 or len(nodes) > 40:
        return nodes
    return nodes


def _flat(matrix: Matrix) -> tuple[Node, ...]:
    """The members of a single row or column; no members for a true matrix."""
    if len(matrix.rows) == 1:
        return matrix.rows[0]
    if all(len(row) == 1 for row in matrix.rows):
        return tuple(row[0] for row in matrix.rows)
    return ()


def _by_name(side: Listing, other: Listing) -> tuple[Node, ...]:
    """Values in the order of their one-letter names, against a tuple without names."""
    labels = side.labels
    if (
        labels is None
        or other.kind != "tuple"
        or not all(isinstance(x, Sym) and len(x.name) == 1 for x in labels)
    ):
        return side.values
    ordered = sorted(side.entries, key=lambda entry: str(entry.label))
    return tuple(entry.value for entry in ordered)
