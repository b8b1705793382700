"""Problems of a repository: one function or module left out, and its tests to say what is right.

Read as text only: nothing of the repository runs here. Which of these problems hold (the original
passes, and without what is left out it does not) is found in the sandbox.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from veritune.errors import InputError
from veritune.records import CodeProblem, CodeReference, PytestTests

LeaveOut = Literal["function", "module"]
# Folders that hold no code of the project's own.
LEFT_ALONE = frozenset(
    (
        *("venv", "env", "build", "dist", "docs", "doc", "examples"),
        *("node_modules", "site-packages", "__pycache__"),
    )
)
NO_MODULE = re.compile(r"^(?:setup|noxfile|conftest|tasks)\.py$|(?:^|_)version\.py$")
IS_TEST = re.compile(r"^test_.*\.py$|_tests?\.py$")
TEST_FOLDERS = frozenset({"test", "tests", "testing"})
# A larger file is no source that a person wrote, and no data that a candidate needs.
MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """The text files of a project: what it is made of, and its tests, by path."""

    sources: dict[str, str]
    tests: dict[str, str]


def read_repository(path: str) -> Repository:
    """Read a project's Python files and its tests; raises `InputError` where it has none."""
    root = Path(path)
    if not root.is_dir():
        raise InputError(f"{path}: no folder; give the root of a repository")
    sources: dict[str, str] = {}
    tests: dict[str, str] = {}
    for file, text in _files(root):
        parts = file.split("/")
        in_tests = bool(TEST_FOLDERS & set(parts[:-1]))
        if in_tests or IS_TEST.search(parts[-1]) or parts[-1] == "conftest.py":
            tests[file] = text
        elif not NO_MODULE.search(parts[-1]) or len(parts) > 1:
            # Tests import what stands below `src` by its name alone.
            sources[file.removeprefix("src/")] = text
    python = {name: text for name, text in sources.items() if name.endswith(".py")}
    if not python or not any(map(_is_test, tests)):
        what = "tests" if python else "Python files"
        raise InputError(f"{path}: has no {what}; tests are files named test_*.py or *_test.py")
    return Repository(sources=python, tests=tests)


def _files(root: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(root.rglob("*")):
        name = file.relative_to(root)
        hidden = any(part.startswith(".") or part in LEFT_ALONE for part in name.parts)
        if hidden or file.is_symlink() or not file.is_file():
            continue
        if file.stat().st_size <= MOST_BYTES:
            try:
                yield name.as_posix(), file.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def left_out(repository: Repository, leave_out: LeaveOut = "function") -> Iterator[CodeProblem]:
    """A problem for every function, or module, that could be left out."""
    for file, text in repository.sources.items():
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            continue
        if leave_out == "module":
            tests = _tests_of(repository, file, "")
            if tests and not file.endswith("__init__.py") and _defined(tree):
                yield _module(repository, file, text, tree, tests)
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _body(node):
                tests = _tests_of(repository, file, node.name)
                if tests:
                    yield _function(repository, file, text, node, tests)


def _tests_of(repository: Repository, file: str, function: str) -> dict[str, str]:
    """The test files for a part, and what else stands among tests.

    Those that name the function; where none does, the module; where none does, its package.
    """
    parts = _dotted(file).split(".")
    for word in filter(None, (function, parts[-1], parts[0])):
        named = re.compile(rf"\b{re.escape(word)}\b")
        tests = {name: text for name, text in repository.tests.items() if _is_test(name)}
        if found := {name: text for name, text in tests.items() if named.search(text)}:
            return {n: t for n, t in repository.tests.items() if n in found or n not in tests}
    return {}


def _is_test(file: str) -> bool:
    return IS_TEST.search(file.rpartition("/")[2]) is not None


def _dotted(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _function(
    repository: Repository,
    file: str,
    text: str,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    tests: dict[str, str],
) -> CodeProblem:
    lines = text.splitlines(keepends=True)
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
    last = node.end_lineno or node.lineno
    body = _body(node)
    head = "".join(lines[first : body[0].lineno - 1]) or "".join(lines[first : first + 1])
    shown = "".join(lines[:first]) + head + "    ...\n" + "".join(lines[last:])
    prompt = f"Write the function `{node.name}` of the file `{file}`:\n\n```python\n{shown}```\n"
    rest = "".join([*lines[:first], *lines[last:]])
    solution = "".join(lines[first:last])
    return _problem(f"{file}:{node.name}", prompt, solution, rest, repository, file, tests)


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """A function's statements without its docstring."""
    return node.body[1:] if ast.get_docstring(node) is not None else node.body


def _module(
    repository: Repository, file: str, text: str, tree: ast.Module, tests: dict[str, str]
) -> CodeProblem:
    names = ", ".join(f"`{name}`" for name in _defined(tree))
    about = f" {ast.get_docstring(tree)}\n" if ast.get_docstring(tree) else ""
    prompt = f"Write the file `{file}`, which defines {names}.\n{about}"
    return _problem(file, prompt, text, "", repository, file, tests)


def _defined(tree: ast.Module) -> list[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return [node.name for node in tree.body if isinstance(node, kinds)]


def _problem(
    id: str,
    prompt: str,
    solution: str,
    rest: str,
    repository: Repository,
    file: str,
    tests: dict[str, str],
) -> CodeProblem:
    given = {name: text for name, text in repository.sources.items() if name != file}
    suite = PytestTests(files=tests, given=given, module=_dotted(file))
    reference = CodeReference(tests=suite, solution=solution, prompt_code=rest)
    return CodeProblem(id=id, prompt=prompt, reference=reference)
