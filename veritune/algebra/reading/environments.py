"""LaTeX environments: matrices, cases, aligned equations."""

from __future__ import annotations

from veritune.algebra.limits import MOST_ITEMS, LimitReachedError
from veritune.algebra.reading.cursor import Cursor
from veritune.algebra.reading.words import CONDITION, DOMAIN
from veritune.algebra.tables import table
from veritune.algebra.trees.nodes import Cases, Collection, Func, Matrix, Node

MATRICES = table("matrix pmatrix bmatrix Bmatrix smallmatrix array psmallmatrix")
DETERMINANTS = frozenset(["vmatrix", "Vmatrix"])
CASES = frozenset(["cases", "dcases", "rcases"])
# Rows of these are statements one below the other.
ALIGNED = table("align aligned gather gathered split eqnarray equation alignat alignedat flalign")
# The condition of a last case.
OTHERWISE = frozenset(["otherwise", "else"])


def environment(cursor: Cursor) -> Node:
    """The environment whose `\\begin` was just read."""
    name = _name(cursor)
    if name in ("array", "tabular") and cursor.sign("{"):
        cursor.raw()
    if name in ALIGNED:
        _unalign(cursor)
    rows = _rows(cursor, name in CASES)
    _name(cursor)
    if name in CASES:
        return _cases(cursor, rows)
    if name in MATRICES or name in DETERMINANTS:
        matrix = _matrix(cursor, rows)
        return Func("det", (matrix,)) if name in DETERMINANTS else matrix
    flat = tuple(node for row in rows for cell in row for node in cell)
    if not flat:
        raise cursor.wrong("an empty environment")
    return flat[0] if len(flat) == 1 else Collection("list", flat)


def _unalign(cursor: Cursor) -> None:
    """Drop what only places things: `&`, and the line break before `&= ...`."""
    level, kept = 1, []
    rest = cursor.tokens[cursor.at :]
    for place, token in enumerate(rest):
        level += (token.text == "begin") - (token.text == "end")
        if level == 0 or token.kind == "end":
            kept += rest[place:]
            break
        following = next((t.text for t in rest[place + 1 :] if t.text != "&"), "")
        breaks = token.text == "row" and following in ("=", "<", ">", "<=", ">=", "~")
        if level > 1 or not (token.text == "&" or breaks):
            kept.append(token)
    cursor.tokens[cursor.at :] = kept


def _name(cursor: Cursor) -> str:
    name = cursor.raw().rstrip("*")
    if not name.isalpha():
        raise cursor.wrong("an environment without a name")
    return name


def _rows(cursor: Cursor, cases: bool) -> list[list[list[Node]]]:
    """Rows of cells of nodes, up to and over `\\end`."""
    rows: list[list[list[Node]]] = [[]]
    cells = 0
    while True:
        cells += 1
        if cells > MOST_ITEMS:
            raise LimitReachedError(f"more than {MOST_ITEMS} cells")
        if cases and rows[-1]:
            rows[-1].append(condition(cursor))
        else:
            rows[-1].append(cursor.members("&", "row", "end"))
        if cursor.accept("&"):
            continue
        if cursor.accept("row"):
            rows.append([])
            continue
        if cursor.token.kind == "cmd" and cursor.token.text == "end":
            cursor.at += 1
            return [row for row in rows if any(row)]
        raise cursor.wrong("an open environment")


def condition(cursor: Cursor) -> list[Node]:
    """The right cell of a case, without its "if"; empty for "otherwise"."""
    while cursor.token.kind == "word" and cursor.token.text.lower() in CONDITION | DOMAIN:
        word = cursor.token.text.lower()
        cursor.at += 1
        if word in OTHERWISE:
            while cursor.token.kind == "word" or cursor.sign(".", ","):
                cursor.at += 1
            return []
    found = cursor.members("&", "row", "end")
    return [cursor.together(found)] if found else []


def _matrix(cursor: Cursor, rows: list[list[list[Node]]]) -> Matrix:
    if not rows or any(len(cell) != 1 for row in rows for cell in row):
        raise cursor.wrong("a matrix with an empty cell")
    if len({len(row) for row in rows}) != 1:
        raise cursor.wrong("a ragged matrix")
    return Matrix(tuple(tuple(cell[0] for cell in row) for row in rows))


def merged(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """ "a if x > 0, b if x < 0" as one piecewise answer."""
    cases = [node for node in nodes if isinstance(node, Cases)]
    if len(cases) < 2 or len(cases) < len(nodes):
        return nodes
    return (Cases(tuple(piece for node in cases for piece in node.pieces)),)


def _cases(cursor: Cursor, rows: list[list[list[Node]]]) -> Node:
    """Piecewise where conditions stand in the second column, else a system of equations."""
    if all(len(row) == 1 for row in rows):
        flat = tuple(node for row in rows for node in row[0])
        flat = merged(flat)
        return flat[0] if len(flat) == 1 else Collection("list", flat)
    pieces: tuple[tuple[Node, Node | None], ...] = ()
    for row in rows:
        if len(row) > 2 or len(row[0]) != 1:
            raise cursor.wrong("a case that is not a value and a condition")
        when = row[1] if len(row) == 2 else []
        pieces = (*pieces, (row[0][0], when[0] if when else None))
    return Cases(pieces)
