"""Statements with unknowns in them, found in prose and read by the reader of answers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from veritune.algebra import (
    Add,
    Apply,
    Collection,
    Const,
    Frac,
    Func,
    LimitReachedError,
    Mul,
    Node,
    Num,
    Pow,
    Relation,
    Root,
    Sign,
    Sym,
    UnparsedError,
    read,
    rebuild,
    variables,
    walk,
)
from veritune.verifiers.steps.tokens import ProseToken

# Characters of a formula in a step.
LONGEST = 300
_SIGNS = frozenset(("=", "<", ">", "<=", ">="))
# Other kinds of nodes are no claim that numbers could settle.
_KNOWN = (Add, Const, Frac, Func, Collection, Mul, Num, Pow, Relation, Root, Sign, Sym)
_FUNCTIONS = frozenset(("abs", "sin", "cos", "tan", "ln", "log", "exp", "floor", "ceil"))
# Behind a number these may be metres or grams, and no variable.
_UNIT_LETTERS = frozenset("mglshck")
# "x1" is a name, and not x times 1.
_NUMBERED_NAME = re.compile(r"[a-z]\d+")
_VALUE_OF = re.compile(r"([A-Za-z](?:_\w+)?)\s*=[^=]*")
# Kinds of tokens that a formula without dollar signs is made of.
_RUN = frozenset(("number", "operator", "open", "close", "variable", "equals"))
# A formula beside one of these is part of a calculation in words.
_PART_OF_MORE = frozenset(
    ("times", "of", "than", "twice", "half", "double", "triple", "plus", "minus", "by", "each")
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A relation, several alternatives (`x = 2 or x = 3`), or an expression, with an unknown.

    `continues` says that it starts with its sign, and continues the statement before.
    """

    node: Node
    start: int
    end: int
    continues: bool


def statements(text: str, tokens: list[ProseToken]) -> list[Statement]:
    """The statements in a step, in order."""
    found: list[Statement] = []
    runs = _runs(text, tokens)
    at = 0
    while at < len(runs):
        last = at
        while last + 1 < len(runs) and _joined(text, tokens, runs[last], runs[last + 1]):
            last += 1
        first, stop = runs[at][0], runs[last][1]
        at = last + 1
        if any(token.kind == "variable" for token in tokens[first:stop]):
            statement = _read(text, tokens, first, stop)
            if statement is not None:
                found.append(statement)
    return found


Run = tuple[int, int]


def _runs(text: str, tokens: list[ProseToken]) -> list[Run]:
    """Stretches of tokens that are mathematics, without words."""
    runs: list[Run] = []
    first: int | None = None
    for at, token in enumerate([*tokens, None]):
        inside = token is not None and token.kind in _RUN and not _spoken(text, token)
        if inside and first is None:
            first = at
        elif first is not None and not (inside and not _delimited(text, tokens, at)):
            runs.append((first, at))
            first = at if inside else None
    return runs


def _delimited(text: str, tokens: list[ProseToken], at: int) -> bool:
    """Whether a dollar sign that ends a formula stands before a token."""
    before = tokens[at - 1]
    between = text[before.end : tokens[at].start]
    return "$" in between and before.kind in ("number", "close", "variable")


def _spoken(text: str, token: ProseToken) -> bool:
    """Whether a sign is a word, such as `plus` or `is`."""
    shown = text[token.start : token.end]
    return token.kind in ("operator", "equals") and len(shown) > 1 and shown[0].isalpha()


def _joined(text: str, tokens: list[ProseToken], run: Run, following: Run) -> bool:
    """`x = 2 or x = 3`, `x = 2, 3`; not `2x = 4, x = 2`."""
    between = _words_in(text[tokens[run[1] - 1].end : tokens[following[0]].start])
    if between in ("or", ",or"):
        return any(token.kind == "equals" for token in tokens[run[0] : run[1]])
    if between not in (",", "and", ",and"):
        return False
    one = _VALUE_OF.fullmatch(text, tokens[run[0]].start, tokens[run[1] - 1].end)
    span = tokens[following[0]].start, tokens[following[1] - 1].end
    other = _VALUE_OF.fullmatch(text, *span)
    bare = "=" not in text[span[0] : span[1]]
    return one is not None and (bare or (other is not None and one[1] == other[1]))


def _words_in(between: str) -> str:
    """What stands between two formulas, without LaTeX's spaces and brackets."""
    return re.sub(r"\\q?quad|\\text\w*|\\[()\[\],;!]|[\s${}~\\]", "", between)


def _read(text: str, tokens: list[ProseToken], first: int, stop: int) -> Statement | None:
    if _is_partial(tokens, first, stop) or _cut(tokens, first - 1) or _cut(tokens, stop):
        return None
    start, end = tokens[first].start, tokens[stop - 1].end
    if end - start > LONGEST:
        return None
    body = text[start:end].replace("&", " ")
    continues = tokens[first].kind == "equals"
    if continues and text[:start].rpartition("\n")[2].strip(" \t&\\[("):
        return None
    try:
        node = _products(read(f"0{body}" if continues else body))
    except (UnparsedError, LimitReachedError, RecursionError):
        return None
    return Statement(node, start, end, continues) if _understood(node) else None


def _products(node: Node) -> Node:
    """The x(x + 2) of one who multiplies, which reads like a function of x + 2."""
    names = variables(node)

    def change(part: Node) -> Node:
        part = rebuild(part, change)
        if isinstance(part, Apply) and part.name in names and len(part.args) == 1:
            return Mul((Sym(part.name), part.args[0]))
        return part

    return change(node)


def _is_partial(tokens: list[ProseToken], first: int, stop: int) -> bool:
    """Whether the statement may continue in the words around it."""
    before = tokens[first - 1] if first else None
    if before is not None and before.kind == "word":
        label = tokens[first].kind == "number" and tokens[first + 1].kind == "equals"  # day 2 = x
        if label or before.text in _PART_OF_MORE:
            return True
    if _only_units(tokens[first:stop]) or any(
        _NUMBERED_NAME.fullmatch(token.text) for token in tokens[first:stop]
    ):
        return True
    if tokens[first].kind == "operator" and tokens[first].text not in ("-", "frac"):
        return True
    at = stop
    while at < len(tokens) and tokens[at].kind == "word":
        at += 1
    behind = tokens[at : at + 2]
    return (
        len(behind) == 2
        and at > stop
        and behind[0].kind == "operator"
        and behind[1].kind in ("number", "variable", "open")
    )


def _cut(tokens: list[ProseToken], at: int) -> bool:
    """Whether a mark may be the sign of a factorial or a minus, which no statement reads."""
    if not 0 < at < len(tokens) or tokens[at - 1].kind not in ("number", "close", "variable"):
        return False
    if tokens[at].text == "!":
        return not tokens[at].spaced
    following = tokens[at + 1].kind if at + 1 < len(tokens) else None
    return tokens[at].text == "—" and following in ("number", "open")


def _only_units(tokens: list[ProseToken]) -> bool:
    """Whether its letters are units: 4 m."""
    letters = [at for at, token in enumerate(tokens) if token.kind == "variable"]
    return all(
        tokens[at].text in _UNIT_LETTERS
        and at > 0
        and tokens[at - 1].kind == "number"
        and tokens[at].spaced
        for at in letters
    )


def _understood(node: Node) -> bool:
    """Whether it is in arithmetic and known functions only."""
    if isinstance(node, Collection) and (
        node.kind not in ("or", "and", "list") or not isinstance(node.items[0], Relation)
    ):
        return False
    for part in walk(node):
        if not isinstance(part, _KNOWN):
            return False
        if isinstance(part, Const) and part.name != "pi":
            return False
        if isinstance(part, Relation) and not set(part.operators) <= _SIGNS:
            return False
        if isinstance(part, Func) and part.name not in _FUNCTIONS:
            return False
    return any(isinstance(part, Sym) for part in walk(node))
