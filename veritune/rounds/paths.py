"""When two solutions are the same solution, written differently.

Of math: the equations that it writes down, in order, without blanks (RFT: Yuan et al. 2023, arXiv
2308.01825, section 3.3). Of code: the syntax tree, without layout, comments, doc strings and the
programmer's choice of names. Text without equations, or that does not parse, is its own path.
"""

from __future__ import annotations

import ast
import re

from veritune.records import Problem

# At most 100 characters before "=", so that a line of digits is not searched again and again.
_EQUATION = re.compile(r"[\d(][\d\s.,%()+*/^x\u00d7\u00f7$-]{0,99}=\s*\$?-?[\d.,]+")
_FENCED = re.compile(r"```[\w+-]*\n(.*?)```", re.S)
# Characters of code that are parsed.
LONGEST = 20_000
_BLANKS = re.compile(r"[\s$,]+")


def solution_path(problem: Problem, text: str) -> str:
    """Equal for solutions that go the same way."""
    if problem.kind == "code":
        return _code_path(text)
    found = [_BLANKS.sub("", match[0]).rstrip(".") for match in _EQUATION.finditer(text)]
    return "\n".join(found) or text.strip()


def _code_path(text: str) -> str:
    blocks = _FENCED.findall(text)
    # The last block, as the verifier takes it.
    source = blocks[-1] if blocks else text
    if len(source) > LONGEST:
        return text.strip()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text.strip()
    renamed = _Renamed(tree)
    try:
        return ast.dump(renamed.visit(tree))
    except RecursionError:
        return text.strip()


class _Renamed(ast.NodeTransformer):
    """Names that the code itself binds become their order of appearance; doc strings go."""

    def __init__(self, tree: ast.AST) -> None:
        bound = [
            node.arg if isinstance(node, ast.arg) else node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.arg)
            or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        ]
        self._own = set(bound)
        self._order: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._name(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self._name(node.arg))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if ast.get_docstring(node, clean=False) is not None and len(node.body) > 1:
            node.body = node.body[1:]
        return self.generic_visit(node)

    def _name(self, name: str) -> str:
        if name not in self._own:
            return name
        return self._order.setdefault(name, f"_{len(self._order)}")
