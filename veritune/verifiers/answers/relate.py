"""Whether a candidate's answer is the reference: the kinds of answers, one by one."""

from __future__ import annotations

from veritune.verifiers.answers.build import negated, product
from veritune.verifiers.answers.cases import same_cases
from veritune.verifiers.answers.children import variables
from veritune.verifiers.answers.entries import Listing, listing
from veritune.verifiers.answers.equations import (
    bound_value,
    equivalent,
    is_equation,
    isolated,
    solves,
    with_bound,
)
from veritune.verifiers.answers.families import Family, family, same_families
from veritune.verifiers.answers.identity import identical
from veritune.verifiers.answers.limits import LimitReachedError, UndefinedError, UnparsedError
from veritune.verifiers.answers.matrices import matrix_of
from veritune.verifiers.answers.moments import as_ratio, same_moment
from veritune.verifiers.answers.nodes import (
    Add,
    Apply,
    Cases,
    Func,
    Items,
    Labelled,
    Letter,
    Matrix,
    Moment,
    Mul,
    Node,
    Num,
    Quantity,
    Ratio,
    Relation,
    Sym,
    Text,
)
from veritune.verifiers.answers.policy import AnswerPolicy
from veritune.verifiers.answers.setrelations import same_set, unwrapped
from veritune.verifiers.answers.signs import has_sign
from veritune.verifiers.answers.solve import is_setlike
from veritune.verifiers.answers.values import same_value

MOST_PAIRS = 4_000
LISTS = (Items,)


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
        if gold == pred:
            return True
        gold, pred = unwrapped(gold), unwrapped(pred)
        if isinstance(gold, (Letter, Moment)) or isinstance(pred, (Letter, Moment)):
            return self.whole(gold, pred)
        if isinstance(gold, Labelled) and not isinstance(pred, (Labelled, Items)):
            return self.same(gold.value, pred)
        if isinstance(pred, Labelled) and not isinstance(gold, (Labelled, Items)):
            return self.same(gold, pred.value)
        if isinstance(gold, Text) or isinstance(pred, Text):
            return gold == pred or _letters(gold) == _letters(pred) != ""
        if is_setlike(gold) or is_setlike(pred):
            return same_set(gold, pred, self)
        if isinstance(gold, LISTS) or isinstance(pred, LISTS) or has_sign(gold) or has_sign(pred):
            return self.lists(gold, pred)
        if isinstance(gold, (Relation, Labelled)) or isinstance(pred, (Relation, Labelled)):
            return self.equations(gold, pred)
        return self.values(gold, pred)

    def whole(self, gold: Node, pred: Node) -> bool:
        """Choice letters, and times, which may be ratios in disguise."""
        if isinstance(gold, Letter) or isinstance(pred, Letter):
            return self.letters(gold, pred)
        if isinstance(gold, Moment) and isinstance(pred, Moment):
            return same_moment(gold, pred)
        left = as_ratio(gold) if isinstance(gold, Moment) else gold
        right = as_ratio(pred) if isinstance(pred, Moment) else pred
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

    def lists(self, gold: Node, pred: Node) -> bool:
        """Lists, tuples and sets."""
        if matrix_of(gold) is not None and matrix_of(pred) is not None:
            return self.values(gold, pred)
        if self.vectors(gold, pred):
            return True
        left, right = listing(gold), listing(pred)
        if self.listings(left, right):
            return True
        if self.listed_families(left, right):
            return True
        signed = has_sign(gold), has_sign(pred)
        if not any(signed):
            return self.compound(left, right)
        left = listing(gold, apart=True) if signed[0] else left
        right = listing(pred, apart=True) if signed[1] else right
        return self.listings(left, right)

    def compound(self, left: Listing, right: Listing) -> bool:
        """2 hours and 30 minutes against one quantity."""
        if (len(left.entries) == 1) == (len(right.entries) == 1):
            return False
        many = left if len(right.entries) == 1 else right
        if not all(isinstance(v, Quantity) for v in many.values) or len(many.values) > 3:
            return False
        units = [value.unit for value in many.values if isinstance(value, Quantity)]
        if len(set(units)) < len(units):
            return False
        total = Add(many.values)
        if many is left:
            return self.same(total, right.values[0])
        return self.same(left.values[0], total)

    def listed_families(self, left: Listing, right: Listing) -> bool:
        """Lists of families, unless they are values of a function."""
        entries = (*left.entries, *right.entries)
        if any(isinstance(entry.label, Apply) for entry in entries) or len(entries) < 3:
            return False
        return self.families(left.values, right.values)

    def families(self, gold: tuple[Node, ...], pred: tuple[Node, ...]) -> bool:
        """Solutions with an integer parameter, whatever it is called."""
        shared = variables(Items("list", gold)) & variables(Items("list", pred))
        sides: list[list[Family]] = []
        for nodes in (gold, pred):
            found = [family(node, self.integers) for node in nodes]
            if not found or shared or any(one is None for one in found):
                return False
            sides.append([one for one in found if one is not None])
        return same_families(*sides)

    def vectors(self, gold: Node, pred: Node) -> bool:
        """A column or row against a tuple."""
        left, right = matrix_of(gold), matrix_of(pred)
        if left is None and isinstance(gold, Items) and right is not None:
            return gold.kind != "set" and self.ordered(gold.items, _flat(right))
        if right is None and isinstance(pred, Items) and left is not None:
            return pred.kind != "set" and self.ordered(_flat(left), pred.items)
        return False

    def listings(self, left: Listing, right: Listing) -> bool:
        if len(left.entries) == len(right.entries) == 1:
            one, other = left.entries[0], right.entries[0]
            if "tuple" in (left.kind, right.kind):
                return left.kind == right.kind and self.same(one.value, other.value)
            if isinstance(one.whole, Relation) or isinstance(other.whole, Relation):
                return self.equations(one.whole, other.whole)
            return self.same(one.value, other.value)
        if 1 in (len(left.entries), len(right.entries)):
            return self.one_tuple(left, right)
        names, others = left.labels, right.labels
        if names is not None and others is not None:
            return self.labelled(left, right)
        if names is not None or others is not None:
            return self.ordered(_by_name(left, right), _by_name(right, left))
        kinds = {left.kind, right.kind}
        if kinds in ({"tuple", "set"}, {"square", "tuple"}, {"square", "set"}):
            return False
        if kinds == {"square", "list"} and len(left.entries) == 2:
            return False
        if "tuple" in kinds or self.policy.order_matters or kinds == {"square"}:
            return self.ordered(left.values, right.values)
        return self.unordered(left, right)

    def one_tuple(self, left: Listing, right: Listing) -> bool:
        """x = 1, y = 2 against the single member (x, y) = (1, 2), or the tuple alone."""
        for one, many, swap in ((left, right, False), (right, left, True)):
            if len(one.entries) != 1 or many.kind == "set":
                continue
            inner = one.entries[0].value
            if isinstance(inner, Items) and inner.kind == "paren" and len(many.entries) > 1:
                listed = _by_name(many, one)
                return (
                    self.ordered(listed, inner.items) if swap else self.ordered(inner.items, listed)
                )
        return False

    def labelled(self, left: Listing, right: Listing) -> bool:
        """Members matched by name; by order where the names differ in wording."""
        first = {str(entry.label): entry for entry in left.entries}
        second = {str(entry.label): entry for entry in right.entries}
        if first.keys() == second.keys():
            return len(left.entries) == len(right.entries) and all(
                self.same(first[key].value, second[key].value) for key in first
            )
        symbols = [isinstance(entry.label, Sym) for side in (left, right) for entry in side.entries]
        if all(symbols):
            return False
        return self.ordered(left.values, right.values)

    def ordered(self, left: tuple[Node, ...], right: tuple[Node, ...]) -> bool:
        return len(left) == len(right) and all(
            self.same(one, other) for one, other in zip(left, right, strict=True)
        )

    def unordered(self, left: Listing, right: Listing) -> bool:
        """Each member has its match; repetitions count only where nothing else is left."""
        golds, preds = self.distinct(left), self.distinct(right)
        if len(golds) != len(preds):
            return False
        if len(golds) == 1 and len(left.entries) != len(right.entries):
            return False
        for one in golds:
            found = next((i for i, other in enumerate(preds) if self.member(one, other)), None)
            if found is None:
                return False
            preds.pop(found)
        return True

    def member(self, gold: Node, pred: Node) -> bool:
        if isinstance(gold, Relation) and isinstance(pred, Relation):
            return self.equations(gold, pred)
        return self.same(gold, pred)

    def distinct(self, side: Listing) -> list[Node]:
        """Members without exact repetitions; functions keep their name for its variable."""
        kept: dict[Node, None] = {}
        for entry in side.entries:
            applied = isinstance(entry.label, Apply) and isinstance(entry.whole, Relation)
            kept[entry.whole if applied and not has_sign(entry.whole) else entry.value] = None
        nodes = list(kept)
        if side.kind == "tuple" or len(nodes) < 2 or len(nodes) > 40:
            return nodes
        return nodes

    def equations(self, gold: Node, pred: Node) -> bool:
        """Equations against equations or values."""
        gold = gold.value if isinstance(gold, Labelled) else gold
        pred = pred.value if isinstance(pred, Labelled) else pred
        if isinstance(gold, Relation) and isinstance(pred, Relation):
            return self.two_equations(gold, pred)
        if isinstance(gold, Relation):
            found = isolated(gold)
            if found is not None and self.same(found.value, pred):
                return True
            return is_equation(gold) and not isinstance(pred, Items) and _safely(solves, gold, pred)
        if isinstance(pred, Relation):
            found = isolated(pred)
            return found is not None and self.same(gold, found.value)
        return self.same(gold, pred)

    def two_equations(self, gold: Relation, pred: Relation) -> bool:
        if gold.operators[-1] == "===" or pred.operators[-1] == "===":
            return congruent(gold, pred)
        left, right = isolated(gold), isolated(pred)
        if left is not None and right is not None and self.names_agree(left.name, right.name):
            value, names = bound_value(left)
            other, target = bound_value(right)
            if self.same(with_bound(value, names, target), other):
                return True
            if isinstance(left.name, Sym) and self.families((value,), (other,)):
                return True
        if not (is_equation(gold) and is_equation(pred)):
            return gold.operators == pred.operators and self.ordered(gold.sides, pred.sides)
        if left is not None and right is None and not variables(left.value):
            return False
        if _safely(equivalent, gold, pred):
            return True
        if right is not None and isinstance(right.name, Sym):
            return not _free(right.value, right.name) and _solved_for(gold, right.name, right.value)
        if left is not None and isinstance(left.name, Sym):
            return not _free(left.value, left.name) and _solved_for(pred, left.name, left.value)
        return False

    def names_agree(self, left: Node, right: Node) -> bool:
        """Whether two names may stand for the same quantity: two different letters may not."""
        if isinstance(left, Sym) and isinstance(right, Sym):
            return left == right or _plain(left) == _plain(right)
        if isinstance(left, Apply) and isinstance(right, Apply):
            return len(left.args) == len(right.args)
        return True

    def values(self, gold: Node, pred: Node) -> bool:
        left, right = matrix_of(gold), matrix_of(pred)
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
        return bool(self.integers) and self.families((gold,), (pred,))


def congruent(gold: Relation, pred: Relation) -> bool:
    """x = a (mod m) against x = b (mod m)."""
    left, right = gold.sides[-1], pred.sides[-1]
    if gold.operators != pred.operators or gold.sides[:-1] != pred.sides[:-1]:
        return False
    if not (isinstance(left, Func) and isinstance(right, Func)):
        return left == right
    (a, modulus), (b, other) = left.args, right.args
    return identical(modulus, other) and identical(
        Func("mod", (Add((a, negated(b))), modulus)), Num(0)
    )


def _letter(node: Node) -> Letter | None:
    if isinstance(node, Letter):
        return node
    if isinstance(node, Sym) and len(node.name) == 1:
        return Letter(node.name.upper())
    return None


def _flat(matrix: Matrix) -> tuple[Node, ...]:
    """The members of a single row or column; no members for a true matrix."""
    if len(matrix.rows) == 1:
        return matrix.rows[0]
    if all(len(row) == 1 for row in matrix.rows):
        return tuple(row[0] for row in matrix.rows)
    return ()


def _by_name(side: Listing, other: Listing) -> tuple[Node, ...]:
    """Values in the order of their one-letter names, against a tuple without names."""
    labels = side.labels
    if (
        labels is None
        or other.kind != "tuple"
        or not all(isinstance(x, Sym) and len(x.name) == 1 for x in labels)
    ):
        return side.values
    ordered = sorted(side.entries, key=lambda entry: str(entry.label))
    return tuple(entry.value for entry in ordered)


def _letters(node: Node) -> str:
    """Capital letters in a row, whether they were written as text or as mathematics."""
    if isinstance(node, Text):
        return node.words[0] if len(node.words) == 1 else ""
    factors = node.factors if isinstance(node, Mul) else (node,)
    names = [factor.name for factor in factors if isinstance(factor, Sym)]
    capital = len(names) == len(factors) and all(len(n) == 1 and n.isupper() for n in names)
    return "".join(names).lower() if capital else ""


def _plain(name: Sym) -> str:
    return name.name.replace("{", "").replace("}", "").replace(" ", "").lower()


def _free(node: Node, name: Sym) -> bool:
    return name.name in variables(node)


def _solved_for(equation: Relation, name: Sym, value: Node) -> bool:
    """Whether an equation says that the named variable has this value."""
    if name.name not in variables(equation) or not is_equation(equation):
        return False
    missing = variables(equation) - variables(value)
    return missing == {name.name} and _safely(solves, equation, value)


def _safely(test: object, gold: Node, pred: Node) -> bool:
    assert callable(test)
    try:
        return bool(test(gold, pred))
    except (UnparsedError, UndefinedError):
        return False


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
