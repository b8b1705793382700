"""Which of a test program's free names are the candidate's, and where the others come from.

The tests decide what is graded: a builtin, a module or a helper of the prompt's that they use is
taken on the grader's side, even where the candidate defines something of that name.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..wire.messages import GraderJob

TESTS = "tests"  # the module that test programs seem to stand in
_BUILTINS = frozenset(dir(builtins))
# Nodes that bind their `name`.
NAMING = (
    *(ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef),
    *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar),
)
# All that bind a name: a set is asked first, since most nodes are none of these.
BINDING = frozenset({*NAMING, ast.arg, ast.MatchMapping, ast.Import, ast.ImportFrom})
# What a test program may use without an import of its own, where the candidate has no such name.
MODULES = frozenset(sys.stdlib_module_names) | {"numpy"}


class ResolvedNames:
    """Names by where they come from: the candidate, the prompt's helpers, imports."""

    def __init__(self, prompt_code: str) -> None:
        self._prompt_code = prompt_code
        self.candidate: list[str] = []
        self.helpers: list[str] = []
        self.imports: dict[str, tuple[str, str | None]] = {}

    def values(self) -> dict[str, object]:
        """The values of the names that are not the candidate's, made anew."""
        space: dict[str, object] = {}
        if self.helpers:
            helpers: dict[str, object] = {"__name__": TESTS}
            exec(compile(self._prompt_code, "prompt.py", "exec", dont_inherit=True), helpers)
            space.update({name: helpers[name] for name in self.helpers})
        for name, (module, member) in self.imports.items():
            loaded = importlib.import_module(module)
            if member is None and "." in module and name == module.partition(".")[0]:
                loaded = sys.modules[name]
            space[name] = loaded if member is None else getattr(loaded, member)
        return space


def sort(tree: ast.Module, job: GraderJob) -> ResolvedNames:
    """Sort the free names of a test program."""
    free = free_names(tree)
    entry = job["tests"].get("entry_point")
    found = ResolvedNames(job.get("prompt_code", ""))
    if entry in free:
        found.candidate.append(entry)
        free.remove(entry)
    if free and (free - _BUILTINS or not entry):
        _sort_others(sorted(free), found, job)
    if not found.candidate and not entry:
        found.candidate = _called_everywhere(tree)
    return found


def _sort_others(free: list[str], found: ResolvedNames, job: GraderJob) -> None:
    prompt, solution = _parsed(job.get("prompt_code")), _parsed(job.get("solution"))
    helpers, defined = _complete(prompt, job["tests"].get("entry_point")), _defined(solution)
    imports = _imports(prompt) | _imports(solution)
    for name in free:
        if name in helpers:
            found.helpers.append(name)
        elif name in defined:
            found.candidate.append(name)
        elif name in imports and imports[name][0].partition(".")[0] in MODULES:
            found.imports[name] = imports[name]
        elif name in _BUILTINS:
            continue
        elif name in MODULES:
            found.imports[name] = (name, None)
        else:
            found.candidate.append(name)


def free_names(tree: ast.Module) -> set[str]:
    """Names that a program reads and binds nowhere."""
    read: set[str] = set()
    bound: set[str] = set()
    ahead: list[ast.AST] = [tree]
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.Constant):
            continue
        if isinstance(node, ast.Name):
            (read if type(node.ctx) is ast.Load else bound).add(node.id)
            continue
        if type(node) in BINDING:
            bound |= _bound_by(node)
        for value in vars(node).values():
            if type(value) is list:
                ahead += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                ahead.append(value)
    return read - bound


def _bound_by(node: ast.AST) -> set[str]:
    if isinstance(node, NAMING):
        return {node.name or ""}
    if isinstance(node, ast.arg):
        return {node.arg}
    if isinstance(node, ast.MatchMapping):
        return {node.rest or ""}
    assert isinstance(node, ast.Import | ast.ImportFrom)
    return {(a.asname or a.name).partition(".")[0] for a in node.names}


def _parsed(text: str | None) -> ast.Module:
    try:
        return ast.parse(text or "")
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _complete(tree: ast.Module, entry: str | None) -> set[str]:
    """Functions and classes of the prompt that are more than a signature and a docstring."""
    whole = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name != entry:
            body = [s for s in node.body if not _is_filler(s)]
            if body:
                whole.add(node.name)
    return whole


def _is_filler(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass)


def _defined(tree: ast.Module) -> set[str]:
    names = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    }
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            names |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
    return names


def _imports(tree: ast.Module) -> dict[str, tuple[str, str | None]]:
    """Bound name -> (module, member), for what a program imports at its top."""
    found: dict[str, tuple[str, str | None]] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found[name] = (alias.name, None)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = (node.module, alias.name)
    return found


def _called_everywhere(tree: ast.Module) -> list[str]:
    """A builtin's name that every assertion calls: then the candidate is to define it anew."""
    called = [
        {
            node.func.id
            for node in ast.walk(statement)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        for statement in tree.body
        if isinstance(statement, ast.Assert)
    ]
    return sorted(set.intersection(*called)) if called else []
