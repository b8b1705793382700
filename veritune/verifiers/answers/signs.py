"""Plus-minus signs written out."""

from __future__ import annotations

from itertools import product as cartesian

from veritune.verifiers.answers.children import rebuild, walk
from veritune.verifiers.answers.limits import MOST_ITEMS, LimitReachedError
from veritune.verifiers.answers.nodes import Collection, Node, Num, Sign


def has_sign(node: Node) -> bool:
    return any(isinstance(part, Sign) for part in walk(node))


def variants(node: Node) -> list[Node]:
    """The values of one expression: all upper signs, then all lower ones."""
    if not has_sign(node):
        return [node]
    return [_with(node, 1), _with(node, -1)]


def independent(node: Collection) -> list[Node]:
    """The tuples that arise where each member chooses its sign for itself."""
    choices = [variants(item) for item in node.items]
    count = 1
    for choice in choices:
        count *= len(choice)
        if count > MOST_ITEMS:
            raise LimitReachedError("too many signs")
    return [Collection(node.kind, combination) for combination in cartesian(*choices)]


def _with(node: Node, upper: int) -> Node:
    if isinstance(node, Sign):
        return Num(-upper if node.flipped else upper)
    return rebuild(node, lambda part: _with(part, upper))
