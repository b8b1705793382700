"""Test programs, compiled once and run on one candidate after another."""

from __future__ import annotations

import ast
import copy
import functools
import importlib
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast

from . import names, rewrite
from .bench import TestRecorder
from .same import same
from .shown import shown

if TYPE_CHECKING:
    from ..wire.messages import Case, GraderJob

# What a traceback calls the tests.
FILE = "tests.py"


class TestProgram(Protocol):
    """The tests of one problem. `imports`: whether they may hand out what is a module's own."""

    imports: bool

    def run(self, bench: TestRecorder) -> None:
        """Put one candidate through them."""
        ...


class Calls:
    """Calls of the entry point, compared by value."""

    imports = False

    def __init__(self, job: GraderJob) -> None:
        self._entry_point = job["tests"]["entry_point"]
        self._cases = job["tests"]["cases"]

    def run(self, bench: TestRecorder) -> None:
        for number, case in enumerate(self._cases, 1):
            bench.attempt(f"case {number}", functools.partial(self._test, bench, case))

    def _test(self, bench: TestRecorder, case: Case) -> None:
        # What a candidate changes in place must not be what the next one is called with.
        args, kwargs = copy.deepcopy((case["args"], case.get("kwargs", {})))
        call = cast("Callable[..., object]", bench.resolve(self._entry_point))
        got = call(*args, **kwargs)
        if not same(got, case["expected"]):
            raise AssertionError(f"got {shown(got)}, expected {shown(case['expected'])}")


class Asserts:
    """Statements one after another; each assert after the set-up is one test."""

    def __init__(self, job: GraderJob) -> None:
        tree = ast.parse(job["tests"].get("setup", ""), FILE)
        setup = len(tree.body)
        tree.body += ast.parse(job["tests"]["code"], FILE).body
        self._names = names.sort(tree, job)
        self.imports = _imports(job, self._names)
        self._inner = any(isinstance(node, ast.Assert) for node in ast.walk(tree))
        self._steps: list[tuple[bool, types.CodeType]] = [
            (
                index >= setup and _tests(statement),
                compile(rewrite.explained(statement), FILE, "exec", dont_inherit=True),
            )
            for index, statement in enumerate(tree.body)
        ]

    def run(self, bench: TestRecorder) -> None:
        made: list[dict[str, object]] = []
        if not bench.attempt("set-up", lambda: made.append(bench.space(self._names)), quiet=True):
            return
        (space,) = made
        number = 0
        for is_test, code in self._steps:
            number += is_test
            name = f"assert {number}" if is_test else "set-up"
            accepted = bench.attempt(name, functools.partial(exec, code, space), quiet=not is_test)
            if not is_test and not accepted:
                return
        if not number and self._inner:
            bench.add("tests", "accepted", "")


class Check:
    """A function `check(candidate)`; each assert that it reaches is one test."""

    def __init__(self, job: GraderJob) -> None:
        tree = ast.parse(job["tests"]["code"], FILE)
        self._entry_point = job["tests"]["entry_point"]
        self._names = names.sort(tree, job)
        self.imports = _imports(job, self._names)
        self._asserts = rewrite.reporting(tree)
        self._code = compile(tree, FILE, "exec", dont_inherit=True)

    def run(self, bench: TestRecorder) -> None:
        reached: dict[int, None] = {}
        accepted = bench.attempt("check", lambda: self._test(bench, reached), quiet=True)
        for line in reached:
            bench.add(f"line {line}", "accepted", "")
        if accepted and not reached:
            bench.add("check", "accepted", "")

    def _test(self, bench: TestRecorder, reached: dict[int, None]) -> None:
        space = bench.space(self._names)
        space[rewrite.REACHED] = lambda line: reached.setdefault(line)
        exec(self._code, space)
        check = cast("Callable[[object], object]", space["check"])
        check(bench.resolve(self._entry_point))
        if self._asserts and not reached:
            raise AssertionError("check() returned without reaching an assertion")


class InvalidTests:
    """Tests that cannot be run on any candidate."""

    imports = False

    def __init__(self, why: str) -> None:
        self._why = why

    def run(self, bench: TestRecorder) -> None:
        bench.add("tests", "infrastructure", self._why)


def _tests(statement: ast.stmt) -> bool:
    """Whether a statement is a test: an assertion, or a block with one that runs right here."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    return any(isinstance(node, ast.Assert) for node in ast.walk(statement))


def _imports(job: GraderJob, found: names.ResolvedNames) -> bool:
    parts = (job["tests"]["code"], job["tests"].get("setup"), job.get("prompt_code"))
    return bool(found.imports) or any("import" in part for part in parts if part)


# By the type of a problem's tests; a pytest suite has a module of its own.
KINDS: dict[str, type[Calls | Asserts | Check]] = {
    "calls": Calls,
    "asserts": Asserts,
    "check": Check,
}


def prepare(job: GraderJob) -> TestProgram:
    """Compile a problem's tests."""
    if "random" in str(job["tests"].get("code")):
        importlib.import_module("random")  # so that it is seeded: verdicts do not change by luck
    try:
        return KINDS[job["type"]](job)
    except (SyntaxError, ValueError, RecursionError, ImportError, AttributeError) as error:
        return InvalidTests(
            f"the test program cannot be used: {type(error).__name__}: {error}"[:500]
        )
