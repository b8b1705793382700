"""Lists of answers: their members, and the names that the members carry."""

from __future__ import annotations

from dataclasses import dataclass

from veritune.algebra.equality.comparer import Comparer
from veritune.algebra.equality.equations import isolated
from veritune.algebra.trees.nodes import Apply, Collection, Labelled, Node, Relation, Sym
from veritune.algebra.trees.signs import has_sign, independent, variants


@dataclass(frozen=True, slots=True)
class Entry:
    """One member; `label` is its name, `whole` what stood there."""

    label: Node | str | None
    value: Node
    whole: Node


@dataclass(frozen=True, slots=True)
class Listing:
    """Members and whether their order means something (`ordered`), as in a tuple."""

    kind: str
    entries: tuple[Entry, ...]

    @property
    def values(self) -> tuple[Node, ...]:
        return tuple(entry.value for entry in self.entries)

    @property
    def labels(self) -> tuple[Node | str | None, ...]:
        """The label of every member; None for one that has none."""
        return tuple(entry.label for entry in self.entries)

    @property
    def named(self) -> bool:
        """Whether every member has a label."""
        return None not in self.labels

    @property
    def alike(self) -> bool:
        """Whether labels tell members apart no more than their order: x and x, x_1 and x_2."""
        return len(set(self.labels)) == 1 or numbered(self.labels)


def listing(node: Node, *, apart: bool = False) -> Listing:
    """A node's members; `apart` lets the signs in a tuple vary independently."""
    if isinstance(node, Collection):
        kind = {"paren": "tuple", "and": "list", "or": "list"}.get(node.kind, node.kind)
        if kind in ("tuple", "square"):
            if has_sign(node):
                tuples = independent(node) if apart else variants(node)
                return Listing("list", tuple(Entry(None, t, t) for t in tuples))
            return Listing(kind, tuple(Entry(None, item, item) for item in node.items))
        members = [entry for item in node.items for entry in _members(item, apart)]
        return _grouped(Listing(kind, tuple(members)))
    return Listing("list", tuple(_members(node, apart)))


def _members(item: Node, apart: bool) -> list[Entry]:
    if isinstance(item, Collection) and item.kind in ("list", "or", "and"):
        return [entry for inner in item.items for entry in _members(inner, apart)]
    if isinstance(item, Collection) and has_sign(item):
        return list(listing(item, apart=apart).entries)
    if isinstance(item, Labelled):
        return [Entry(item.label, value, item) for value in variants(item.value)]
    found = isolated(item) if isinstance(item, Relation) else None
    if found is not None and has_sign(item) and isinstance(found.name, Apply):
        signed = variants(found.value)
        return [Entry(found.name, v, Relation(("=",), (found.name, v))) for v in signed]
    if found is not None:
        return [Entry(found.name, value, item) for value in variants(found.value)]
    return [Entry(None, value, value) for value in variants(item)]


def numbered(labels: tuple[Node | str | None, ...], letters: str = "") -> bool:
    """x_1, x_2, ...: the roots of an equation, or with `letters` only what these name."""
    names = [label.name for label in labels if isinstance(label, Sym)]
    if len(names) != len(labels) or not all("_" in name for name in names):
        return False
    indices = sorted(name.partition("_")[2] for name in names)
    stems = {name.partition("_")[0] for name in names}
    wanted = not letters or stems <= set(letters.split())
    return wanted and len(stems) == 1 and indices == [str(i + 1) for i in range(len(names))]


def _grouped(found: Listing) -> Listing:
    """p=5, q=2; p=7, q=2 as two tuples."""
    labels, size = found.labels, len(set(found.labels))
    repeats = len(labels) // size if size else 0
    if not found.named or size < 2 or repeats < 2 or labels != labels[:size] * repeats:
        return found
    tuples = [Collection("paren", found.values[i : i + size]) for i in range(0, len(labels), size)]
    return Listing(found.kind, tuple(Entry(None, node, node) for node in tuples))


def same_labelled(gold: Node, pred: Node, comparer: Comparer) -> bool | None:
    """A value under a name in words against another, or without its name against a bare one."""
    match gold, pred:
        case Labelled(label, value), Labelled(other, found):
            shared = set(label.split()) & set(other.split())
            return bool(shared) and comparer.same(value, found)
        case (_, Collection(kind)) | (Collection(kind), _) if kind not in ("paren", "square"):
            return None
        case _:
            return comparer.same(unlabelled(gold), unlabelled(pred))


def unlabelled(node: Node) -> Node:
    """The value without its name in words."""
    return node.value if isinstance(node, Labelled) else node
