"""Sums and products with an ellipsis: a_0 + a_1 + ... + a_k in either direction.

A run becomes an unknown function of its first and last member and its step, so that two runs are
the same where these are, however many members are written out.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from veritune.algebra.limits import LimitReachedError, UnparsedError
from veritune.algebra.reading.read import read
from veritune.algebra.trees.build import negated
from veritune.algebra.trees.children import rebuild, walk
from veritune.algebra.trees.nodes import Add, Apply, Dots, Mul, Node, Num, Sym
from veritune.algebra.trees.show import show

Same = Callable[[Node, Node], bool]


def has_dots(node: Node) -> bool:
    return any(isinstance(part, Dots) for part in walk(node))


def without_dots(node: Node, same: Same) -> Node:
    """The tree with its runs replaced; other ellipses stay. `same` compares two members."""
    if isinstance(node, Add) and Dots() in node.terms:
        return _run("sum", node.terms, same) or node
    if isinstance(node, Mul) and Dots() in node.factors:
        return _run("product", node.factors, same) or node
    return rebuild(node, lambda part: without_dots(part, same))


def _run(kind: str, members: tuple[Node, ...], same: Same) -> Node | None:
    place = members.index(Dots())
    before, after = members[:place], members[place + 1 :]
    if not before or not after or Dots() in after:
        return None
    steps = [_step(a, b, same) for side in (before, after) for a, b in pairwise(side)]
    if not steps or any(step is None or step != steps[0] for step in steps):
        return None
    step = steps[0]
    assert step is not None
    first, last = before[0], after[-1]
    if show(last) < show(first):
        first, last, step = last, first, -step
    return Apply(f"{kind} by {step}", (first, last))


def _step(one: Node, two: Node, same: Same) -> int | None:
    """The whole number by which a member, or its index, grows."""
    left, right = _index(one), _index(two)
    if left is None or right is None or left[0] != right[0]:
        return None
    gap = Add((right[1], negated(left[1])))
    return next((k for k in (1, -1, 2, -2, 3, -3) if same(gap, Num(k))), None)


def _index(node: Node) -> tuple[str, Node] | None:
    """A member as its name and index; a number or formula is its own index."""
    if not isinstance(node, Sym) or "_" not in node.name:
        return "", node
    name, _, index = node.name.partition("_")
    try:
        return name, read(index)
    except (UnparsedError, LimitReachedError):
        return None
