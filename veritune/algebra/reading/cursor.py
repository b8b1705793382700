"""A place in a list of tokens, and what holds around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from veritune.algebra.limits import DEEPEST, LimitReachedError, UnparsedError
from veritune.algebra.reading.tokens import FormulaToken
from veritune.algebra.trees.nodes import Collection, NamedSet, Node, Relation

END = FormulaToken("end", "")
# Behind the last token, so that no look ahead needs a bound.
SENTINELS = (END,) * 16


class Grammar(NamedTuple):
    """The grammar's ways back in, so that its parts need not import each other in a circle."""

    expression: Callable[[Cursor], Node]
    term: Callable[[Cursor], Node]
    factor: Callable[[Cursor], Node]
    members: Callable[[Cursor, frozenset[str]], list[Node]]


class Cursor:
    """Reads tokens one by one."""

    def __init__(self, tokens: list[FormulaToken], grammar: Grammar) -> None:
        self.tokens, self.at, self.depth = [*tokens, *SENTINELS], 0, 0
        self.grammar = grammar
        self.bars = 0
        self.colons = True
        self.bound: frozenset[str] = frozenset()
        self.functions: set[str] = set()
        self.domain = False
        """Whether a condition was read that says where a statement holds: "for x > 1"."""
        self.joined: set[str] = set()
        """What stood between the members that were read last."""

    @property
    def token(self) -> FormulaToken:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> FormulaToken:
        return self.tokens[self.at + ahead]

    def sign(self, *signs: str) -> bool:
        """Whether the next token is one of these operators."""
        token = self.token
        return token.kind == "op" and token.text in signs

    def accept(self, *signs: str) -> bool:
        """Step over one of these operators, if it is next."""
        if self.sign(*signs):
            self.at += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise self.wrong(f"expected {sign!r}")

    def wrong(self, why: str = "unexpected") -> UnparsedError:
        return UnparsedError(f"{why} at {self.token.text or 'the end'!r}")

    def split(self, *parts: FormulaToken) -> None:
        """Put other tokens in the place of the next one."""
        self.tokens[self.at : self.at + 1] = list(parts)

    def expression(self) -> Node:
        """One expression, counted against the depth limit."""
        with self.nested():
            return self.grammar.expression(self)

    def members(self, *closers: str, colons: bool = True) -> list[Node]:
        """Members separated by commas or semicolons, up to (and not over) a closer."""
        bars, outer = self.bars, self.colons
        self.bars, self.colons = 0, colons
        with self.nested():
            nodes = self.grammar.members(self, frozenset(closers))
        self.bars, self.colons = bars, outer
        return nodes

    def one(self, closer: str) -> Node:
        """The single member before a closer, which is stepped over."""
        found = self.members(closer)
        self.expect(closer)
        if len(found) != 1:
            raise self.wrong("a list where one value is expected")
        return found[0]

    def raw(self) -> str:
        """A group, or the next token alone, as text without braces and spaces."""
        level, text = 0, ""
        while self.token.kind != "end":
            token = self.token.text
            self.at += 1
            level += {"{": 1, "}": -1}.get(token, 0)
            text += "" if token in "{}" else token
            if level <= 0:
                return text
        raise self.wrong("an open group")

    def together(self, conditions: list[Node]) -> Node:
        """The conditions that were read last as one, joined as they are written."""
        if len(conditions) == 1:
            return conditions[0]
        if "or" not in self.joined:
            return Collection("and", tuple(conditions))
        kept = tuple(node for node in conditions if not _says_real(node))
        if self.joined != {"or"} and not len(kept) == len(conditions) - 1 == 2:
            raise UnparsedError("conditions joined by and as well as by or")
        return Collection("or", kept)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """One level deeper; raises where that is too deep."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise LimitReachedError("nested too deep")
        yield
        self.depth -= 1

    @contextmanager
    def binding(self, variable: str) -> Iterator[None]:
        """One level deeper, where a sum, an integral or a limit runs over a variable."""
        outer = self.bound
        self.bound = outer | {variable}
        with self.nested():
            yield
        self.bound = outer


def _says_real(node: Node) -> bool:
    """Whether a condition only says that something is a real number."""
    return (
        isinstance(node, Relation)
        and node.operators == ("in",)
        and isinstance(node.sides[1], NamedSet)
        and node.sides[1].name.strip("{} ") == "R"
    )
