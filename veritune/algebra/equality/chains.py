"""Chains such as S = a b / 2 = 6: every member must hold, not the last alone."""

from __future__ import annotations

from veritune.algebra.equality.comparer import Comparer
from veritune.algebra.equality.equations import isolated
from veritune.algebra.equality.printed import shows
from veritune.algebra.trees.children import variables
from veritune.algebra.trees.nodes import Node, Quantity, Relation


def holds_together(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Whether the members of a candidate's chain agree with the reference and each other.

    Numbers that a name is given on the way are only worked through: x = 2 + 2 = 4. Where the
    reference shows as many members, each formula must have its counterpart; an approximation
    must be one of the value.
    """
    found = isolated(pred) if isinstance(pred, Relation) else None
    if found is None:
        return True
    other = isolated(gold) if isinstance(gold, Relation) else None
    many = other is not None and min(len(other.names), len(found.names)) > 1
    if many and other is not None and set(other.names) != set(found.names):
        return False
    if len(found.members) < 2:
        return True
    known = other.members if other is not None else (gold,)
    if found.names and not (other is not None and "~" in getattr(gold, "operators", ())):
        shown = len(known) == len(found.members)
        members = [node for node in found.members if shown and variables(node)]
    else:
        members = [node for node in found.members if not isinstance(node, Quantity)]
    return all(
        any(comparer.same(one, member) for one in known) or shows(member, found.value)
        for member in members
    )
