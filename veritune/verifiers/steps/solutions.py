"""How a new statement's solutions differ from those of earlier ones: lost, extraneous, other."""

from __future__ import annotations

from veritune.algebra import Collection, Const, Num, Relation, walk
from veritune.verifiers.steps.calculations import REFUSALS
from veritune.verifiers.steps.facts import Fact, near, points
from veritune.verifiers.steps.ledger import numbers_in
from veritune.verifiers.steps.polynomial import equation, is_linear


def rounded(fact: Fact, earlier: list[Fact]) -> bool:
    """Whether `x = 2.33` is the solution of an earlier equation, rounded."""
    places = [part.places for part in walk(fact.node) if isinstance(part, Num) and part.places]
    if not places or not fact.lists_values or fact.solutions is None:
        return False
    have = points(fact.solutions)
    for other in earlier:
        had = points(other.solutions) if other.solutions and other.names == fact.names else None
        if have and had and len(have) == len(had):
            off = max(abs(a - b) for a, b in zip(have, had, strict=True))
            if off <= 0.5000001 * 10 ** -min(places):
                return True
    return False


def differs(
    fact: Fact, earlier: list[Fact], *, rest: str, all_wanted: bool, ranges: bool, reasons: bool
) -> str | None:
    """Why a statement about one unknown does not follow from those before it, if that is an error.

    `rest` is the text behind it: a solution that still comes is not lost. `reasons` says that
    the text may give a reason to leave one out; a negative one needs none unless all are wanted.
    `ranges` says whether inequalities are to be compared.
    """
    known = [f for f in earlier if f.names == fact.names and f.solutions is not None]
    if fact.solutions is None or not known or (known[-1].value and fact.value):
        return None
    if _has_pi(fact) or _has_pi(known[-1]):
        return None  # an angle in radians and in degrees
    last = known[-1]
    assert last.solutions is not None
    (name,) = fact.names
    have, had = points(fact.solutions), points(last.solutions)
    if have is None or had is None:
        return _other_range(fact, last) if ranges else None
    if any(near(have, points(f.solutions or ()) or []) for f in known):
        if not near(have, had):
            return None
        lost = [number for number in had if not near([number], have)]
        plain = fact.lists_values and not all_wanted and max(lost) < 0 <= min(have, default=0)
        listed = last.lists_values or isinstance(last.node, Collection)
        if not lost or not have or reasons or plain or listed:
            return None
        shown = [float(value) for value in numbers_in(rest)]
        if _is_linear(fact) > _is_linear(last) and any(near([abs(n)], shown) for n in lost):
            return None  # one case of several
        return f"the solution {_shown(name, lost)} is lost"
    if had and near(had, have):
        extra = [number for number in have if not near([number], had)]
        added = fact.lists_values and not last.lists_values
        return f"{_shown(name, extra)} is no solution" if added else None
    if last.lists_values and fact.lists_values:
        return None
    return f"{_shown(name, have)} does not solve step {last.step}, {_shown(name, had)} does"


def _other_range(fact: Fact, last: Fact) -> str | None:
    """Linear inequalities of one sign each that differ; ranges and conditions are not compared."""
    for node in (fact.node, last.node):
        if not isinstance(node, Relation) or len(node.operators) > 1 or node.operators == ("=",):
            return None
    if last.lists_values or not (_is_linear(fact) and _is_linear(last)):
        return None
    return f"has other solutions than in step {last.step}"


def _is_linear(fact: Fact) -> bool:
    """Whether its sides have no powers of the unknown; so has `x = 2 or x = 3`."""
    try:
        return not isinstance(fact.node, Relation) or is_linear(equation(*fact.node.sides[:2]))
    except REFUSALS:
        return False


def _has_pi(fact: Fact) -> bool:
    return any(isinstance(part, Const) for part in walk(fact.node))


def _shown(name: str, numbers: list[float]) -> str:
    return " or ".join(f"{name} = {number:.6g}" for number in numbers) or f"no {name}"
