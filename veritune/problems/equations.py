"""`equations`: linear equations solved line by line, and a teacher who errs.

The prompt `3x+5=1x-9:` asks for `2x+5=-9;2x=-14;x=-7;#-7`: every line keeps the root, numbers are
exact, and a root that is no integer is a reduced fraction, `x=7/2`.
"""

from __future__ import annotations

import hashlib
import re
from fractions import Fraction
from random import Random

from veritune.config import EquationsConfig
from veritune.errors import RecordError
from veritune.records import Problem

_NUMBER = r"\d{1,6}(?:/\d{1,6})?"
_TERM = re.compile(rf"([+-]?)(?:({_NUMBER})(x?)|(x))", re.ASCII)
_SIDE = re.compile(rf"[+-]?(?:{_NUMBER}x?|x)(?:[+-](?:{_NUMBER}x?|x)){{0,7}}", re.ASCII)
Line = tuple[Fraction, Fraction]
"""(slope, constant) of `slope * x + constant = 0`."""


def draw(config: EquationsConfig, rng: Random) -> Problem:
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


def _problem(prompt: str) -> Problem:
    left, one, right, other = _coefficients(prompt)
    solution = _written(left - right, one, other, other - one)
    *lines, answer = solution.split(";")
    return Problem(
        id=f"equations-{hashlib.sha256(prompt.encode()).hexdigest()[:16]}",
        kind="math",
        prompt=prompt,
        reference={"answer": answer[1:], "steps": lines},
        metadata={
            "source": "equations",
            "marker": "#",
            "equation": prompt.removesuffix(":"),
            "solution": solution,
        },
    )
