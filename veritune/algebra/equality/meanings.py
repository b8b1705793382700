"""Which of its meanings an ambiguous letter has, decided by what the other side says.

A letter before a bracket is a function, unless the other side knows it as a plain variable; the
constant of an integral and a declared parameter may have any name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations

from veritune.algebra.engine.calculus import has_calculus, worked_out
from veritune.algebra.equality.equations import isolated
from veritune.algebra.equality.identity import identical
from veritune.algebra.equality.policy import AnswerPolicy
from veritune.algebra.equality.relate import Relater
from veritune.algebra.limits import UndefinedError, UnparsedError
from veritune.algebra.tables import table
from veritune.algebra.trees.build import negated
from veritune.algebra.trees.children import rebuild, renamed, variables, walk
from veritune.algebra.trees.nodes import (
    Add,
    Apply,
    Collection,
    Const,
    Frac,
    Func,
    Mul,
    Node,
    Num,
    Pow,
    Relation,
    Sym,
)

# What a constant of integration is called.
CONSTANTS = table("C c K k C_1 C_0 c_1 C_{1} A D")
# A relation with one of these has a set of solutions, and no value.
INEQUALITIES = frozenset(("<", ">", "<=", ">=", "!="))
# As constants of integration, or as coefficients that are free to choose.
LETTERS = table("A B C D K a b c d k")
# Each is tried with each of the other side's.
MOST_CONSTANTS = 3
# What a variable of integration is called.
VARIABLES = table("x t u y z s r theta")
# "k in Z", "c is a constant".
DECLARED = re.compile(
    r"([a-zA-Z])(?:\s|\$|\\text\{|\\,)*"
    r"(?:\\in\s*(?:\\mathbb\s*\{?\s*)?[ZNRQ]\b|(?:is|any|be)\s+(?:an?\s+|any\s+)?(?:integer|constant|real))"
)
# "k in Z", "k is an integer"; N and R are other sets.
WHOLE = re.compile(
    r"([a-zA-Z])(?:\s|\$|\\text\{|\\,)*"
    r"(?:\\in\s*(?:\\(?:mathbb|mathbf|mathrm)\s*\{?\s*)?Z(?!\s*\}?\s*(?:[\^_+*]|\\setminus))|(?:is|be)\s+(?:an?\s+|any\s+)integer)"
)
# "k in N", "a positive integer k".
LIMITED = re.compile(
    r"\\in\s*(?:\\(?:mathbb|mathbf|mathrm)\s*\{?\s*)?(?:N\b|Z\s*\}?\s*(?:[\^_+*]|\\setminus))"
    r"|\\in\s*\\\{|\b(?:positive|negative|non-?negative|natural|non-?zero|even|odd)\s+(?:integer|number)"
)
# "k > 0", "0 <= k".
BOUNDED = re.compile(
    r"(?<![a-zA-Z\\])([a-zA-Z])\s*(?:[<>=≤≥≠]|!=|\\(?:not|neq?|[lg]eq?(?:slant)?|[lg]t)(?![a-z]))"
    r"|(?:[<>≤≥]=?|\\(?:[lg]eq?(?:slant)?|[lg]t)(?![a-z]))\s*([a-zA-Z])(?=\W*(?:$|[,.;)}$]))"
)
# "for some integer k".
CHOSEN = re.compile(
    r"\bfor\s+(?:some|any|all|every|each|arbitrary)\s+(?:(?:positive|non-?negative|real|arbitrary)\s+)*"
    r"(?:integers?|constants?|numbers?|values?(?:\s+of)?|reals?)?[\s$}{\\]*(?:text\{)?\s*([a-zA-Z])(?![a-zA-Z])"
)


def same_answer(
    gold: Node,
    pred: Node,
    declared: frozenset[str],
    others: frozenset[str],
    policy: AnswerPolicy,
    integers: frozenset[str] = frozenset(),
) -> bool:
    """Whether two trees are the same, once their letters mean the same.

    `declared` and `others` are the letters that the two sides declare as free to choose, and
    `integers` those of either side that are any integer.
    """
    if gold == pred:
        return True
    if _imaginary(gold, pred):
        pred = renamed(pred, {"I": Const("i")})
    gold, pred = _agreed(_chosen(gold, pred), _chosen(pred, gold))
    gold, pred = (worked_out(side) if has_calculus(side) else side for side in (gold, pred))
    if others and declared & variables(gold) and not others & variables(pred):
        return False  # unlike the reference, it declares a letter that it does not use
    pred = _with_same_letter(gold, pred, declared, others)
    relater = Relater(policy, declared | others, integers)
    return (
        relater.same(gold, pred)
        or _same_up_to_constant(gold, pred)
        or _same_value(gold, pred, relater)
        or any(relater.same(gold, other) for other in _with_other_constants(gold, pred))
    )


def _same_value(gold: Node, pred: Node, relater: Relater) -> bool:
    """The same but for a condition on the variable, which only one side states."""
    value, other = _unconditional(gold, pred), _unconditional(pred, gold)
    if value is not None:
        return relater.same(value, pred)
    return other is not None and relater.same(gold, other)


def parameters(text: str) -> frozenset[str]:
    """The letters that a text says are free to choose: "k in Z", "for some integer t"."""
    return frozenset(DECLARED.findall(text)) | frozenset(CHOSEN.findall(text))


def whole(gold: str, pred: str) -> frozenset[str]:
    """The letters that are any integer, negative ones too; none where a side limits its letters."""
    found = frozenset(WHOLE.findall(gold)) | frozenset(WHOLE.findall(pred))
    return frozenset() if any(_limits(text, found) for text in (gold, pred)) else found


def otherwise_declared(gold: str, pred: str) -> bool:
    """Whether letters are any integers on one side, and only natural ones on the other."""
    sides = [(bool(WHOLE.search(text)), bool(LIMITED.search(text))) for text in (gold, pred)]
    return sorted(sides) == [(False, True), (True, False)]


def _limits(text: str, letters: frozenset[str]) -> bool:
    """Whether a text declares fewer numbers than all integers, or bounds one of the letters."""
    bounded = (match[1] or match[2] for match in BOUNDED.finditer(text))
    return LIMITED.search(text) is not None or any(letter in letters for letter in bounded)


def _imaginary(gold: Node, pred: Node) -> bool:
    """Whether I is the imaginary unit, as programs write it: not a name, nor among quantities."""
    if "I" not in _used(pred) - variables(gold):
        return False
    return not variables(gold) or any(part == Const("i") for part in walk(gold))


def _agreed(gold: Node, pred: Node) -> tuple[Node, Node]:
    """Both sides, with f(x) as f times x where the other side knows f as a variable only."""
    one, two = _factors(gold, pred), _factors(pred, gold)
    return (_as_products(gold, one) if one else gold, _as_products(pred, two) if two else pred)


def _chosen(node: Node, other: Node) -> Node:
    """C(10, 3) as so many choices, where the other side is a number and no point."""
    match node:
        case Apply("C", (Num(many), Num(few))) if not variables(other) and not isinstance(
            other, (Apply, Collection)
        ):
            return Func("binomial", (Num(many), Num(few)))
        case _:
            return rebuild(node, lambda part: _chosen(part, other))


def _factors(node: Node, other: Node) -> frozenset[str]:
    here = _applied(node) - _defined(node)
    if not here:
        return here
    return (here & variables(other)) - _applied(other) - variables(node)


def _applied(node: Node) -> frozenset[str]:
    return frozenset(
        part.name for part in walk(node) if isinstance(part, Apply) and len(part.args) == 1
    )


def _defined(node: Node) -> frozenset[str]:
    """The functions that an equation defines, as in f(x) = 2x."""
    relations = node.items if isinstance(node, Collection) else (node,)
    sides = [part.sides[0] for part in relations if isinstance(part, Relation)]
    return frozenset(side.name for side in sides if isinstance(side, Apply))


def _as_products(node: Node, names: frozenset[str]) -> Node:
    """V(0) stays, since nobody writes such a factor."""
    match node:
        case Pow(Apply(name, (argument,)), exponent) if name in names:
            return Mul((Sym(name), Pow(argument, _as_products(exponent, names))))
        case Apply(name, (argument,)) if name in names and not _counted(argument):
            return Mul((Sym(name), _as_products(argument, names)))
        case _:
            return rebuild(node, lambda part: _as_products(part, names))


def _counted(argument: Node) -> bool:
    """Whether an argument is a whole number, as in V(0) and A(1)."""
    return isinstance(argument, Num) and argument.places is None


def _with_same_letter(
    gold: Node, pred: Node, declared: frozenset[str], others: frozenset[str]
) -> Node:
    """The candidate with the reference's letter for a constant of integration, or a parameter.

    A parameter is what one of them declares: the reference some of `declared`, the candidate some
    of `others`.
    """
    left, right = _used(gold), _used(pred)
    if not len(left - right) == len(right - left) == 1:
        return pred
    lacking, extra = min(left - right), min(right - left)
    parameter = extra in others or (lacking in declared and not others)
    usual = lacking[:1] in ("C", "c", "K") or extra[:1] in ("C", "K")
    constant = (
        {lacking, extra} <= CONSTANTS
        and usual
        and bool(left & right)
        and (
            (_adds(gold, lacking) and _adds(pred, extra))
            or (lacking.lower() == extra.lower() and not isinstance(gold, Sym))
        )
    )
    return renamed(pred, {extra: Sym(lacking)}) if parameter or constant else pred


def _with_other_constants(gold: Node, pred: Node) -> Iterator[Node]:
    """The candidate with its arbitrary constants named as the reference's, in every order."""
    left, right = _used(gold), _used(pred)
    named = sorted(name for name in left if _arbitrary(name))
    given = sorted(n for n in right if _arbitrary(n) or (n in LETTERS and n not in left))
    rest = left - set(named)
    if not 0 < len(named) == len(given) <= MOST_CONSTANTS or rest != right - set(given):
        return
    # The same letters, or one alone, may stand for given quantities.
    alone = _numbered(given) and (len(named) > 1 or given[0] in CONSTANTS)
    general = alone and len(rest) == 1 and rest <= VARIABLES and isinstance(gold, Relation)
    if general or (len(named) > 1 and not set(named) & set(given)):
        for order in permutations(named):
            names: dict[str, Node] = {old: Sym(new) for old, new in zip(given, order, strict=True)}
            yield renamed(pred, names)


def _numbered(names: list[str]) -> bool:
    """Whether constants are numbered from 0 or 1 on, if at all."""
    found = sorted(name.partition("_")[2].strip("{}") for name in names)
    starts = (list(map(str, range(start, start + len(found)))) for start in (0, 1))
    return not any(found) or found in starts


def _arbitrary(name: str) -> bool:
    """C, c_1: what the constants of a general solution are called."""
    return name.rstrip("0123456789{}").rstrip("_{") in ("C", "c")


def _unconditional(gold: Node, pred: Node) -> Node | None:
    """The value of a reference such as "2x, x > 1", where the candidate says nothing about x."""
    if (
        not isinstance(gold, Collection)
        or gold.kind not in ("list", "and")
        or isinstance(pred, Collection)
    ):
        return None
    value, *conditions = gold.items
    names = _used(value)
    about = all(
        isinstance(node, Relation)
        and set(node.operators) <= INEQUALITIES
        and variables(node) <= names
        for node in conditions
    )
    stated = isinstance(value, Relation) and bool(set(value.operators) & INEQUALITIES)
    return value if about and names and not stated else None


def _same_up_to_constant(gold: Node, pred: Node) -> bool:
    """Whether two antiderivatives with a constant of integration differ by a constant."""
    left, right = _without_constant(gold), _without_constant(pred)
    if left is None or right is None or left[1] != right[1]:
        return False
    gap = Add((left[0], negated(right[0])))
    names = variables(gap) & VARIABLES
    there: dict[str, Node] = {name: Frac(Num(2), Num(3)) for name in names}
    try:
        return bool(names) and identical(gap, renamed(gap, there))
    except (UndefinedError, UnparsedError):
        return False


def _without_constant(node: Node) -> tuple[Node, str] | None:
    """What is added to a constant of integration, and the constant."""
    found = isolated(node) if isinstance(node, Relation) else None
    value = node if found is None else found.value
    if not isinstance(value, Add):
        return None
    names = [term.name for term in value.terms if isinstance(term, Sym) and term.name in CONSTANTS]
    rest = tuple(term for term in value.terms if term != Sym(names[0])) if names else ()
    if len(names) != 1 or not rest or names[0] in variables(Add(rest)):
        return None
    return Add(rest), names[0]


def _used(node: Node) -> frozenset[str]:
    """The variables of a value, without the names that it is given."""
    if isinstance(node, Collection):
        return frozenset().union(*map(_used, node.items))
    found = isolated(node) if isinstance(node, Relation) else None
    return variables(node) if found is None else variables(found.value)


def _adds(node: Node, name: str) -> bool:
    """Whether a constant is added somewhere, and nowhere else."""
    return any(isinstance(part, Add) and Sym(name) in part.terms for part in walk(node))
