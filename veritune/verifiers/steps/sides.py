"""Where one side of an equation in prose ends, and what it is in signs, which the algebra reads.

Numbers may carry units and whole phrases ("12 patrons who came in cars + 27"); what follows a
number up to the next operator is its unit. A side with a variable in it does not read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from veritune.algebra import Add, Frac, Node, Num
from veritune.verifiers.steps.arithmetic import Unreadable, arithmetic, value_of
from veritune.verifiers.steps.calculations import Shown, has_percent, shown
from veritune.verifiers.steps.tokens import ProseToken
from veritune.verifiers.steps.units import unit_factors

# Of one side of an equality; longer ones are sentences.
MOST_TOKENS = 60
_ARTICLES = frozenset(
    ("the", "a", "an", "his", "her", "their", "its", "those", "these", "all", "total")
)


@dataclass(slots=True)
class Side:
    """What was read, and the tokens that it spans."""

    signs: str
    node: Node
    # The one number that the side is, if it is one.
    printed: Shown | None
    first: int
    after: int
    # Unit words inside it; those after its last number are `behind`.
    words: list[str]
    # Read in a way that has another: a mismatch may be the reading's.
    loose: bool
    behind: list[str] = field(default_factory=list)

    @property
    def mixes_units(self) -> bool:
        """Whether it adds or subtracts, and names two units of one kind."""
        words = self.words + self.behind[:2]
        return isinstance(self.node, Add) and bool(unit_factors(words, pairs_only=True))

    @property
    def percent(self) -> bool:
        """Whether it is a percentage; a percentage of something is not one."""
        return "%" in self.signs and has_percent(self.node)

    @property
    def fraction(self) -> bool:
        """Whether it is a proper fraction and no more."""
        match self.node:
            case Frac(Num(top), Num(bottom)):
                return top < bottom
            case _:
                return False

    @property
    def value(self) -> Fraction:
        """Its exact value; raises `Unreadable`."""
        return value_of(self.node)


def read_side(tokens: list[ProseToken], first: int, stop: int, end: int | None = None) -> Side:
    """The longest side that starts at `first`; raises `Unreadable` if none does.

    Where `end` is given, it has to end there.
    """
    reader = _SideReader(tokens, first, stop)
    reader.read()
    if end is not None and reader.at != end:
        raise Unreadable("ends elsewhere")
    signs = "".join(reader.signs)
    node = arithmetic(signs)
    if tokens[reader.at - 1].dots and isinstance(node, Num) and node.places:
        node = Num(node.value, node.places - 1)  # 16.66... shows one digit less for certain
    return Side(signs, node, shown(node), first, reader.at, reader.words, reader.loose)


def _below(top: ProseToken, bottom: ProseToken) -> bool:
    """Whether two printed numbers make a fraction below one."""
    return Fraction(top.text) < Fraction(bottom.text)


class _SideReader:
    """Collects the signs up to where the calculation ends, which is no error."""

    def __init__(self, tokens: list[ProseToken], first: int, stop: int) -> None:
        self._tokens, self._stop, self.at = tokens, stop, first
        self.signs: list[str] = []
        self.words: list[str] = []
        self.loose = False
        # Whether an operand was read, so that an operator may follow.
        self._whole = False
        # The signs that close each open bracket, and those of a bracket that comes next.
        self._closing: list[str] = []
        self._next = ")"
        # Whether the outermost bracket stands behind a number, and may be a remark.
        self._aside = False
        # The last operator in this bracket, and the number that it divides by.
        self._sign = ""
        self._divisor: ProseToken | None = None
        # The last place where the calculation may end: position, signs and words so far.
        self._ends: tuple[int, int, int] | None = None

    def read(self) -> None:
        """Read on while the tokens make a calculation; raises `Unreadable` where they make none."""
        while self.at < self._stop and self._take(self._tokens[self.at]):
            self.at += 1
        if self._ends is None or (self._closing and not self._aside):
            raise Unreadable("no operand")
        self.at, signs, words = self._ends
        del self.signs[signs:], self.words[words:]

    def _take(self, token: ProseToken) -> bool:
        """Read a token; whether it belongs to the calculation."""
        match token.kind:
            case "number":
                return not self._whole and self._number(token)
            case "open":
                return self._bracket(token)
            case "close":
                return self._whole and bool(self._closing) and self._close()
            case "word":
                return self._whole and self._word(token)
            case "operator":
                return self._operator(token)
            case _:
                return False

    def _operand_ends(self) -> bool:
        self._whole = True
        if not self._closing:
            self._ends = self.at + 1, len(self.signs), len(self.words)
        return True

    def _number(self, token: ProseToken) -> bool:
        if self._next != ")":
            return False
        divides = self._sign == "/"
        if divides and self._divisor is not None:
            self.loose |= _below(self._divisor, token)  # 3 / 1/4
        self._divisor = token if divides else None
        fraction = _fraction(self._tokens[self.at : min(self.at + 4, self._stop)])
        if fraction:
            self.at += 3
        percent = f"({token.text}%)" if token.percent else token.text
        self.signs.append(fraction or percent)
        return self._operand_ends()

    def _bracket(self, token: ProseToken) -> bool:
        """`4(2)` is a product; `4 (2 of them)` is a remark."""
        if self._whole:
            before = self._tokens[self.at - 1]
            if before.kind == "word":
                return False
            factor = self._sign in ("*", "/")
            self.loose |= token.spaced and before.kind == "number" and not factor
            self._aside |= not self._closing
            self.signs.append("*")
        self.signs.append("(")
        self._closing.append(self._next)
        self._whole, self._next, self._sign = False, ")", ""
        return True

    def _close(self) -> bool:
        closing = self._closing.pop()
        self.signs.append(closing)
        self._aside &= bool(self._closing)
        if closing == ")/":  # the bottom of a fraction comes
            self._whole, self._next = False, "))"
            return True
        return self._operand_ends()

    def _word(self, token: ProseToken) -> bool:
        """A unit, or the "of" of a product: surely one only after a percentage."""
        before = self._tokens[self.at - 1]
        beside = token.text == "of" and before.kind != "word"
        if not beside or not self._starts(self.at + 1, past=_ARTICLES):
            self.words.append(token.text)
            return True
        self.loose |= not before.percent or self._sign == "/"
        while self._tokens[self.at + 1].text in _ARTICLES:
            self.at += 1
        self.signs.append("*")
        self._whole = False
        return True

    def _operator(self, token: ProseToken) -> bool:
        """A sign between operands or before one, or the sign in miles/hour."""
        if token.text == "frac":
            self.signs.append("(")
            self._next = ")/"
            return not self._whole
        if self._whole and token.text == "/" and self._kind(self.at + 1) == "word":
            return True
        of_unit = token.text == "^" and self._tokens[self.at - 1].kind == "word"
        if of_unit or not self._starts(self.at + 1):
            return False
        if not self._whole:
            self.loose |= token.text == "+"
        self.signs.append(token.text)
        sign = self._whole or token.text in ("+", "-")
        if self._whole:
            self._sign = token.text
        self._whole = False
        return sign

    def _kind(self, at: int) -> str | None:
        return self._tokens[at].kind if at < self._stop else None

    def _starts(self, at: int, past: frozenset[str] = frozenset()) -> bool:
        """Whether an operand may start here, behind words that say nothing."""
        while at < self._stop and self._tokens[at].text in past:
            at += 1
        if at + 1 < self._stop and self._tokens[at].text in ("-", "+"):
            at += 1
        return self._kind(at) in ("number", "open") or (
            at < self._stop and self._tokens[at].text == "frac"
        )


def _fraction(tokens: list[ProseToken]) -> str | None:
    """The signs of `2 1/2`, which is two and a half."""
    if [token.kind for token in tokens] != ["number", "number", "operator", "number"]:
        return None
    whole, top, over, bottom = tokens
    printed = whole.text, top.text, bottom.text
    if over.text != "/" or over.spaced or not top.spaced or "." in "".join(printed):
        return None
    return "({}+{}/{})".format(*printed) if _below(top, bottom) else None
