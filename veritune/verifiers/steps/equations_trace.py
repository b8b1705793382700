"""The steps of an `equations` solution such as `2x+5=-9;2x=-14;x=-7;#-7`.

A line is correct if it has the root of the line written before it, which at first is the
problem's own. An error that is carried on is marked once, where it was made.
"""

from __future__ import annotations

import re
from fractions import Fraction

from veritune.problems import line_of, root_of
from veritune.records import Problem, StepVerdict
from veritune.verifiers.steps.traces import Carried, Judgement, judged_pieces

_ANSWER = re.compile(r"#(-?\d{1,6}(?:/\d{1,6})?)", re.ASCII)


def check_equations(problem: Problem, text: str) -> tuple[StepVerdict, ...]:
    """One verdict for every line and one for the final `#root`; spans partition `text`."""
    return judged_pieces(_Trace(str(problem.metadata["equation"])), text)


class _Trace(Carried):
    """The line written last."""

    def __init__(self, equation: str) -> None:
        super().__init__()
        self._line = equation
        self._answered = False

    def judge(self, piece: str, *, last: bool) -> Judgement:
        if self._answered:
            return self.incorrect("stands after the answer")
        if piece.startswith("#"):
            self._answered = True
            return self._answer(piece, last=last)
        if not piece.endswith(";"):
            return self.incorrect("neither a line with its semicolon nor # and the answer")
        return self._next(piece[:-1])

    def _next(self, line: str) -> Judgement:
        read = line_of(line)
        if read is None:
            return self.incorrect("not a linear equation in x")
        before, self._line = self._line, line
        expected, root = self._root(before), root_of(read)
        if root is None:
            return self.incorrect("has no single root")
        if expected is None:
            return self.incorrect("follows a line without a single root")
        if root != expected:
            return self.incorrect(f"{before} has the root {expected}, and {line} has {root}")
        return self.correct(f"keeps the root {root}")

    def _answer(self, piece: str, *, last: bool) -> Judgement:
        match = _ANSWER.fullmatch(piece)
        if match is None:
            return self.incorrect("not # and a number")
        if not last:
            return self.incorrect("the answer does not end the text")
        expected = self._root(self._line)
        try:
            given = Fraction(match[1])
        except ZeroDivisionError:
            return self.incorrect("divides by zero")
        if given != expected:
            return self.incorrect(f"{self._line} has the root {expected}, not {given}")
        return self.correct(f"the root of {self._line}")

    @staticmethod
    def _root(line: str) -> Fraction | None:
        read = line_of(line)
        return None if read is None else root_of(read)
