"""Lists of answers: their members, and the names that the members carry."""

from __future__ import annotations

from dataclasses import dataclass

from veritune.verifiers.answers.equations import isolated
from veritune.verifiers.answers.nodes import Apply, Collection, Labelled, Node, Relation, Sym
from veritune.verifiers.answers.signs import has_sign, independent, variants


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
    def labels(self) -> tuple[Node | str, ...] | None:
        """All the labels, where every member has its own."""
        labels = tuple(entry.label for entry in self.entries)
        known = tuple(label for label in labels if label is not None)
        if len(known) != len(labels) or len(set(known)) != len(known):
            return None
        return None if _numbered(known) or _functions(known) else known


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
    if found is not None:
        return [Entry(found.name, value, item) for value in variants(found.value)]
    return [Entry(None, value, value) for value in variants(item)]


def _numbered(labels: tuple[Node | str, ...]) -> bool:
    """x_1, x_2, ... are the same name: the roots of an equation in any order."""
    names = [label.name for label in labels if isinstance(label, Sym)]
    if len(names) != len(labels) or not all("_" in name for name in names):
        return False
    indices = sorted(name.partition("_")[2] for name in names)
    one_letter = len({name.partition("_")[0] for name in names}) == 1
    return one_letter and indices == [str(i) for i in range(1, len(names) + 1)]


def _functions(labels: tuple[Node | str, ...]) -> bool:
    """f(x) and f(x), however the argument is called."""
    names = [
        (label.name, len(label.args))
        for label in labels
        if isinstance(label, Apply) and all(isinstance(arg, Sym) for arg in label.args)
    ]
    return len(names) == len(labels) and len(names) > 1 and len(set(names)) == 1


def _grouped(found: Listing) -> Listing:
    """p=5, q=2; p=7, q=2 as two tuples."""
    labels = [entry.label for entry in found.entries]
    if None in labels:
        return found
    size = len(set(labels))
    if (
        size < 2
        or len(labels) == size
        or len(labels) % size
        or labels != labels[:size] * (len(labels) // size)
    ):
        return found
    tuples = [
        Collection("paren", tuple(entry.value for entry in found.entries[i : i + size]))
        for i in range(0, len(labels), size)
    ]
    return Listing(found.kind, tuple(Entry(None, node, node) for node in tuples))
