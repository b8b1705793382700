"""Matrices and vectors: reading a node as one."""

from __future__ import annotations

from veritune.algebra.engine.solving import matrix
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


def matrix_of(node: Node) -> Matrix | None:
    """The matrix that a node is, sums and products carried out; None where it is no matrix."""
    match node:
        case Matrix():
            return node
        case Collection("square", rows) if all(_is_row(row) for row in rows):
            return _of_rows(rows)
        case _:
            return matrix(node) if has_matrix(node) else None


def has_matrix(node: Node) -> bool:
    """Whether a node is a matrix, or one is added, multiplied, divided or raised to a power."""
    match node:
        case Add(operands) | Mul(operands):
            return any(map(has_matrix, operands))
        case Frac(operand, _) | Pow(operand, _):
            return has_matrix(operand)
        case _:
            return isinstance(node, Matrix)


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
