"""Test programs, rewritten so that an assertion tells what it compared."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:

    class _Place(TypedDict):
        lineno: int
        col_offset: int
        end_lineno: int | None
        end_col_offset: int | None


# Names that no test program has, in its own namespace.
LEFT, RIGHT, REACHED = "_veritune_left", "_veritune_right", "_veritune_reached"
# One of each is enough: a context has no place in the text.
_STORE, _LOAD = ast.Store(), ast.Load()


def explained(statement: ast.stmt) -> ast.Module:
    """One statement as a program that keeps both sides of an assertion's comparison."""
    return ast.Module(_rewritten([statement], []), [])


def reporting(tree: ast.Module) -> int:
    """As `explained`, in place, and each assertion that holds calls `REACHED` with its line.

    Returns how many assertions there are.
    """
    found: list[int] = []
    tree.body = _rewritten(tree.body, found, report=True)
    return len(found)


def _rewritten(body: list[ast.stmt], found: list[int], *, report: bool = False) -> list[ast.stmt]:
    """Statements with their assertions rewritten; the lines of these are added to `found`."""
    made: list[ast.stmt] = []
    for statement in body:
        made.append(statement)
        if isinstance(statement, ast.Assert):
            found.append(statement.lineno)
            _keep_sides(statement)
            if report:
                made.append(_report(statement))
            continue
        for name in ("body", "orelse", "finalbody"):
            if inner := getattr(statement, name, None):
                setattr(statement, name, _rewritten(inner, found, report=report))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            part.body = _rewritten(part.body, found, report=report)
    return made


def _keep_sides(statement: ast.Assert) -> None:
    test = statement.test
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        place = _place(statement)
        test.left = ast.NamedExpr(ast.Name(LEFT, _STORE, **place), test.left, **place)
        right = ast.Name(RIGHT, _STORE, **place)
        test.comparators = [ast.NamedExpr(right, test.comparators[0], **place)]


def _report(statement: ast.Assert) -> ast.Expr:
    place = _place(statement)
    line = ast.Constant(statement.lineno, **place)
    call = ast.Call(ast.Name(REACHED, _LOAD, **place), [line], [], **place)
    return ast.Expr(call, **place)


def _place(node: ast.stmt) -> _Place:
    return {
        "lineno": node.lineno,
        "col_offset": node.col_offset,
        "end_lineno": node.end_lineno,
        "end_col_offset": node.end_col_offset,
    }


def compared(error: BaseException, shown: Callable[[object], str]) -> str:
    """Both sides of the comparison that failed, or nothing where there was none."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    space = {} if trace is None else {**trace.tb_frame.f_globals, **trace.tb_frame.f_locals}
    if trace is None or RIGHT not in space or trace.tb_frame.f_code.co_filename != "tests.py":
        return ""
    where = f"line {trace.tb_lineno}: " if trace.tb_frame.f_code.co_name != "<module>" else ""
    return f"{where}got {shown(space[LEFT])}, compared with {shown(space[RIGHT])}"
