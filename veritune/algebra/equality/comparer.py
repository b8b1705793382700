"""What the comparisons of lists, sets and equations need from the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from veritune.algebra.equality.policy import AnswerPolicy
from veritune.algebra.trees.nodes import Node

T = TypeVar("T")


class Comparer(Protocol):
    """Compares the parts of an answer under one policy."""

    policy: AnswerPolicy
    # Letters that either side says are free to choose, and those of them that are any integer.
    chosen: frozenset[str]
    integers: frozenset[str]

    def same(self, gold: Node, pred: Node) -> bool:
        """Two answers of any kind."""
        ...

    def ordered(self, left: tuple[Node, ...], right: tuple[Node, ...]) -> bool:
        """As many members, each the same as its counterpart."""
        ...

    def equations(self, gold: Node, pred: Node) -> bool:
        """Two answers of which one is an equation."""
        ...


# Whether two nodes are the same; None where another rule has to say.
Rule = Callable[[Node, Node, Comparer], bool | None]


def paired(golds: Iterable[T], preds: Iterable[T], same: Callable[[T, T], bool]) -> bool:
    """Whether each member on one side has its own match on the other, and none is left."""
    rest = list(preds)
    for one in golds:
        found = next((i for i, other in enumerate(rest) if same(one, other)), None)
        if found is None:
            return False
        rest.pop(found)
    return not rest
