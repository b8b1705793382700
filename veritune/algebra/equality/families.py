"""Solutions with an integer parameter: pi/6 + 2 k pi, and lists of them.

A family is offset + period * k for all integers k. Two lists of families are the same where they
cover the same residues modulo a common period, however they are split up.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from veritune.algebra.equality.identity import identical
from veritune.algebra.limits import UndefinedError, UnparsedError
from veritune.algebra.trees.build import negated
from veritune.algebra.trees.children import renamed, variables
from veritune.algebra.trees.nodes import Add, Mul, Node, Num, Quantity
from veritune.algebra.values.mp import MpNumber
from veritune.algebra.values.numeric import Evaluator, context
from veritune.algebra.values.quantities import mentions_pi

# Letters that stand for any integer, by custom.
PARAMETERS = frozenset("knmljNKpqrst")
# Of offset and period; residues that are the same agree to 25 of them.
DIGITS = 40
# Periods with a larger common multiple were not written by hand.
MOST_RESIDUES = 240

# Offset and period as numbers.
Family = tuple[MpNumber, MpNumber]


def family(node: Node, integers: frozenset[str]) -> Family | None:
    """A node as a family; None where it has no integer parameter, or is not linear in it."""
    names = variables(node)
    if len(names) != 1:
        return None
    (name,) = names
    if name not in PARAMETERS and name not in integers:
        return None
    zero, one, two = (renamed(node, {name: Num(k)}) for k in (0, 1, 2))
    step = Add((one, negated(zero)))
    if not (name in integers or mentions_pi(step) or _in_degrees(node)):
        return None
    try:
        if not identical(Add((zero, two)), Mul((Num(2), one))):
            return None
        at = Evaluator(DIGITS, real=True)
        offset, period = at.value(zero), at.value(step)
    except (UndefinedError, UnparsedError):
        return None
    return (offset, abs(period)) if period else None


def _in_degrees(node: Node) -> bool:
    inner = node.terms[0] if isinstance(node, Add) else node
    return isinstance(inner, Quantity) and inner.unit == (("°", 1),)


def same_families(left: list[Family], right: list[Family]) -> bool:
    """Whether two lists of families cover the same numbers."""
    base = left[0][1]
    common = 1
    for _, period in [*left, *right]:
        ratio = _rational(period / base)
        if ratio is None:
            return False
        common = lcm(common * ratio.denominator, ratio.numerator) // ratio.denominator or 1
    first, second = _residues(left, base, common), _residues(right, base, common)
    if first is None or second is None or len(first) != len(second):
        return False
    return all(abs(a - b) < context().mpf(10) ** -25 for a, b in zip(first, second, strict=True))


def _rational(value: MpNumber) -> Fraction | None:
    near = Fraction(str(value)).limit_denominator(1000)
    gap = abs(context().mpf(near.numerator) / near.denominator - value)
    return near if gap < context().mpf(10) ** -28 else None


def _residues(families: list[Family], base: MpNumber, common: int) -> list[MpNumber] | None:
    """All offsets modulo `common` times the base period, in units of the base, sorted."""
    mp = context()
    found: list[MpNumber] = []
    for offset, period in families:
        step = period / base
        copies = int(mp.nint(common / step))
        if copies * len(families) > MOST_RESIDUES:
            return None
        for copy in range(copies):
            rest = (offset / base + copy * step) % common
            rest = mp.mpf(0) if common - rest < mp.mpf(10) ** -25 else rest
            if not any(abs(rest - other) < mp.mpf(10) ** -25 for other in found):
                found.append(rest)
    return sorted(found)
