"""Runs a test program against the candidate behind a channel, and reports test by test.

A test counts as accepted only if it ran to its end here, on this side's own types, with the
channel whole. Nothing the candidate sends can end a test early or stand in for one.
"""

from __future__ import annotations

import ast
import functools
import random
import reprlib
from collections.abc import Callable
from typing import Any, Protocol

from . import names, rewrite
from .names import TESTS
from .remote import Channel, LostError, UnsupportedError, handle_of
from .same import same

FILE = "tests.py"
# What only a broken test program raises by itself.
BROKEN = (NameError, ImportError, SyntaxError)


def judge(fd: int, job: dict[str, Any]) -> dict[str, Any]:
    """The report on one candidate: `tests` as [name, outcome, reason], and what went wrong."""
    random.seed(0)
    channel = Channel(fd, numpy=job["numpy"])
    bench = Bench(channel, job)
    try:
        error = channel.loaded()
        if error is None:
            RUNNERS[job["type"]](bench)
        else:
            bench.add(
                "load", _outcome_of(error), f"the program did not load: {channel.raised_text}"
            )
    except LostError as lost:
        bench.add("load", "runtime error", str(lost))
    return bench.finish()


class Respondent(Protocol):
    """Where the candidate's names come from: a `Channel`, or this very process."""

    lost: str
    unsupported: str
    raised: BaseException | None
    raised_text: str
    asked: set[int]
    operators: dict[str, set[str]] | None
    work: int

    def ask(self, op: str, *, name: str) -> Any:
        """The value of a name that the candidate defines."""
        ...


class Bench:
    """The tests of one problem, on their way through one candidate."""

    def __init__(self, channel: Respondent, job: dict[str, Any]) -> None:
        self.channel, self.job = channel, job
        self.tests: list[list[str]] = []

    def add(self, name: str, outcome: str, reason: str) -> None:
        """Note the end of one test."""
        self.tests.append([name, outcome, reason])

    def space(self, tree: ast.Module) -> dict[str, Any]:
        """The namespace for a test program: the candidate's names as proxies."""
        space: dict[str, Any] = {"__name__": TESTS}
        found = names.sort(tree, self.job)
        space.update(names.from_judge(found, self.job))
        for name in found.candidate:
            space[name] = self.resolve(name)
        return space

    def resolve(self, name: str) -> Any:
        """A name that the candidate defines."""
        value = self.channel.ask("name", name=name)
        handle = handle_of(value)
        if handle is None:
            self.channel.work += 1  # plain data: having it is all there is to ask
        elif isinstance(value, type):
            self.channel.asked.add(handle)
            self.channel.operators = names.operators(self.job)
        return value

    def finish(self) -> dict[str, Any]:
        """The report; tests that asked the candidate for nothing prove nothing."""
        idle = not self.channel.work and all(test[1] == "accepted" for test in self.tests)
        if self.tests and idle:
            self.add("tests", "infrastructure", "the tests asked the candidate for nothing")
        return {
            "tests": self.tests,
            "lost": self.channel.lost,
            "unsupported": self.channel.unsupported,
        }

    def attempt(self, name: str, test: Callable[[], object]) -> bool:
        """Run one test to its end; whether it was accepted."""
        try:
            test()
        except (LostError, UnsupportedError):
            pass
        except BaseException as error:
            if not self.channel.lost and not self.channel.unsupported:
                self.add(name, *self._explain(error))
                return False
        if self.channel.lost:
            self.add(name, "runtime error", self.channel.lost)
        elif self.channel.unsupported:
            self.add(name, "unsupported", self.channel.unsupported)
        else:
            self.add(name, "accepted", "")
            return True
        return False

    def _explain(self, error: BaseException) -> tuple[str, str]:
        if error is self.channel.raised:
            return _outcome_of(error), self.channel.raised_text
        if isinstance(error, AssertionError):
            return "wrong answer", rewrite.compared(error, shown) or f"assertion failed: {error}"
        outcome = "infrastructure" if isinstance(error, BROKEN) else "wrong answer"
        return outcome, f"the test raised {type(error).__name__}: {error}"[:500]


def _outcome_of(error: BaseException) -> str:
    return "memory" if isinstance(error, MemoryError) else "runtime error"


def shown(value: object) -> str:
    """A short text for a value that may be hostile."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = 120
    short.maxlist = short.maxtuple = short.maxdict = short.maxset = 12
    try:
        return short.repr(value)[:300]
    except BaseException as error:
        return f"<{type(value).__name__}, which cannot be shown: {type(error).__name__}>"


def run_calls(bench: Bench) -> None:
    """Call the entry point case by case, and compare by value."""
    tests = bench.job["tests"]
    entry: list[Any] = []
    for number, case in enumerate(tests["cases"]):

        def test(case: dict[str, Any] = case) -> None:
            if not entry:
                entry.append(bench.resolve(tests["entry_point"]))
            got = entry[0](*case["args"], **case.get("kwargs", {}))
            if not same(got, case["expected"]):
                raise AssertionError(f"got {shown(got)}, expected {shown(case['expected'])}")

        bench.attempt(f"case {number + 1}", test)


def run_asserts(bench: Bench) -> None:
    """Run the statements one after another; each assert is one test."""
    tests = bench.job["tests"]
    tree = ast.parse(tests.get("setup", "") + "\n", FILE)
    setup_lines = len(tree.body)
    tree.body += ast.parse(tests["code"], FILE).body
    space: dict[str, Any] = {}
    if not bench.attempt("setup", lambda: space.update(bench.space(tree))):
        return
    bench.tests.pop()
    number = 0
    for index, statement in enumerate(tree.body):
        is_test = isinstance(statement, ast.Assert) and index >= setup_lines
        number += is_test
        code = compile(rewrite.explained(statement), FILE, "exec")
        name = f"assert {number}" if is_test else "setup"
        accepted = bench.attempt(name, functools.partial(exec, code, space))
        if not is_test and accepted:
            bench.tests.pop()
        elif not is_test:
            return


def run_check(bench: Bench) -> None:
    """Define `check`, then call it once; each assert that it reaches is one test."""
    tests = bench.job["tests"]
    tree = ast.parse(tests["code"], FILE)
    total = rewrite.count_asserts(tree)
    reached: dict[int, None] = {}
    space: dict[str, Any] = {}

    def test() -> None:
        space.update(bench.space(tree))
        space[rewrite.REACHED] = lambda line: reached.setdefault(line)
        exec(compile(rewrite.reporting(tree), FILE, "exec"), space)
        space["check"](bench.resolve(tests["entry_point"]))
        if total and not reached:
            raise AssertionError("check() returned without reaching an assertion")

    accepted = bench.attempt("check", test)
    last = bench.tests.pop()
    for line in reached:
        bench.add(f"line {line}", "accepted", "")
    if not accepted or not reached:
        bench.add(*last)


RUNNERS: dict[str, Callable[[Bench], None]] = {
    "calls": run_calls,
    "asserts": run_asserts,
    "check": run_check,
}
