"""Where one side of an equation in prose ends, and what it is in signs, which the algebra reads.

Numbers may carry units and whole phrases ("12 patrons who came in cars + 27"); what follows a
number up to the next operator is its unit. A side with a variable in it does not read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from veritune.algebra import Add, Frac, Node, Num
from veritune.verifiers.steps.arithmetic import Unreadable, arithmetic, value_of
from veritune.verifiers.steps.calculations import Shown, has_percent, shown, sums_percent
from veritune.verifiers.steps.tokens import ProseToken
from veritune.verifiers.steps.units import unit_factors

# Of one side of an equality; longer ones are sentences.
MOST_TOKENS = 60
# Of brackets: the reader calls itself.
_DEEPEST = 12
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
    # Whether it ends in two numbers with a minus and no space between, as in 45-54.
    may_be_range: bool
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
    def in_percent(self) -> bool:
        """Whether it is a sum with percentages in it that are in no product: 100 - 20%."""
        return "%" in self.signs and sums_percent(self.node)

    @property
    def quotient(self) -> bool:
        """Whether it divides last."""
        return isinstance(self.node, Frac)

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
    reader.calculation(0)
    if end is not None and reader.at != end:
        raise Unreadable("ends elsewhere")
    signs = "".join(reader.signs)
    node = arithmetic(signs)
    if tokens[reader.at - 1].dots and isinstance(node, Num) and node.places:
        node = Num(node.value, node.places - 1)  # 16.66... shows one digit less for certain
    return Side(
        signs, node, shown(node), first, reader.at, reader.words, reader.loose, reader.ranged
    )


def _below(top: ProseToken | None, bottom: ProseToken | None) -> bool:
    """Whether two printed numbers make a fraction below one."""
    return top is not None and bottom is not None and Fraction(top.text) < Fraction(bottom.text)


class _SideReader:
    """Collects the signs up to where the calculation ends, which is no error."""

    def __init__(self, tokens: list[ProseToken], first: int, stop: int) -> None:
        self._tokens, self._stop, self.at = tokens, stop, first
        self.signs: list[str] = []
        self.words: list[str] = []
        self.loose = self.ranged = False

    def calculation(self, depth: int) -> None:
        """Operands with operators between; what is read of a number alone is `number`."""
        number = self._operand(depth)
        sign, divisor = "", None
        while True:
            at, words = self.at, len(self.words)
            operator = self._operator()
            if operator not in ("*", "/") and self._joined(at):
                self.at = at
                del self.words[words:]
                if self._of(depth, number) or self._beside(depth, number):
                    number = None
                    continue
                operator = self._operator()
            if operator not in ("+", "-", "*", "/"):
                self.at = at
                del self.words[words:]
                self.ranged = sign == "-" and number is not None and not number.spaced
                return
            self.at += 1
            self.signs.append(operator)
            operand = self._operand(depth)
            if operator in ("+", "-"):
                sign, number, divisor = operator, operand, None
                continue
            self.loose |= operator == "/" and _below(divisor, operand)  # 3 / 1/4
            number, divisor = None, operand if operator == "/" else None

    def _joined(self, at: int) -> bool:
        """Whether a factor may follow without a sign."""
        token = self._tokens[at] if at < self._stop else None
        return token is not None and (token.kind == "open" or token.text == "of")

    def _operator(self) -> str | None:
        """The operator that comes next, past a unit phrase; the phrase is taken with it."""
        at, words = self.at, []
        while at < self._stop:
            if self._tokens[at].kind == "word":
                words.append(self._tokens[at].text)
            elif not self._per(at):
                break
            at += 1
        if at + 1 >= self._stop:
            return None
        token = self._tokens[at]
        if token.kind == "operator" and token.text != "frac" and self._starts(at + 1):
            self.at = at
            self.words += words
            return token.text
        return None

    def _per(self, at: int) -> bool:
        """Whether the sign in miles/hour or $3/pound is next."""
        if self._tokens[at].text != "/" or at + 1 >= self._stop:
            return False
        return self._tokens[at + 1].kind == "word"

    def _starts(self, at: int) -> bool:
        """Whether an operand may start here."""
        if at >= self._stop:
            return False
        token = self._tokens[at]
        if token.text in ("-", "+") and at + 1 < self._stop:
            token = self._tokens[at + 1]
        return token.kind in ("number", "open") or token.text == "frac"

    def _of(self, depth: int, number: ProseToken | None) -> bool:
        """`20% of 50`, `1/2 of the 30`: a product, surely so only after a percentage."""
        at = self.at
        if not (at < self._stop and self._tokens[at].text == "of"):
            return False
        at += 1
        while at < self._stop and self._tokens[at].text in _ARTICLES:
            at += 1
        if not self._starts(at):
            return False
        self.loose |= number is None or not number.percent
        self.at = at
        self.signs.append("*")
        self._operand(depth)
        return True

    def _beside(self, depth: int, number: ProseToken | None) -> bool:
        """`4(2)` is a product; `4 (2 of them)` is a remark."""
        if not (self.at < self._stop and self._tokens[self.at].kind == "open"):
            return False
        self.loose |= self._tokens[self.at].spaced and number is not None
        at, signs = self.at, len(self.signs)
        self.signs.append("*")
        try:
            self._operand(depth)
        except Unreadable:
            self.at = at
            del self.signs[signs:]
            return False
        return True

    def _operand(self, depth: int) -> ProseToken | None:
        """A number, a fraction or a bracket, with its sign and power; the number if it is one."""
        token = self._peek()
        if depth >= _DEEPEST:
            raise Unreadable("too deep")
        if token.text in ("-", "+"):
            self.at += 1
            self.loose |= token.text == "+"
            self.signs.append(token.text)
            self._operand(depth + 1)
            return None
        number = self._atom(depth)
        if self.at + 1 < self._stop and self._tokens[self.at].text == "^":
            self.at += 1
            self.signs.append("^(")
            self._operand(depth + 1)
            self.signs.append(")")
            return None
        return number

    def _atom(self, depth: int) -> ProseToken | None:
        token = self._peek()
        if token.kind == "number":
            self.at += 1
            if self._mixed(token):
                return None
            self.signs.append(f"({token.text}%)" if token.percent else token.text)
            return token
        if token.text == "frac":
            self.at += 1
            self.signs.append("(")
            self._group(depth)
            self.signs.append("/")
            self._group(depth)
            self.signs.append(")")
            return None
        self._group(depth)
        return None

    def _mixed(self, whole: ProseToken) -> bool:
        """`2 1/2` is two and a half."""
        ahead = self._tokens[self.at : self.at + 3]
        if len(ahead) < 3 or self.at + 3 > self._stop or ahead[1].text != "/" or ahead[1].spaced:
            return False
        top, _, bottom = ahead
        numbers = top.kind == bottom.kind == "number" and top.spaced
        if not numbers or "." in whole.text + top.text + bottom.text or not _below(top, bottom):
            return False
        self.at += 3
        self.signs.append(f"({whole.text}+{top.text}/{bottom.text})")
        return True

    def _group(self, depth: int) -> None:
        if self._peek().kind != "open":
            raise Unreadable("no operand")
        self.at += 1
        self.signs.append("(")
        self.calculation(depth + 1)
        while self.at < self._stop and self._tokens[self.at].kind == "word":
            self.words.append(self._tokens[self.at].text)
            self.at += 1
        if self._peek().kind != "close":
            raise Unreadable("bracket not closed")
        self.at += 1
        self.signs.append(")")

    def _peek(self) -> ProseToken:
        if self.at >= self._stop:
            raise Unreadable("ends too early")
        return self._tokens[self.at]
