"""What the comparisons of lists, sets and equations need from the whole."""

from __future__ import annotations

from typing import Protocol

from veritune.algebra.equality.policy import AnswerPolicy
from veritune.algebra.trees.nodes import Node


class Comparer(Protocol):
    """Compares the parts of an answer under one policy."""

    policy: AnswerPolicy
    # Letters that either side says are integers.
    integers: frozenset[str]

    def same(self, gold: Node, pred: Node) -> bool:
        """Two answers of any kind."""
        ...

    def ordered(self, left: tuple[Node, ...], right: tuple[Node, ...]) -> bool:
        """As many members, each the same as its counterpart."""
        ...

    def values(self, gold: Node, pred: Node) -> bool:
        """Two single values."""
        ...

    def equations(self, gold: Node, pred: Node) -> bool:
        """Two answers of which one is an equation."""
        ...
