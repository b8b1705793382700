"""Test programs, rewritten so that an assertion tells what it compared."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

LEFT, RIGHT, REACHED = "_veritune_left", "_veritune_right", "_veritune_reached"


def explained(statement: ast.stmt) -> ast.Module:
    """One statement as a program that keeps both sides of an assertion's comparison."""
    module = ast.Module([_Explain(report=False).visit(statement)], [])
    return ast.fix_missing_locations(module)


def reporting(tree: ast.Module) -> ast.Module:
    """As `explained`, and each assertion that holds calls `REACHED` with its line."""
    made: ast.Module = _Explain(report=True).visit(tree)
    return ast.fix_missing_locations(made)


def count_asserts(tree: ast.Module) -> int:
    """Assertions in a program."""
    return sum(isinstance(node, ast.Assert) for node in ast.walk(tree))


class _Explain(ast.NodeTransformer):
    def __init__(self, *, report: bool) -> None:
        self._report = report

    def visit_Assert(self, node: ast.Assert) -> Any:
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            test.left = ast.NamedExpr(ast.Name(LEFT, ast.Store()), test.left)
            right = ast.NamedExpr(ast.Name(RIGHT, ast.Store()), test.comparators[0])
            test.comparators = [right]
        if not self._report:
            return node
        line = ast.Constant(node.lineno)
        call = ast.Expr(ast.Call(ast.Name(REACHED, ast.Load()), [line], []))
        return [ast.copy_location(node, node), ast.copy_location(call, node)]


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
