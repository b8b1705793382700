"""`equations`: linear equations solved line by line, and a teacher who errs.

The prompt `3x+5=1x-9:` asks for `2x+5=-9;2x=-14;x=-7;#-7`: every line keeps the root, numbers are
exact, and a root that is no integer is a reduced fraction, `x=7/2`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from veritune.config import EquationsConfig, ProblemsConfig
from veritune.errors import RecordError
from veritune.problems.datasets.dataset import DataSet, Generator, Settings, Taught, Wanted
from veritune.problems.traces import Carried, PieceVerdict, check_pieces
from veritune.records import MathProblem, MathReference, Problem, Record, StepRule, StepVerdict

# Six digits: the checker computes with what a candidate writes.
_NUMBER = r"\d{1,6}(?:/\d{1,6})?"
_TERM = re.compile(rf"([+-]?)(?:({_NUMBER})(x?)|(x))", re.ASCII)
# At most eight terms, for the same reason.
_SIDE = re.compile(rf"[+-]?(?:{_NUMBER}x?|x)(?:[+-](?:{_NUMBER}x?|x)){{0,7}}", re.ASCII)
_ANSWER = re.compile(r"#(-?\d{1,6}(?:/\d{1,6})?)", re.ASCII)
# (slope, constant) of `slope * x + constant = 0`.
Line = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True, kw_only=True)
class EquationsSettings(Record):
    """What the step rule must know: the problem itself, since prompts get instructions."""

    equation: str


def draw(config: EquationsConfig, rng: Random) -> MathProblem:
    """One problem; equal prompts are equal problems."""
    largest = config.largest
    left = rng.randint(2, largest)
    right = rng.choice([value for value in range(1, largest + 1) if value != left])
    one, other = (rng.choice([-1, 1]) * rng.randint(1, largest) for _ in range(2))
    return _problem(f"{left}x{one:+d}={right}x{other:+d}:")


def line_of(text: str) -> Line | None:
    """A line as an equation against zero; None where it is no linear equation."""
    sides = text.split("=")
    if len(sides) != 2 or not all(_SIDE.fullmatch(side) for side in sides):
        return None
    try:
        (a, b), (c, d) = map(_side, sides)
    except ZeroDivisionError:
        return None
    return a - c, b - d


def root_of(line: Line) -> Fraction | None:
    """The one x that solves a line; None where none or every x does."""
    slope, constant = line
    return -constant / slope if slope else None


def _side(text: str) -> Line:
    slope = constant = Fraction(0)
    for sign, number, with_x, alone in _TERM.findall(text):
        value = Fraction(number or 1) * (-1 if sign == "-" else 1)
        if with_x or alone:
            slope += value
        else:
            constant += value
    return slope, constant


def teach(problem: Problem, config: EquationsConfig, rng: Random) -> str:
    """A solution by a teacher who often forgets to change a sign, and sometimes slips."""
    left, one, right, other = _coefficients(str(problem.prompt))

    def moved(value: int) -> int:
        return value if rng.random() < config.misconception else -value

    def slipped(value: int) -> int:
        return value + (rng.choice([-2, -1, 1, 2]) if rng.random() < config.slips else 0)

    slope = slipped(left + (moved(right) if rng.random() < 0.5 else -right))
    constant = slipped(other + (moved(one) if rng.random() < 0.5 else -one))
    if slope == 0:
        slope = left - right
    return _written(slope, one, other, constant)


def _coefficients(prompt: str) -> tuple[int, int, int, int]:
    match = re.fullmatch(r"(\d+)x([+-]\d+)=(\d+)x([+-]\d+):", prompt, re.ASCII)
    if match is None:
        raise RecordError(f"prompt: not an equation such as 3x+5=1x-9: (got {prompt[:60]!r})")
    left, one, right, other = (int(part) for part in match.groups())
    return left, one, right, other


def _written(slope: int, one: int, other: int, constant: int) -> str:
    root = Fraction(constant, slope)
    return f"{slope}x{one:+d}={other};{slope}x={constant};x={root};#{root}"


def _problem(prompt: str) -> MathProblem:
    left, one, right, other = _coefficients(prompt)
    solution = _written(left - right, one, other, other - one)
    *lines, answer = solution.split(";")
    settings: Settings = {"equation": prompt.removesuffix(":")}
    return MathProblem(
        id=f"equations-{hashlib.sha256(prompt.encode()).hexdigest()[:16]}",
        prompt=prompt,
        reference=MathReference(
            answer=answer[1:],
            steps=tuple(lines),
            solution=solution,
            marker="#",
            step_rule=StepRule(name="equations", settings=settings),
        ),
        metadata={"source": "equations"},
    )


def check_equations(problem: MathProblem, settings: Settings, text: str) -> tuple[StepVerdict, ...]:
    """One verdict for every line and one for the final `#root`; spans partition `text`.

    A line is correct if it has the root of the line written before it, which at first is the
    problem's own. An error that is carried on is marked once, where it was made.
    """
    told = EquationsSettings.from_json(settings)
    return check_pieces(EquationsTrace(told.equation), text)


class EquationsTrace(Carried):
    """The line written last."""

    def __init__(self, equation: str) -> None:
        super().__init__()
        self._line = equation
        self._answered = False

    def check_piece(self, piece: str, *, last: bool) -> PieceVerdict:
        if self._answered:
            return self.incorrect("stands after the answer")
        if piece.startswith("#"):
            self._answered = True
            return self._answer(piece, last=last)
        if not piece.endswith(";"):
            return self.incorrect("neither a line with its semicolon nor # and the answer")
        return self._next(piece[:-1])

    def _next(self, line: str) -> PieceVerdict:
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

    def _answer(self, piece: str, *, last: bool) -> PieceVerdict:
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


def draws(config: ProblemsConfig, rng: Random, wanted: Wanted) -> Iterator[Taught]:
    """Problems without end."""
    while True:
        problem = draw(config.equations, rng)
        yield problem, teach(problem, config.equations, rng)


DATA_SET = DataSet(name="equations", problems=Generator(draws=draws), check_steps=check_equations)
