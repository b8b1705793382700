"""Whether a candidate's answer is the reference: one table of rules by pair of value types."""

from __future__ import annotations

from veritune.algebra.equality.cases import same_cases, same_functions, same_ratios
from veritune.algebra.equality.choices import same_choices, same_letters, same_text
from veritune.algebra.equality.comparer import Rule
from veritune.algebra.equality.entries import same_labelled
from veritune.algebra.equality.equating import same_equations
from veritune.algebra.equality.lists import same_lists, same_matrices, same_values
from veritune.algebra.equality.moments import same_moments
from veritune.algebra.equality.policy import AnswerPolicy
from veritune.algebra.equality.residues import same_residues
from veritune.algebra.equality.setrelations import names_differ, same_set, unwrapped
from veritune.algebra.limits import LimitReachedError
from veritune.algebra.trees.nodes import (
    Apply,
    Cases,
    Choice,
    Collection,
    DateTime,
    Labelled,
    Matrix,
    Mul,
    Node,
    Ratio,
    Relation,
    SetNode,
    Text,
)
from veritune.algebra.trees.signs import has_sign
from veritune.algebra.values.matrices import matrix_of
from veritune.algebra.values.solve import is_setlike

# The rule for one side's type and the other's, whichever side has which; `Node` is any type. Rows
# are tried from the top, and a rule that says None leaves the pair to the rows below.
TABLE: dict[tuple[type[Node], type[Node]], Rule] = {
    (Choice, Node): same_choices,
    (DateTime, Node): same_moments,
    (Labelled, Node): same_labelled,
    (Collection, Text): same_letters,
    (Collection, Mul): same_letters,
    (Text, Node): same_text,
    (SetNode, Node): same_set,
    (Collection, Node): same_lists,
    (Relation, Node): same_equations,
    (Matrix, Node): same_matrices,
    (Cases, Cases): same_cases,
    (Ratio, Ratio): same_ratios,
    (Apply, Apply): same_functions,
    (Node, Node): same_values,
}
# Of one comparison: lists in any order are compared each with each.
MOST_PAIRS = 4_000
# Types that a node has whatever is inside it.
WHOLE = (Choice, DateTime, Labelled, Text)


def value_type(node: Node) -> type[Node]:
    """The type to compare by: a condition is a set, +-2 a list, a sum may be a matrix."""
    if isinstance(node, WHOLE):
        return type(node)
    if is_setlike(node):
        return SetNode
    if has_sign(node):
        return Collection
    plain = not isinstance(node, (Collection, Relation))
    return Matrix if plain and matrix_of(node) is not None else type(node)


class Relater:
    """Compares trees under one policy, and counts what it compares."""

    def __init__(
        self,
        policy: AnswerPolicy,
        chosen: frozenset[str] = frozenset(),
        integers: frozenset[str] = frozenset(),
    ) -> None:
        """`chosen` are letters that either side says are free, `integers` those that are any."""
        self.policy, self.chosen, self.integers = policy, chosen, integers
        self.pairs = 0

    def same(self, gold: Node, pred: Node) -> bool:
        """Whether two answers are the same."""
        self.pairs += 1
        if self.pairs > MOST_PAIRS:
            raise LimitReachedError("too many members to compare")
        if gold == pred or same_residues(gold, pred):
            return True
        if names_differ(gold, pred):
            return False
        gold, pred = unwrapped(gold), unwrapped(pred)
        left, right = value_type(gold), value_type(pred)
        for (one, other), rule in TABLE.items():
            fits = issubclass(left, one) and issubclass(right, other)
            if fits or (issubclass(right, one) and issubclass(left, other)):
                found = rule(gold, pred, self)
                if found is not None:
                    return found
        return False

    def ordered(self, left: tuple[Node, ...], right: tuple[Node, ...]) -> bool:
        return len(left) == len(right) and all(
            self.same(one, other) for one, other in zip(left, right, strict=True)
        )

    def equations(self, gold: Node, pred: Node) -> bool:
        """Two answers of which one is an equation."""
        return same_equations(gold, pred, self)
