"""Sets against sets and inequalities: as sets of real numbers, else part by part."""

from __future__ import annotations

from functools import reduce

from veritune.algebra.engine.solving import solved
from veritune.algebra.equality.comparer import Comparer, paired
from veritune.algebra.equality.equations import fixed_point
from veritune.algebra.equality.identity import identical
from veritune.algebra.equality.policy import AnswerPolicy
from veritune.algebra.equality.values import same_value
from veritune.algebra.limits import LimitReachedError, UndefinedError, UnparsedError
from veritune.algebra.reading.relations import UNNAMED
from veritune.algebra.trees.build import negated, product
from veritune.algebra.trees.children import renamed, variables, walk
from veritune.algebra.trees.names import is_name
from veritune.algebra.trees.nodes import (
    Add,
    Builder,
    Collection,
    Const,
    Func,
    Interval,
    Mul,
    NamedSet,
    Node,
    Num,
    Relation,
    SetOp,
    Sym,
)
from veritune.algebra.values.numeric import Evaluator
from veritune.algebra.values.realsets import End, NotASetError, RealSet, close, union
from veritune.algebra.values.solve import FLIPPED, ORDERS, is_setlike, to_set


def unwrapped(node: Node) -> Node:
    """The set of "x in S" alone, and of "D = S"."""
    if isinstance(node, Relation) and node.operators == ("in",) and is_name(node.sides[0]):
        return node.sides[1]
    if isinstance(node, Relation) and node.operators == ("=",):
        left, right = node.sides
        if is_name(left) and (is_setlike(right) or _interval_like(right)):
            return right
    return node


def _interval_like(node: Node) -> bool:
    return isinstance(node, Collection) and node.kind in ("square", "set")


def same_set(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Whether two sets, or conditions on one unknown, describe the same numbers."""
    if not comparer.policy.sets_as_inequalities and _ordering(pred) and not _ordering(gold):
        return False
    if unsolved(pred) and not unsolved(gold):
        return False
    try:
        return _same_numbers(_numbers(gold), to_set(pred), comparer.policy)
    except NotASetError:
        return _by_parts(gold, pred, comparer)


def _numbers(gold: Node) -> RealSet:
    """The reference's set, by sympy where it is a condition that no rule solves."""
    try:
        return to_set(gold)
    except NotASetError:
        names = variables(gold)
        if not (isinstance(gold, Relation) and unsolved(gold) and len(names) == 1):
            raise
        if len(gold.operators) != 1 or gold.operators[0] not in FLIPPED:
            raise
    try:
        return reduce(union, map(to_set, solved(gold, min(names))), ())
    except (UnparsedError, UndefinedError, LimitReachedError):
        raise NotASetError from None


def unsolved(node: Node) -> bool:
    """Whether a condition still has to be solved for its unknown, as the problem itself has."""
    for part in walk(node):
        if isinstance(part, Relation):
            for side in part.sides:
                if isinstance(side, Func) and side.name == "abs":
                    side = side.args[0]
                negative = isinstance(side, Mul) and side.factors[0] == Num(-1)
                inner = side.factors[-1] if isinstance(side, Mul) and negative else side
                if variables(inner) and not is_name(inner) and not is_setlike(inner):
                    return len(variables(part)) == 1
    return False


def _ordering(node: Node) -> bool:
    return isinstance(node, Relation) and any(op in ORDERS for op in node.operators)


def names_differ(gold: Node, pred: Node) -> bool:
    """Two conditions on differently named unknowns are different conditions."""
    left, right = _unknowns(gold), _unknowns(pred)
    return bool(left and right) and left != right and UNNAMED not in left | right


def _unknowns(node: Node) -> frozenset[str]:
    """The unknown of a condition, and of each of several; none where that is not clear."""
    if isinstance(node, Collection) and node.kind in ("and", "or", "list"):
        found = [_unknowns(item) for item in node.items]
        return frozenset().union(*found) if all(found) else frozenset()
    if not isinstance(node, Relation):
        return frozenset()
    if node.operators == ("in",):
        return variables(node.sides[0]) if isinstance(node.sides[0], Sym) else frozenset()
    names = variables(node) if is_setlike(node) else frozenset()
    return names if len(names) == 1 else frozenset()


def _same_numbers(gold: RealSet, pred: RealSet, policy: AnswerPolicy) -> bool:
    return len(gold) == len(pred) > 0 and all(
        _same_end(one.low, other.low, policy) and _same_end(one.high, other.high, policy)
        for one, other in zip(gold, pred, strict=True)
    )


def _same_end(gold: End, pred: End, policy: AnswerPolicy) -> bool:
    if gold.closed != pred.closed:
        return False
    if gold.node is not None and pred.node is not None:
        return same_value(gold.node, pred.node, policy)
    return close(gold.value, pred.value)


def _by_parts(gold: Node, pred: Node, comparer: Comparer) -> bool:
    if isinstance(gold, Relation) and isinstance(pred, Relation):
        return _same_relation(gold, pred, comparer)
    if any(
        (left.low_closed, left.high_closed) == (right.low_closed, right.high_closed)
        and comparer.ordered((left.low, left.high), (right.low, right.high))
        for left in _intervals(gold)
        for right in _intervals(pred)
    ):
        return True
    if isinstance(gold, SetOp) and isinstance(pred, SetOp):
        return _same_operation(gold, pred, comparer)
    if isinstance(gold, NamedSet) and isinstance(pred, NamedSet):
        return _bare(gold) == _bare(pred)
    if isinstance(gold, Builder) and isinstance(pred, Builder):
        return _same_builder(gold, pred, comparer)
    if isinstance(gold, Collection) and isinstance(pred, Collection):
        return _kind(gold) == _kind(pred) and paired(gold.items, pred.items, comparer.same)
    return False


def _kind(node: Collection) -> str:
    """Conditions are joined by commas as by "and", or by "or" where that is said."""
    return "and" if node.kind == "list" else node.kind


def _bare(node: NamedSet) -> str:
    return node.name.replace("{", "").replace("}", "").replace("\\", "")


def _intervals(node: Node) -> list[Interval]:
    """The intervals, with any ends, that a node may be: for b > x either letter's."""
    infinite = Const("oo")
    match node:
        case Interval():
            return [node]
        case Collection("paren", (low, high)):
            return [Interval(low, high, False, False)]
        case Collection("square", (low, high)):
            return [Interval(low, high, True, True)]
        case Relation() if (rising := _rising(node)) is not None:
            closed = [operator == "<=" for operator in rising.operators]
            match rising.sides:
                case (low, middle, high) if is_name(middle):
                    return [Interval(low, high, closed[0], closed[1])]
                case (left, right):
                    above = Interval(left, infinite, closed[0], False)
                    below = Interval(negated(infinite), right, False, closed[0])
                    return [above] * is_name(right) + [below] * is_name(left)
            return []
        case _:
            return []


def _rising(node: Relation) -> Relation | None:
    """A chain of inequalities from small to large; None where its signs point both ways."""
    if all(operator in ("<", "<=") for operator in node.operators):
        return node
    if not all(operator in (">", ">=") for operator in node.operators):
        return None
    return Relation(tuple(FLIPPED[op] for op in node.operators[::-1]), node.sides[::-1])


def _same_operation(gold: SetOp, pred: SetOp, comparer: Comparer) -> bool:
    if gold.kind != pred.kind:
        return False
    if gold.kind == "difference":
        return comparer.ordered(gold.args, pred.args)
    return paired(_flat(gold), _flat(pred), comparer.same)


def _flat(node: Node, kind: str | None = None) -> tuple[Node, ...]:
    if isinstance(node, SetOp) and kind in (None, node.kind):
        return tuple(part for arg in node.args for part in _flat(arg, node.kind))
    return (node,)


def _same_builder(gold: Builder, pred: Builder, comparer: Comparer) -> bool:
    """Equal conditions once the bound variable has the same name."""
    condition = pred.condition
    element = pred.element
    left, right = _bound(gold.element), _bound(element)
    if left in variables(gold.condition) and right not in variables(condition):
        return False
    if left is not None and right is not None and left != right:
        names: dict[str, Node] = {right: Sym(left)}
        condition, element = renamed(condition, names), renamed(element, names)
    return comparer.same(gold.element, element) and comparer.same(gold.condition, condition)


def _bound(element: Node) -> str | None:
    if isinstance(element, Relation):
        element = element.sides[0]
    return element.name if isinstance(element, Sym) else None


def _same_relation(gold: Relation, pred: Relation, comparer: Comparer) -> bool:
    """The same chain, read in either direction, or one multiplied by a positive number."""
    left, right = _rising(gold) or gold, _rising(pred) or pred
    if left.operators == right.operators and comparer.ordered(left.sides, right.sides):
        return True
    if left.operators in (("=",), ("!=",)) and left.operators == right.operators:
        return comparer.ordered(left.sides, right.sides[::-1])
    if len(gold.operators) == len(pred.operators) == 1 and gold.operators[0] in FLIPPED:
        try:
            return _scaled(gold, pred)
        except (UnparsedError, UndefinedError):
            return False
    return False


def _scaled(gold: Relation, pred: Relation) -> bool:
    names = variables(gold)
    if not names or names != variables(pred) or pred.operators[0] not in FLIPPED:
        return False
    left, right = (Add((s.sides[0], negated(s.sides[1]))) for s in (gold, pred))
    point = fixed_point(names, 3)
    above, below = renamed(left, point), renamed(right, point)
    if not identical(product([left, below]), product([right, above])):
        return False
    at = Evaluator(30, real=True)
    first, second = at.value(above), at.value(below)
    if not first or not second or not all(isinstance(v, at.mp.mpf) for v in (first, second)):
        return False
    operator = pred.operators[0]
    return gold.operators[0] == (operator if (first > 0) == (second > 0) else FLIPPED[operator])
