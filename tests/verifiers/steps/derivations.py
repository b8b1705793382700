"""Algebra derivations of twelve kinds, and faults in them.

A derivation is its question and its lines. A fault changes one number, operator or sign, or drops
one term, of one line; whether the line is then false is decided here by plain evaluation at
points, without the checker under test.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random


@dataclass(frozen=True)
class Line:
    """A formula among words."""

    formula: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return self.before + self.formula + self.after


@dataclass(frozen=True)
class Derivation:
    """`roots` solve every line of a derivation of equations; None means that lines are identities.

    A line `x = 2 or x = 3` stands for its alternatives together. The first `given` lines are facts.
    """

    kind: str
    question: str
    lines: tuple[Line, ...]
    roots: tuple[dict[str, Fraction], ...] | None
    given: int = 1

    @property
    def text(self) -> str:
        return "\n".join(map(str, self.lines))


def derivation(
    kind: str,
    question: str,
    lines: tuple[str | Line, ...],
    roots: tuple[dict[str, Fraction], ...] | None,
    given: int = 1,
) -> Derivation:
    whole = tuple(line if isinstance(line, Line) else Line(line) for line in lines)
    return Derivation(kind, question, whole, roots, given if roots is not None else 0)


def term(factor: int, name: str) -> str:
    """`+ 3x`, `- x`."""
    return f"{'-' if factor < 0 else '+'} {'' if abs(factor) == 1 else abs(factor)}{name}"


def number(value: int) -> str:
    return f"{'-' if value < 0 else '+'} {abs(value)}"


def at(**values: int | Fraction) -> dict[str, Fraction]:
    return {name: Fraction(value) for name, value in values.items()}


def linear(rng: Random) -> Derivation:
    a, b, x = rng.randint(2, 9), rng.randint(1, 20), rng.randint(2, 12)
    lines = (
        f"{a}x + {b} = {a * x + b}",
        f"{a}x = {a * x + b} - {b}",
        f"{a}x = {a * x}",
        f"x = {x}",
    )
    return derivation("linear", f"Solve {a}x + {b} = {a * x + b}.", lines, (at(x=x),))


def both_sides(rng: Random) -> Derivation:
    x, c, a = rng.randint(2, 9), rng.randint(2, 5), rng.randint(6, 9)
    b = rng.randint(1, 9)
    d = (a - c) * x + b
    lines = (
        f"{a}x + {b} = {c}x + {d}",
        Line(f"{a - c}x + {b} = {d}", f"Subtract {c}x from both sides: "),
        Line(f"{a - c}x = {d - b}", "So "),
        Line(f"x = {x}", "Therefore "),
    )
    return derivation("both sides", "Solve for x.", lines, (at(x=x),))


def brackets(rng: Random) -> Derivation:
    a, b, x = rng.randint(2, 6), rng.randint(1, 9), rng.randint(3, 9)
    right = a * (x - b)
    lines = (
        f"{a}(x - {b}) = {right}",
        f"{a}x - {a * b} = {right}",
        f"{a}x = {right + a * b}",
        f"x = {x}",
    )
    return derivation("brackets", f"Solve {a}(x - {b}) = {right}.", lines, (at(x=x),))


def fractions(rng: Random) -> Derivation:
    a, b = rng.randint(2, 6), rng.randint(2, 9)
    y, c = rng.randint(2, 9), rng.randint(1, 9)
    x = a * y
    lines = (
        rf"\frac{{x}}{{{a}}} + {c} = {y + c}",
        rf"\frac{{x}}{{{a}}} = {y}",
        f"x = {a} * {y}",
        f"x = {x}",
    )
    del b
    return derivation("fractions", "Solve the equation.", lines, (at(x=x),))


def quadratic(rng: Random) -> Derivation:
    p, q = rng.sample([-9, -7, -5, -4, -3, -2, 2, 3, 4, 6, 8], 2)
    square = f"x^2 {term(-(p + q), 'x')} {number(p * q)}" if p + q else f"x^2 {number(p * q)}"
    lines = (f"{square} = 0", f"(x {number(-p)})(x {number(-q)}) = 0", f"x = {p} or x = {q}")
    return derivation("quadratic", f"Solve {square} = 0.", lines, (at(x=p), at(x=q)))


def expansion(rng: Random) -> Derivation:
    a, b = rng.randint(2, 9), rng.randint(2, 9)
    lines = (
        f"(x + {a})(x - {b}) = x^2 - {b}x + {a}x - {a * b}",
        f"= x^2 {term(a - b, 'x') if a != b else '+ 0x'} - {a * b}",
    )
    return derivation("expansion", f"Expand (x + {a})(x - {b}).", lines, None)


def simplification(rng: Random) -> Derivation:
    a, b, c, d = (rng.randint(2, 9) for _ in range(4))
    lines = (
        f"{a}(y + {b}) + {c}y + {d}",
        f"= {a}y + {a * b} + {c}y + {d}",
        f"= {a + c}y + {a * b + d}",
    )
    return derivation("simplification", f"Simplify {a}(y + {b}) + {c}y + {d}.", lines, None)


def factoring(rng: Random) -> Derivation:
    a, b = rng.randint(2, 9), rng.randint(2, 9)
    lines = (
        f"x^2 + {a + b}x + {a * b} = x^2 + {a}x + {b}x + {a * b}",
        f"= x(x + {a}) + {b}(x + {a})",
        f"= (x + {a})(x + {b})",
    )
    return derivation("factoring", f"Factor x^2 + {a + b}x + {a * b}.", lines, None)


def substitution(rng: Random) -> Derivation:
    x, a, b = rng.randint(2, 9), rng.randint(2, 6), rng.randint(1, 9)
    y = a * x + b
    lines = (
        Line(f"x = {x}", "Let ", "."),
        f"y = {a}x + {b}",
        f"y = {a} * {x} + {b}",
        f"y = {a * x} + {b}",
        f"y = {y}",
        f"x + y = {x + y}",
    )
    return derivation(
        "substitution", f"Find x + y for y = {a}x + {b}.", lines, (at(x=x, y=y),), given=2
    )


def system(rng: Random) -> Derivation:
    x, y = rng.sample(range(2, 15), 2)
    lines = (
        f"x + y = {x + y}",
        f"x - y = {x - y}",
        Line(f"2x = {2 * x}", "Adding the equations: "),
        f"x = {x}",
        f"{x} + y = {x + y}",
        f"y = {y}",
    )
    question = f"Solve the system x + y = {x + y}, x - y = {x - y}."
    return derivation("system", question, lines, (at(x=x, y=y),), given=2)


def latex(rng: Random) -> Derivation:
    a, b, x = rng.randint(2, 9), rng.randint(1, 9), rng.randint(2, 9)
    lines = (
        Line(f"{a}x - {b} = {a * x - b}", r"We have \(", r"\)."),
        Line(f"{a}x = {a * x}", rf"Adding {b} gives \(", r"\)."),
        Line(rf"x = \frac{{{a * x}}}{{{a}}} = {x}", r"Hence \(", r"\)."),
    )
    return derivation("latex", rf"Solve \({a}x - {b} = {a * x - b}\).", lines, (at(x=x),))


def proportion(rng: Random) -> Derivation:
    a, b, k = rng.randint(2, 9), rng.randint(2, 9), rng.randint(2, 6)
    lines = (
        rf"\frac{{x}}{{{a}}} = \frac{{{b * k}}}{{{k}}}",
        f"{k}x = {a} * {b * k}",
        f"{k}x = {a * b * k}",
        f"x = {a * b}",
    )
    return derivation("proportion", "Solve the proportion for x.", lines, (at(x=a * b),))


DERIVATIONS: tuple[Callable[[Random], Derivation], ...] = (
    *(linear, both_sides, brackets, fractions, quadratic, expansion, simplification, factoring),
    *(substitution, system, latex, proportion),
)
KINDS = ("number", "operator", "sign", "term")


@dataclass(frozen=True)
class Planted:
    """The changed text, and the number of the line that is false now."""

    text: str
    line: int


def plant(derivation: Derivation, kind: str, rng: Random) -> Planted | None:
    """A fault in a line behind the given ones that makes it false."""
    for _ in range(30):
        at_line = rng.randrange(derivation.given, len(derivation.lines))
        line = derivation.lines[at_line]
        changed = _change(line.formula, kind, rng)
        if changed is None or not _false(derivation, at_line, changed):
            continue
        lines = list(derivation.lines)
        lines[at_line] = Line(changed, line.before, line.after)
        return Planted("\n".join(map(str, lines)), at_line)
    return None


def _change(formula: str, kind: str, rng: Random) -> str | None:
    pattern = {
        "number": r"(?<![\^\d])\d+",
        "operator": r" [-+*] (?=[\dxy(])",
        "sign": r" [-+] (?=[\dxy(])",
        "term": r" [-+] (?:\d*[xy](?:\^2)?|\d+)(?![\d(])",
    }[kind]
    spots = list(re.finditer(pattern, formula))
    if not spots:
        return None
    spot = rng.choice(spots)
    if kind == "number":
        new = str(int(spot[0]) + rng.choice([1, 2, 5]))
    elif kind == "term":
        new = ""
    elif kind == "sign":
        new = {" + ": " - ", " - ": " + "}[spot[0]]
    else:
        new = rng.choice([sign for sign in (" + ", " - ", " * ") if sign != spot[0]])
    return formula[: spot.start()] + new + formula[spot.end() :]


def _false(derivation: Derivation, at_line: int, formula: str) -> bool:
    if derivation.roots is not None:
        return not _solved_by(formula, derivation.roots)
    sides = [side for side in formula.split("=") if side.strip()]
    if formula.startswith("="):
        sides.append(derivation.lines[at_line - 1].formula.rpartition("=")[2])
    elif len(sides) < 2:
        return False
    points = [{"x": Fraction(p), "y": Fraction(p)} for p in (2, 5, 11)]
    return any(len({_value(side, point) for side in sides}) > 1 for point in points)


def _solved_by(formula: str, roots: tuple[dict[str, Fraction], ...]) -> bool:
    parts = formula.split(" or ")
    return all(
        any(len({_value(side, root) for side in part.split("=")}) == 1 for part in parts)
        for root in roots
    )


def _value(side: str, point: dict[str, Fraction]) -> Fraction | None:
    code = re.sub(r"\\frac\{(.*?)\}\{(.*?)\}", r"((\1)/(\2))", side)
    code = re.sub(r"(?<=[\dxy)])(?=[xy(])", "*", code.strip()).replace("^", "**")
    code = re.sub(r"\d+", lambda m: f"F({m[0]})", code).replace("**F(2)", "**2")
    try:
        return Fraction(eval(code, {"F": Fraction, "__builtins__": {}}, dict(point)))
    except (SyntaxError, TypeError, ZeroDivisionError, NameError):
        return None
