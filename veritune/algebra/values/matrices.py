"""Matrices: reading a node as one, and arithmetic between them."""

from __future__ import annotations

from veritune.algebra.engine.solving import power
from veritune.algebra.limits import MOST_ITEMS, LimitReachedError
from veritune.algebra.trees.build import product
from veritune.algebra.trees.nodes import (
    Add,
    Collection,
    Const,
    Frac,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Sym,
)
from veritune.algebra.values.modular import whole_number


def matrix_of(node: Node) -> Matrix | None:
    """The matrix that a node is, sums and products carried out; None where it is no matrix."""
    match node:
        case Matrix():
            return node
        case Collection("square", rows) if all(_is_row(row) for row in rows):
            return _of_rows(rows)
        case Add(terms):
            return _sum(terms)
        case Mul(factors):
            return _product(factors)
        case Frac(top, bottom):
            inner = matrix_of(top)
            return None if inner is None else _scaled(inner, Frac(Num(1), bottom))
        case Pow(base, exponent):
            inner = matrix_of(base)
            whole = None if inner is None else whole_number(exponent)
            return None if inner is None or whole is None else power(inner, whole)
        case _:
            return None


def vector_of(node: Node) -> Matrix | None:
    """2i - 3j as the column (2, -3), where i, j and k are unit vectors; else None."""
    parts: dict[str, list[Node]] = {}
    for term in node.terms if isinstance(node, Add) else (node,):
        factors = term.factors if isinstance(term, Mul) else (term,)
        name = _axis(factors[-1])
        if name is None or any(_axis(part) is not None for part in factors[:-1]):
            return None
        parts.setdefault(name, []).append(product(list(factors[:-1]) or [Num(1)]))
    if not parts.keys() & {"j", "k"} or any(len(found) > 1 for found in parts.values()):
        return None
    axes = ("i", "j", "k") if "k" in parts else ("i", "j")
    return Matrix(tuple((parts[axis][0] if axis in parts else Num(0),) for axis in axes))


def _axis(node: Node) -> str | None:
    name = node.name if isinstance(node, (Sym, Const)) else ""
    name = name[4:-1] if name.startswith("hat(") else name
    return name if name in ("i", "j", "k") else None


def _is_row(node: Node) -> bool:
    return isinstance(node, Collection) and node.kind == "square"


def _of_rows(rows: tuple[Node, ...]) -> Matrix | None:
    """[[1, 2], [3, 4]] as a matrix; None where the rows differ in length."""
    cells = tuple(row.items for row in rows if isinstance(row, Collection))
    return Matrix(cells) if len({len(row) for row in cells}) == 1 else None


def _sum(terms: tuple[Node, ...]) -> Matrix | None:
    result = matrix_of(terms[0])
    for term in terms[1:]:
        other = matrix_of(term)
        if result is None or other is None or _shape(result) != _shape(other):
            return None
        result = Matrix(
            tuple(
                tuple(Add((a, b)) for a, b in zip(one, two, strict=True))
                for one, two in zip(result.rows, other.rows, strict=True)
            )
        )
    return result


def _shape(matrix: Matrix) -> tuple[int, int]:
    return len(matrix.rows), len(matrix.rows[0])


def _product(factors: tuple[Node, ...]) -> Matrix | None:
    result: Matrix | None = None
    scalars: list[Node] = []
    for factor in factors:
        inner = matrix_of(factor)
        if inner is None:
            scalars.append(factor)
        else:
            result = inner if result is None else multiplied(result, inner)
            if result is None:
                return None
    return _scaled(result, product(scalars)) if result is not None and scalars else result


def multiplied(left: Matrix, right: Matrix) -> Matrix | None:
    """The matrix product; None where the shapes do not fit."""
    (height, inner), (rows, width) = _shape(left), _shape(right)
    if inner != rows:
        return None
    if height * width * inner > 8 * MOST_ITEMS:
        raise LimitReachedError("a matrix product beyond the limit")
    columns = list(zip(*right.rows, strict=True))
    return Matrix(
        tuple(
            tuple(
                Add(tuple(product([a, b]) for a, b in zip(row, column, strict=True)))
                for column in columns
            )
            for row in left.rows
        )
    )


def _scaled(matrix: Matrix, factor: Node) -> Matrix:
    return Matrix(tuple(tuple(product([factor, cell]) for cell in row) for row in matrix.rows))
