"""What sympy solves: conditions on one unknown, and powers of matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from veritune.algebra.engine.loading import attempted, engine
from veritune.algebra.engine.objects import Objects
from veritune.algebra.engine.results import tree
from veritune.algebra.limits import UnparsedError
from veritune.algebra.trees.nodes import Interval, Matrix, Relation

if TYPE_CHECKING:
    from types import ModuleType

    from sympy import Basic

RELATIONS = {"<": "Lt", "<=": "Le", ">": "Gt", ">=": "Ge", "=": "Eq", "!=": "Ne"}
# A power of a matrix of unknowns: its entries grow with each factor.
LARGEST_MATRIX = 6
LARGEST_POWER = 200


@attempted
def solved(node: Relation, name: str) -> list[Interval]:
    """The real numbers for which one relation holds; raises `UnparsedError` where unknown."""
    sympy = engine()
    builder = Objects(sympy, node)
    unknown = builder.symbols[name] = sympy.Symbol(name, real=True)
    left, right = map(builder.object, node.sides)
    relation = getattr(sympy, RELATIONS[node.operators[0]])(left, right)
    if relation in (True, False):
        found = sympy.Reals if relation else sympy.S.EmptySet
    else:
        found = sympy.solveset(relation, unknown, sympy.Reals)
    return list(_stretches(sympy, found))


def _stretches(sympy: ModuleType, found: Basic) -> Iterator[Interval]:
    if isinstance(found, sympy.Union):
        for part in found.args:
            yield from _stretches(sympy, part)
    elif isinstance(found, sympy.Interval):
        ends = tree(found.start), tree(found.end)
        yield Interval(*ends, not found.left_open, not found.right_open)
    elif isinstance(found, sympy.FiniteSet):
        for member in found.args:
            point = tree(member)
            yield Interval(point, point, True, True)
    elif found is not sympy.S.EmptySet:
        raise UnparsedError("a set that is no union of intervals")


def power(matrix: Matrix, exponent: int) -> Matrix | None:
    """A power of a square matrix, the inverse included; None where there is none."""
    size = len(matrix.rows)
    if size != len(matrix.rows[0]) or size > LARGEST_MATRIX or abs(exponent) > LARGEST_POWER:
        return None
    try:
        return _power(matrix, exponent)
    except UnparsedError:
        return None


@attempted
def _power(matrix: Matrix, exponent: int) -> Matrix:
    sympy = engine()
    builder = Objects(sympy, matrix)
    found = sympy.Matrix([list(map(builder.object, row)) for row in matrix.rows]) ** exponent
    size = range(len(matrix.rows))
    return Matrix(tuple(tuple(tree(sympy.cancel(found[i, j])) for j in size) for i in size))
