"""One candidate's way through the tests: attempts, and what to say of each.

A test counts as accepted only if it ran to its end here, on this side's own types, with the
channel whole. Nothing the candidate sends can end a test early or stand in for one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from . import names, rewrite
from .channel import LostError, UnsupportedError
from .proxies import handle_of
from .shown import shown

if TYPE_CHECKING:
    from ..wire.messages import Report

# What only a broken test program raises by itself.
BROKEN = (NameError, ImportError, SyntaxError)


class Respondent(Protocol):
    """Where the candidate's names come from: a `Channel`, or this very process."""

    lost: str
    unsupported: str
    raised: BaseException | None
    raised_text: str
    asked: set[int]
    has_reference: bool
    work: int

    def ask(self, op: str, *, name: str) -> object:
        """The value of a name that the candidate defines."""
        ...


class TestRecorder:
    """Notes the end of each test."""

    def __init__(self, channel: Respondent) -> None:
        if "random" in sys.modules:
            sys.modules["random"].seed(0)
        self.channel = channel
        self._tests: list[list[str]] = []

    def add(self, name: str, outcome: str, reason: str) -> None:
        """Note the end of one test; a reason may be text of the candidate's that is no UTF-8."""
        reason = reason.encode(errors="replace").decode()
        self._tests.append([name, outcome, reason])

    def space(self, found: names.ResolvedNames) -> dict[str, object]:
        """The namespace for a test program: the candidate's names as proxies."""
        space = Namespace({"__name__": names.TESTS, **found.values()})
        for name in found.candidate:
            value = self.resolve(name)
            if handle_of(value) is None:
                space.live[name] = self.resolve
            else:
                space[name] = value
        return space

    def resolve(self, name: str) -> object:
        """A name that the candidate defines."""
        value = self.channel.ask("name", name=name)
        handle = handle_of(value)
        if handle is None:
            self.channel.work += 1  # plain data: having it is all there is to ask
        # Without a reference, tests that call a function must not get a class in its place.
        elif isinstance(value, type) and (
            self.channel.has_reference or name.lstrip("_")[:1].isupper()
        ):
            self.channel.asked.add(handle)
        return value

    def attempt(self, name: str, test: Callable[[], object], *, quiet: bool = False) -> bool:
        """Run one test to its end; whether it was accepted. `quiet`: note failures only."""
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
            if not quiet:
                self.add(name, "accepted", "")
            return True
        return False

    def finish(self) -> Report:
        """The report; tests that never called the candidate prove nothing."""
        idle = not self.channel.work and all(test[1] == "accepted" for test in self._tests)
        if self._tests and idle:
            self.add("tests", "infrastructure", "the tests never called the candidate")
        return {
            "tests": self._tests,
            "lost": self.channel.lost.encode(errors="replace").decode(),
            "unsupported": self.channel.unsupported,
        }

    def _explain(self, error: BaseException) -> tuple[str, str]:
        if error is self.channel.raised:
            return outcome_of(error), self.channel.raised_text
        if isinstance(error, AssertionError):
            said = rewrite.compared(error, shown)
            return "wrong answer", said or f"assertion failed: {text_of(error)}"
        outcome = "infrastructure" if isinstance(error, BROKEN) else "wrong answer"
        return outcome, f"the test raised {type(error).__name__}: {text_of(error)}"


class Namespace(dict[str, object]):
    """Names of a test program; plain data of the candidate's is looked up over there each time."""

    def __init__(self, names: dict[str, object]) -> None:
        super().__init__(names)
        self.live: dict[str, Callable[[str], object]] = {}

    def __missing__(self, name: str) -> object:
        return self.live[name](name)


def outcome_of(error: BaseException) -> str:
    """The outcome of a test that an exception of the candidate's ended."""
    return "memory" if isinstance(error, MemoryError) else "runtime error"


def text_of(error: BaseException) -> str:
    """What an exception says; its arguments may be hostile."""
    try:
        return str(error)[:450]
    except BaseException as second:
        return f"<which cannot be shown: {type(second).__name__}>"
