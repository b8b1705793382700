"""The typed tree that an answer is read into. Every node is immutable and compares by value."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

Rational = int | Fraction


class Node:
    """Base of everything an answer can be."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Num(Node):
    """A number as printed. `places` counts decimals, and is None where no point was printed."""

    value: Rational
    places: int | None = field(default=None, compare=False)
    digits: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Const(Node):
    """pi, e, i or oo."""

    name: str


@dataclass(frozen=True, slots=True)
class Sym(Node):
    """A variable, with its subscript and primes."""

    name: str


@dataclass(frozen=True, slots=True)
class Add(Node):
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mul(Node):
    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Frac(Node):
    top: Node
    bottom: Node


@dataclass(frozen=True, slots=True)
class Pow(Node):
    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Root(Node):
    """The real root where there is one: the cube root of -8 is -2."""

    degree: int
    radicand: Node


@dataclass(frozen=True, slots=True)
class Func(Node):
    """A known function of its arguments."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """An unknown function, such as f(x)."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Sign(Node):
    """Plus-minus (or minus-plus where `flipped`), a factor of 1 or -1."""

    flipped: bool = False


@dataclass(frozen=True, slots=True)
class Big(Node):
    """A sum, prod or integral over a variable from low to high, or a limit.

    The limit's point is `low`; its `high` is 1 or -1 for one side, 0 for both.
    """

    kind: str
    variable: str
    low: Node
    high: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Dots(Node):
    """An ellipsis inside a sum, product or list."""


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """A piecewise value; a condition of None stands for "otherwise"."""

    pieces: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """A value with a unit: `unit` holds (name, power) pairs, `words` what was printed."""

    value: Node
    unit: tuple[tuple[str, int], ...]
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Collection(Node):
    """Several answers. `kind` is list (bare), paren, square or set."""

    kind: str
    items: tuple[Node, ...]


class SetNode(Node):
    """Base of what can only be meant as a set."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Interval(SetNode):
    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class NamedSet(SetNode):
    """R, Q, Z, N, C or empty."""

    name: str


@dataclass(frozen=True, slots=True)
class SetOp(SetNode):
    """union, intersection or difference."""

    kind: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Builder(SetNode):
    """{element : condition}."""

    element: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """A chain such as a < b <= c: one more side than operators."""

    operators: tuple[str, ...]
    sides: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Labelled(Node):
    """A value under a name in words, as in "Minimum: 1"."""

    label: str
    value: Node


@dataclass(frozen=True, slots=True)
class Ratio(Node):
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Text(Node):
    """Words, lower-cased and without articles."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """A multiple choice letter, with the choice's text where it is given."""

    letter: str
    content: Node | None = None


@dataclass(frozen=True, slots=True)
class DateTime(Node):
    """A time of day in seconds, or a date as (year, month, day); 0 where not given."""

    kind: str
    fields: tuple[int, ...]
    half: str = ""
