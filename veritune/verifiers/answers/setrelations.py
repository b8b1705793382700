"""Sets against sets and inequalities: as sets of real numbers, else part by part."""

from __future__ import annotations

from veritune.verifiers.answers.build import negated, product
from veritune.verifiers.answers.children import renamed, variables, walk
from veritune.verifiers.answers.comparer import Comparer
from veritune.verifiers.answers.identity import identical
from veritune.verifiers.answers.limits import UndefinedError, UnparsedError
from veritune.verifiers.answers.names import is_name
from veritune.verifiers.answers.nodes import (
    Add,
    Builder,
    Collection,
    Const,
    Frac,
    Interval,
    Mul,
    NamedSet,
    Node,
    Num,
    Relation,
    SetOp,
    Sym,
)
from veritune.verifiers.answers.numeric import Evaluator
from veritune.verifiers.answers.policy import AnswerPolicy
from veritune.verifiers.answers.realsets import End, NotASetError, RealSet, close
from veritune.verifiers.answers.solve import FLIPPED, ORDERS, is_setlike, to_set
from veritune.verifiers.answers.values import same_value


def unwrapped(node: Node) -> Node:
    """The set of "x in S" alone, and of "D = S"."""
    if isinstance(node, Relation) and node.operators == ("in",) and is_name(node.sides[0]):
        return node.sides[1]
    if isinstance(node, Relation) and node.operators == ("=",):
        left, right = node.sides
        if is_name(left) and (is_setlike(right) or _interval_like(right)):
            return right
    if isinstance(node, Relation) and node.operators[-1:] == ("in",) and len(node.sides) == 2:
        return node
    return node


def _interval_like(node: Node) -> bool:
    return isinstance(node, Collection) and node.kind in ("square", "set")


def same_set(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Whether two sets, or conditions on one unknown, describe the same numbers."""
    if not comparer.policy.sets_as_inequalities and _ordering(pred) and not _ordering(gold):
        return False
    if _names_differ(gold, pred):
        return False
    if unsolved(pred) and not unsolved(gold):
        return False
    try:
        return _same_numbers(to_set(gold), to_set(pred), comparer.policy)
    except NotASetError:
        return _by_parts(gold, pred, comparer)


def unsolved(node: Node) -> bool:
    """Whether a condition still has to be solved for its unknown, as the problem itself has."""
    for part in walk(node):
        if isinstance(part, Relation):
            for side in part.sides:
                plain = isinstance(side, Mul) and side.factors[0] == Num(-1)
                inner = side.factors[-1] if plain and isinstance(side, Mul) else side
                if variables(inner) and not is_name(inner) and not is_setlike(inner):
                    return len(variables(part)) == 1
    return False


def _ordering(node: Node) -> bool:
    return isinstance(node, Relation) and any(op in ORDERS for op in node.operators)


def _names_differ(gold: Node, pred: Node) -> bool:
    """Two conditions on differently named unknowns are different conditions."""
    if not (isinstance(gold, Relation) and isinstance(pred, Relation)):
        return False
    left, right = variables(gold), variables(pred)
    return len(left) == len(right) == 1 and left != right


def _same_numbers(gold: RealSet, pred: RealSet, policy: AnswerPolicy) -> bool:
    return len(gold) == len(pred) and all(
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
    left, right = _interval(gold), _interval(pred)
    if left is not None and right is not None:
        return (left.low_closed, left.high_closed) == (
            right.low_closed,
            right.high_closed,
        ) and comparer.ordered((left.low, left.high), (right.low, right.high))
    if isinstance(gold, SetOp) and isinstance(pred, SetOp):
        return _same_operation(gold, pred, comparer)
    if isinstance(gold, NamedSet) and isinstance(pred, NamedSet):
        return _bare(gold) == _bare(pred)
    if isinstance(gold, Builder) and isinstance(pred, Builder):
        return _same_builder(gold, pred, comparer)
    if isinstance(gold, Relation) and isinstance(pred, Relation):
        return _same_relation(gold, pred, comparer)
    if isinstance(gold, Collection) and isinstance(pred, Collection) and gold.kind == pred.kind:
        return _matched(gold.items, pred.items, comparer)
    return False


def _bare(node: NamedSet) -> str:
    return node.name.replace("{", "").replace("}", "").replace("\\", "")


def _interval(node: Node) -> Interval | None:
    """An interval with any ends, also from `a < x <= b` and `x > a`."""
    match node:
        case Interval():
            return node
        case Collection("paren", (low, high)):
            return Interval(low, high, False, False)
        case Collection("square", (low, high)):
            return Interval(low, high, True, True)
        case Relation((first, second), (low, middle, high)) if is_name(middle):
            if first[0] == ">" and second[0] == ">":
                low, high, first, second = high, low, second, first
            elif not (first[0] == "<" and second[0] == "<"):
                return None
            return Interval(low, high, first == "<=", second == "<=")
        case Relation((operator,), (left, right)) if operator in ORDERS:
            if not is_name(left) and is_name(right):
                left, operator, right = right, FLIPPED[operator], left
            if not is_name(left):
                return None
            infinite = Const("oo")
            if operator[0] == "<":
                return Interval(negated(infinite), right, False, operator == "<=")
            return Interval(right, infinite, operator == ">=", False)
        case _:
            return None


def _same_operation(gold: SetOp, pred: SetOp, comparer: Comparer) -> bool:
    if gold.kind != pred.kind:
        return False
    if gold.kind == "difference":
        return comparer.ordered(gold.args, pred.args)
    return _matched(_flat(gold), _flat(pred), comparer)


def _flat(node: Node, kind: str | None = None) -> tuple[Node, ...]:
    if isinstance(node, SetOp) and kind in (None, node.kind):
        return tuple(part for arg in node.args for part in _flat(arg, node.kind))
    return (node,)


def _matched(left: tuple[Node, ...], right: tuple[Node, ...], comparer: Comparer) -> bool:
    rest = list(right)
    for one in left:
        found = next((i for i, other in enumerate(rest) if comparer.same(one, other)), None)
        if found is None:
            return False
        rest.pop(found)
    return not rest


def _same_builder(gold: Builder, pred: Builder, comparer: Comparer) -> bool:
    """Equal conditions once the bound variable has the same name."""
    condition = pred.condition
    element = pred.element
    left, right = _bound(gold.element), _bound(element)
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
    backwards = Relation(
        tuple(FLIPPED.get(op, op) for op in reversed(pred.operators)), pred.sides[::-1]
    )
    for candidate in (pred, backwards):
        if gold.operators == candidate.operators and comparer.ordered(gold.sides, candidate.sides):
            return True
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
    point: dict[str, Node] = {
        name: Frac(Num(3 + 7 * i), Num(8 + 5 * i)) for i, name in enumerate(sorted(names))
    }
    above, below = renamed(left, point), renamed(right, point)
    if not identical(product([left, below]), product([right, above])):
        return False
    at = Evaluator(30, real=True)
    first, second = at.value(above), at.value(below)
    if not first or not second or not all(isinstance(v, at.mp.mpf) for v in (first, second)):
        return False
    operator = pred.operators[0]
    return gold.operators[0] == (operator if (first > 0) == (second > 0) else FLIPPED[operator])
