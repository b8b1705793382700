"""The steps of an `equations` solution such as `2x+5=-9;2x=-14;x=-7;#-7`.

A line is correct if it has the root of the line written before it, which at first is the
problem's own. An error that is carried on is marked once, where it was made.
"""

from __future__ import annotations

import re
from fractions import Fraction

from veritune.problems import line_of, root_of
from veritune.records import Problem, StepLabel, StepVerdict

_PIECE = re.compile(r"[^;#]*;|#?[^;#]*", re.ASCII)
_ANSWER = re.compile(r"#(-?\d{1,6}(?:/\d{1,6})?)", re.ASCII)


def check_equations(problem: Problem, text: str) -> tuple[StepVerdict, ...]:
    """One verdict for every line and one for the final `#root`; spans partition `text`."""
    trace = _Trace(str(problem.metadata["equation"]))
    return tuple(
        StepVerdict(start=match.start(), end=match.end(), label=label, reason=reason)
        for match in _PIECE.finditer(text)
        if match[0]
        for label, reason in [trace.judge(match[0], last=match.end() == len(text))]
    )


class _Trace:
    """The line written last, and whether an error was made before."""

    def __init__(self, equation: str) -> None:
        self._line = equation
        self._wrong = self._answered = False

    def judge(self, piece: str, *, last: bool) -> tuple[StepLabel, str]:
        if self._answered:
            return self._incorrect("stands after the answer")
        if piece.startswith("#"):
            self._answered = True
            return self._answer(piece, last=last)
        if not piece.endswith(";"):
            return self._incorrect("neither a line with its semicolon nor # and the answer")
        return self._next(piece[:-1])

    def _next(self, line: str) -> tuple[StepLabel, str]:
        read = line_of(line)
        if read is None:
            return self._incorrect("not a linear equation in x")
        before, self._line = self._line, line
        expected, root = self._root(before), root_of(read)
        if root is None:
            return self._incorrect("has no single root")
        if expected is None:
            return self._incorrect("follows a line without a single root")
        if root != expected:
            return self._incorrect(f"{before} has the root {expected}, and {line} has {root}")
        return self._correct(f"keeps the root {root}")

    def _answer(self, piece: str, *, last: bool) -> tuple[StepLabel, str]:
        match = _ANSWER.fullmatch(piece)
        if match is None:
            return self._incorrect("not # and a number")
        if not last:
            return self._incorrect("the answer does not end the text")
        expected = self._root(self._line)
        try:
            given = Fraction(match[1])
        except ZeroDivisionError:
            return self._incorrect("divides by zero")
        if given != expected:
            return self._incorrect(f"{self._line} has the root {expected}, not {given}")
        return self._correct(f"the root of {self._line}")

    @staticmethod
    def _root(line: str) -> Fraction | None:
        read = line_of(line)
        return None if read is None else root_of(read)

    def _correct(self, claim: str) -> tuple[StepLabel, str]:
        return "correct", f"{claim}, which follows from an earlier error" if self._wrong else claim

    def _incorrect(self, reason: str) -> tuple[StepLabel, str]:
        self._wrong = True
        return "incorrect", reason
