"""Whether a candidate's answer is the reference: the kinds of answers, one by one."""

from __future__ import annotations

from itertools import pairwise

from veritune.algebra.equality.cases import same_cases
from veritune.algebra.equality.equating import same_equations
from veritune.algebra.equality.identity import identical
from veritune.algebra.equality.lists import same_family_values, same_lists
from veritune.algebra.equality.policy import AnswerPolicy
from veritune.algebra.equality.residues import same_residues
from veritune.algebra.equality.setrelations import names_differ, same_set, unwrapped
from veritune.algebra.equality.solve import is_setlike
from veritune.algebra.equality.values import same_value
from veritune.algebra.limits import LimitReachedError
from veritune.algebra.reading.words import stem
from veritune.algebra.trees.build import product
from veritune.algebra.trees.nodes import (
    Apply,
    Cases,
    Choice,
    Collection,
    Const,
    DateTime,
    Labelled,
    Mul,
    Node,
    Num,
    Ratio,
    Relation,
    Sym,
    Text,
)
from veritune.algebra.trees.signs import has_sign
from veritune.algebra.values.datetimes import as_ratio, same_datetime
from veritune.algebra.values.matrices import matrix_of, vector_of

# Of one comparison: lists in any order are compared each with each.
MOST_PAIRS = 4_000
# Several choices that are ticked together, in rising order: "ACD".
CHOICES = frozenset("ABCDEFGH")


class Relater:
    """Compares trees under one policy, and counts what it compares."""

    def __init__(self, policy: AnswerPolicy, integers: frozenset[str] = frozenset()) -> None:
        """`integers` are the letters that either side says are integers."""
        self.policy, self.integers = policy, integers
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
        if isinstance(gold, (Choice, DateTime)) or isinstance(pred, (Choice, DateTime)):
            return self.whole(gold, pred)
        if isinstance(gold, Labelled) and isinstance(pred, Labelled):
            shared = set(gold.label.split()) & set(pred.label.split())
            return bool(shared) and self.same(gold.value, pred.value)
        if isinstance(gold, Labelled) and not _is_list(pred):
            return self.same(gold.value, pred)
        if isinstance(pred, Labelled) and not _is_list(gold):
            return self.same(gold, pred.value)
        if isinstance(gold, Collection) != isinstance(pred, Collection):
            choices = _choices(gold)
            if choices and choices == _choices(pred):
                return True
        if isinstance(gold, Text) or isinstance(pred, Text):
            return gold == pred or _letters(gold) == _letters(pred) != "" or _spelled(gold, pred)
        if is_setlike(gold) or is_setlike(pred):
            return same_set(gold, pred, self)
        if any(isinstance(side, Collection) or has_sign(side) for side in (gold, pred)):
            return same_lists(gold, pred, self)
        if isinstance(gold, (Relation, Labelled)) or isinstance(pred, (Relation, Labelled)):
            return self.equations(gold, pred)
        return self.values(gold, pred)

    def whole(self, gold: Node, pred: Node) -> bool:
        """Choice letters, and times, which may be ratios in disguise."""
        if isinstance(gold, Choice) or isinstance(pred, Choice):
            return self.letters(gold, pred)
        if isinstance(gold, DateTime) and isinstance(pred, DateTime):
            return same_datetime(gold, pred)
        left = as_ratio(gold) if isinstance(gold, DateTime) else gold
        right = as_ratio(pred) if isinstance(pred, DateTime) else pred
        return left is not None and right is not None and self.same(left, right)

    def letters(self, gold: Node, pred: Node) -> bool:
        """A choice by its letter, or by its text where the other side knows it."""
        left, right = _letter(gold), _letter(pred)
        if left is not None and right is not None:
            if left.letter != right.letter:
                return False
            if left.content is None or right.content is None:
                return True
            return self.same(left.content, right.content)
        if left is not None and left.content is not None:
            return self.same(left.content, pred)
        if right is not None and right.content is not None and isinstance(gold, Sym):
            return False
        return right is not None and right.content is not None and self.same(gold, right.content)

    def ordered(self, left: tuple[Node, ...], right: tuple[Node, ...]) -> bool:
        return len(left) == len(right) and all(
            self.same(one, other) for one, other in zip(left, right, strict=True)
        )

    def equations(self, gold: Node, pred: Node) -> bool:
        """Two answers of which one is an equation."""
        return same_equations(gold, pred, self)

    def values(self, gold: Node, pred: Node) -> bool:
        left, right = matrix_of(gold), matrix_of(pred)
        if (left is None) != (right is None):
            left, right = left or vector_of(gold), right or vector_of(pred)
        if left is not None or right is not None:
            if left is None or right is None:
                return False
            return len(left.rows) == len(right.rows) and all(
                self.ordered(one, other) for one, other in zip(left.rows, right.rows, strict=True)
            )
        if isinstance(gold, Cases) and isinstance(pred, Cases):
            return same_cases(gold, pred, self.same)
        if isinstance(gold, Ratio) and isinstance(pred, Ratio):
            return _proportional(gold, pred)
        if self.policy.rename_variables and isinstance(gold, Apply) and isinstance(pred, Apply):
            return gold.name == pred.name and len(gold.args) == len(pred.args)
        if same_value(gold, pred, self.policy):
            return True
        return same_family_values((gold,), (pred,), self)


def _spelled(gold: Node, pred: Node) -> bool:
    """A word against its letters in a row, which without a capital look like a product."""
    word, other = (gold, pred) if isinstance(gold, Text) else (pred, gold)
    if not (isinstance(word, Text) and isinstance(other, Mul)) or len(word.words) != 1:
        return False
    letters = [f.name for f in other.factors if isinstance(f, (Sym, Const))]
    whole = len(letters) == len(other.factors) and all(len(letter) == 1 for letter in letters)
    return whole and stem("".join(letters)) == word.words[0]


def _is_list(node: Node) -> bool:
    """Whether a node is several answers, and not a tuple or an interval."""
    return isinstance(node, Collection) and node.kind not in ("paren", "square")


def _letter(node: Node) -> Choice | None:
    if isinstance(node, Choice):
        return node
    if isinstance(node, Sym) and len(node.name) == 1:
        return Choice(node.name.upper())
    return None


def _letters(node: Node) -> str:
    """Capital letters in a row, whether they were written as text or as mathematics."""
    if isinstance(node, Text):
        return node.words[0] if len(node.words) == 1 else ""
    factors = node.factors if isinstance(node, Mul) else (node,)
    names = [factor.name for factor in factors if isinstance(factor, Sym)]
    capital = len(names) == len(factors) and all(len(n) == 1 and n.isupper() for n in names)
    return "".join(names).lower() if capital else ""


def _choices(node: Node) -> str:
    """The letters of several choices, listed or written in a row; "" where it is none."""
    if isinstance(node, Collection):
        names = [item.name for item in node.items if isinstance(item, Sym)]
        alone = len(names) == len(node.items) and all(len(name) == 1 for name in names)
        text = "".join(sorted(names)) if alone and node.kind in ("list", "and") else ""
    else:
        text = _letters(node).upper()
    rising = all(one < other for one, other in pairwise(text))
    return text if len(text) > 1 and rising and set(text) <= CHOICES else ""


def _proportional(gold: Ratio, pred: Ratio) -> bool:
    if len(gold.parts) != len(pred.parts):
        return False
    first, second = gold.parts[0], pred.parts[0]
    if identical(first, Num(0)) or identical(second, Num(0)):
        return gold == pred
    return all(
        identical(product([one, second]), product([other, first]))
        for one, other in zip(gold.parts[1:], pred.parts[1:], strict=True)
    )
