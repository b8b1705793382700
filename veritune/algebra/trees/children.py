"""Walking a tree: its parts, its variables, and rebuilding it with other parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import cast

from veritune.algebra.trees.nodes import Big, Node, Sym


def parts(node: Node) -> list[Node]:
    """The direct parts of a node."""
    found: list[Node] = []
    for name in _names(node):
        value = getattr(node, name)
        if isinstance(value, Node):
            found.append(value)
        elif value is not None:
            _collect(value, found)
    return found


def _collect(values: Iterable[object], found: list[Node]) -> None:
    for value in values:
        if isinstance(value, Node):
            found.append(value)
        elif value is not None:
            _collect(cast("tuple[object, ...]", value), found)


# Found once for each class: trees are walked all the time.
NAMES: dict[type[Node], tuple[str, ...]] = {}


def _names(node: Node) -> tuple[str, ...]:
    """The fields of a node's class that hold nodes."""
    kind = type(node)
    names = NAMES.get(kind)
    if names is None:
        assert is_dataclass(kind)
        names = NAMES[kind] = tuple(spec.name for spec in fields(kind) if "Node" in str(spec.type))
    return names


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    stack = [node]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(parts(found))


def variables(node: Node) -> frozenset[str]:
    """The names of the free variables."""
    if isinstance(node, Sym):
        return frozenset((node.name,))
    found: set[str] = set()
    stack = parts(node)
    while stack:
        part = stack.pop()
        if isinstance(part, Sym):
            found.add(part.name)
        elif isinstance(part, Big):
            found |= variables(part)
        else:
            stack += parts(part)
    if isinstance(node, Big):
        found.discard(node.variable)
    return frozenset(found)


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with `change` applied to each direct part."""
    names = _names(node)
    if not names:
        return node
    changed = {name: _changed(getattr(node, name), change) for name in names}
    return replace(node, **changed)  # type: ignore[type-var]


def _changed(value: object, change: Callable[[Node], Node]) -> object:
    if isinstance(value, Node):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_changed(item, change) for item in value)
    return value


def renamed(node: Node, names: dict[str, Node]) -> Node:
    """The tree with variables replaced."""
    if isinstance(node, Sym):
        return names.get(node.name, node)
    return rebuild(node, lambda part: renamed(part, names))
