"""What sympy solves: conditions on one unknown, and arithmetic of matrices."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import add, mul
from typing import TYPE_CHECKING, NamedTuple

from veritune.algebra.engine.loading import attempted, engine
from veritune.algebra.engine.objects import Objects
from veritune.algebra.engine.results import tree
from veritune.algebra.limits import UnparsedError
from veritune.algebra.trees.children import walk
from veritune.algebra.trees.nodes import Add, Frac, Matrix, Mul, Node, Num, Pow, Relation

if TYPE_CHECKING:
    from types import ModuleType

    from sympy import Basic

RELATIONS = {"<": "Lt", "<=": "Le", ">": "Gt", ">=": "Ge", "=": "Eq", "!=": "Ne"}
# A power of a matrix of unknowns: its entries grow with each factor.
LARGEST_MATRIX = 6
LARGEST_POWER = 200


class Stretch(NamedTuple):
    """The numbers between two ends."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@attempted
def solved(node: Relation, name: str) -> list[Stretch]:
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


def _stretches(sympy: ModuleType, found: Basic) -> Iterator[Stretch]:
    if isinstance(found, sympy.Union):
        for part in found.args:
            yield from _stretches(sympy, part)
    elif isinstance(found, sympy.Interval):
        yield Stretch(tree(found.start), tree(found.end), not found.left_open, not found.right_open)
    elif isinstance(found, sympy.FiniteSet):
        for member in found.args:
            point = tree(member)
            yield Stretch(point, point, True, True)
    elif found is not sympy.S.EmptySet:
        raise UnparsedError("a set that is no union of intervals")


def matrix(node: Node) -> Matrix | None:
    """Sums, products, quotients and powers worked out; None where there is no such matrix."""
    try:
        return _matrix(node)
    except UnparsedError:
        return None


@attempted
def _matrix(node: Node) -> Matrix:
    sympy = engine()
    found = _computed(Objects(sympy, node), node)
    if not isinstance(found, sympy.MatrixBase):
        raise UnparsedError("no matrix")
    width = range(found.cols)
    return Matrix(
        tuple(tuple(tree(sympy.cancel(found[i, j])) for j in width) for i in range(found.rows))
    )


def _computed(builder: Objects, node: Node) -> Basic:
    """By sympy's operators, which raise where the shapes do not fit."""
    match node:
        case Matrix(rows):
            return builder.sympy.Matrix([list(map(builder.object, row)) for row in rows])
        case Add(terms):
            return reduce(add, (_computed(builder, term) for term in terms))
        case Mul(factors):
            return reduce(mul, (_computed(builder, factor) for factor in factors))
        case Frac(top, bottom):
            return _computed(builder, top) / _computed(builder, bottom)
        case Pow(base, Num(int(exponent))) if size := _rows(base):
            if size > LARGEST_MATRIX or abs(exponent) > LARGEST_POWER:
                raise UnparsedError("a power of a matrix beyond the limit")
            return _computed(builder, base) ** exponent
        case _:
            return builder.object(node)


def _rows(node: Node) -> int:
    """Of the largest matrix in a node; 0 where there is none."""
    return max((len(part.rows) for part in walk(node) if isinstance(part, Matrix)), default=0)
