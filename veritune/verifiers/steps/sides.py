"""One side of an equation in prose, read into a tree of exact arithmetic.

Numbers may carry units and whole phrases ("12 patrons who came in cars + 27"); what follows a
number up to the next operator is its unit. A side with a variable in it does not read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from veritune.verifiers.steps.arithmetic import Unreadable
from veritune.verifiers.steps.calculations import Branch, Leaf, Tree
from veritune.verifiers.steps.tokens import ProseToken
from veritune.verifiers.steps.units import unit_factors

# Of one side of an equality; longer ones are sentences.
MOST_TOKENS = 60
# Of brackets: the parser calls itself.
_DEEPEST = 12
_ARTICLES = frozenset(
    ("the", "a", "an", "his", "her", "their", "its", "those", "these", "all", "total")
)


@dataclass(slots=True)
class Side:
    """What was read: the tree, and the tokens it spans."""

    tree: Tree
    first: int
    after: int
    # Unit words inside it; those after its last number are `behind`.
    words: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    # Read in a way that has another: a mismatch may be the reading's.
    loose: bool = False

    @property
    def mixes_units(self) -> bool:
        """Whether it adds or subtracts, and names two units of one kind."""
        sums = isinstance(self.tree, Branch) and self.tree.operator in ("+", "-")
        return sums and bool(unit_factors(self.words + self.behind[:2], pairs_only=True))

    @property
    def percent(self) -> bool:
        """Whether it is a percentage; a percentage of something is not one."""
        return _has_percent(self.tree)

    @property
    def in_percent(self) -> bool:
        """Whether it is a sum with percentages in it that are in no product: 100 - 20%."""
        return _sums_percent(self.tree)

    @property
    def quotient(self) -> bool:
        """Whether it divides last."""
        return isinstance(self.tree, Branch) and self.tree.operator == "/"

    @property
    def fraction(self) -> bool:
        """Whether it is a proper fraction and no more."""
        tree = self.tree
        if not (isinstance(tree, Branch) and tree.operator == "/"):
            return False
        top, bottom = tree.left, tree.right
        return _proper(top, bottom)

    @property
    def may_be_range(self) -> bool:
        """Whether it is two numbers with a minus and no space between, as in 45-54."""
        tree = self.tree
        if not (isinstance(tree, Branch) and tree.operator == "-"):
            return False
        return isinstance(tree.right, Leaf) and not tree.right.token.spaced

    @property
    def printed(self) -> ProseToken | None:
        """The one number that the side is, if it is one."""
        tree = self.tree
        if isinstance(tree, Branch) and tree.operator == "sign":
            tree = tree.right
        return tree.token if isinstance(tree, Leaf) else None


def read_side(tokens: list[ProseToken], first: int, stop: int) -> Side:
    """The longest side that starts at `first`; raises `Unreadable` if none does."""
    reader = _SideReader(tokens, stop)
    reader.at = first
    tree = reader.sum(0)
    return Side(tree, first, reader.at, reader.words, loose=reader.loose)


def _proper(top: Tree | None, bottom: Tree) -> bool:
    """Whether two printed numbers make a fraction below one."""
    if not (isinstance(top, Leaf) and isinstance(bottom, Leaf)):
        return False
    return bool(top.token.value < bottom.token.value)


def _has_percent(tree: Tree) -> bool:
    if isinstance(tree, Leaf):
        return tree.token.percent
    if tree.operator in ("*", "of"):
        return _has_percent(tree.left) and _has_percent(tree.right)
    return _has_percent(tree.left) or (tree.operator != "/" and _has_percent(tree.right))


def _sums_percent(tree: Tree) -> bool:
    if isinstance(tree, Leaf):
        return tree.token.percent
    if tree.operator not in ("+", "-", "sign"):
        return False
    return _sums_percent(tree.left) or _sums_percent(tree.right)


class _SideReader:
    """Recursive descent; stops, without an error, where the expression ends."""

    def __init__(self, tokens: list[ProseToken], stop: int) -> None:
        self._tokens = tokens
        self._stop = stop
        self.at = 0
        self.words: list[str] = []
        self.loose = False

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

    def sum(self, depth: int) -> Tree:
        tree = self.product(depth)
        while (operator := self._operator()) in ("+", "-"):
            self.at += 1
            tree = Branch(operator, tree, self.product(depth))
        return tree

    def product(self, depth: int) -> Tree:
        tree = self.signed(depth)
        divisor: Tree | None = None
        while True:
            before = self.at, len(self.words)
            operator = self._operator()
            if operator in ("*", "/"):
                self.at += 1
                factor = self.signed(depth)
                if operator == "/" and _proper(divisor, factor):
                    self.loose = True  # 3 / 1/4
                divisor = factor if operator == "/" else None
                tree = Branch(operator, tree, factor)
                continue
            self.at, kept = before
            del self.words[kept:]
            following = self._of(depth, tree) or self._beside(depth, tree)
            if following is None:
                return tree
            tree = following

    def _of(self, depth: int, tree: Tree) -> Tree | None:
        """`20% of 50`, `1/2 of the 30`: a product, surely so only after a percentage."""
        at = self.at
        if not (at < self._stop and self._tokens[at].text == "of"):
            return None
        at += 1
        while at < self._stop and self._tokens[at].text in _ARTICLES:
            at += 1
        if not self._starts(at):
            return None
        if not (isinstance(tree, Leaf) and tree.token.percent):
            self.loose = True
        self.at = at
        return Branch("of", tree, self.signed(depth))

    def _beside(self, depth: int, tree: Tree) -> Tree | None:
        """`4(2)` is a product; `4 (2 of them)` is a remark."""
        if not (self.at < self._stop and self._tokens[self.at].kind == "open"):
            return None
        if self._tokens[self.at].spaced and isinstance(tree, Leaf):
            self.loose = True
        before = self.at
        try:
            return Branch("*", tree, self.signed(depth))
        except Unreadable:
            self.at = before
            return None

    def signed(self, depth: int) -> Tree:
        token = self._peek()
        if token.text in ("-", "+"):
            self.at += 1
            self.loose |= token.text == "+"
            inner = self.signed(depth + 1) if depth < _DEEPEST else self._refuse("too deep")
            zero = Leaf(ProseToken("number", "0", token.start, token.start, False))
            return Branch("sign", zero, inner) if token.text == "-" else inner
        return self._power(depth)

    def _power(self, depth: int) -> Tree:
        base = self._atom(depth)
        if self.at + 1 < self._stop and self._tokens[self.at].text == "^":
            self.at += 1
            return Branch("^", base, self.signed(depth + 1))
        return base

    def _atom(self, depth: int) -> Tree:
        token = self._peek()
        if depth >= _DEEPEST:
            self._refuse("too deep")
        if token.kind == "number":
            self.at += 1
            return self._mixed(token) or Leaf(token)
        if token.text == "frac":
            self.at += 1
            return Branch("/", self._group(depth), self._group(depth))
        return self._group(depth)

    def _mixed(self, whole: ProseToken) -> Tree | None:
        """`2 1/2` is two and a half."""
        ahead = self._tokens[self.at : self.at + 3]
        if len(ahead) < 3 or self.at + 3 > self._stop or ahead[1].text != "/" or ahead[1].spaced:
            return None
        top, _, bottom = ahead
        proper = top.kind == bottom.kind == "number" and top.value < bottom.value
        if not proper or whole.places or top.places or bottom.places or not top.spaced:
            return None
        self.at += 3
        return Branch("+", Leaf(whole), Branch("/", Leaf(top), Leaf(bottom)))

    def _group(self, depth: int) -> Tree:
        if self._peek().kind != "open":
            self._refuse("no operand")
        self.at += 1
        tree = self.sum(depth + 1)
        while self.at < self._stop and self._tokens[self.at].kind == "word":
            self.words.append(self._tokens[self.at].text)
            self.at += 1
        if self._peek().kind != "close":
            self._refuse("bracket not closed")
        self.at += 1
        return tree

    def _peek(self) -> ProseToken:
        if self.at >= self._stop:
            raise Unreadable("ends too early")
        return self._tokens[self.at]

    def _refuse(self, reason: str) -> Tree:
        raise Unreadable(reason)
