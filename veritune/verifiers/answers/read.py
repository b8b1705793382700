"""From an answer's text to its tree."""

from __future__ import annotations

import re
from functools import lru_cache

from veritune.verifiers.answers.clauses import clauses, members
from veritune.verifiers.answers.clean import clean
from veritune.verifiers.answers.cursor import Cursor, Grammar
from veritune.verifiers.answers.expressions import expression, factor, term
from veritune.verifiers.answers.limits import LONGEST_ANSWER, LimitReachedError, UnparsedError
from veritune.verifiers.answers.nodes import (
    Cases,
    Choice,
    Collection,
    NamedSet,
    Node,
    Relation,
    SetOp,
    Sym,
    Text,
)
from veritune.verifiers.answers.scripts import in_base
from veritune.verifiers.answers.special import BASED, special
from veritune.verifiers.answers.tokens import tokenize
from veritune.verifiers.answers.unitphrase import natural
from veritune.verifiers.answers.words import content

GRAMMAR = Grammar(expression, term, factor, members)
JUNK = re.compile(r"(?:[\s;,:*\\]|(?<!\.\.)\.)+$|^[\s;,:*]+|[\"“”]")
OPTION = re.compile(
    r"\$?(?:\\text(?:bf|rm)?\s?\{\s*)?\(?([A-J])(?:\)|\.(?=\s))\s*\}?\$?[\s:.,]*(\S.*)", re.DOTALL
)
SECOND = re.compile(r"(?:and|or|&)\b|\(?[A-J]\b|\\text", re.IGNORECASE)
EXCEPT = re.compile(
    r"(?:\\text\s?\{)?\s*(?:the set of )?all real numbers\}?,?"
    r" (?:except|other than)(?: for)?\}?(.+)",
    re.IGNORECASE | re.DOTALL,
)
ENUMERATED = re.compile(
    r"(?:^|(?<=[;,.\n])\s*|(?<=\\\\)\s*|\\quad\s*)\(([1-9a-e])\)\s(?=\s*[\w\\$(-])"
)
NUMERALS, LETTERS = list("123456789"), list("abcde")
OPEN_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")


@lru_cache(maxsize=4096)
def read(text: str) -> Node:
    """The tree of an answer; raises `UnparsedError` or `LimitReachedError`."""
    if len(text) > LONGEST_ANSWER:
        raise LimitReachedError(f"longer than {LONGEST_ANSWER:,} characters")
    cleaned = clean(text)
    body = JUNK.sub("", cleaned)
    body = _balanced(body)
    if not body:
        raise UnparsedError("empty")
    found = special(body)
    if found is not None:
        return found
    try:
        return based(body) or _choice(body) or _enumerated(body) or _except(body) or _parse(body)
    except UnparsedError as error:
        words = _words(body)
        if words is None:
            raise error from None
        return words
    except RecursionError:
        raise LimitReachedError("nested too deep") from None


def _choice(body: str) -> Node | None:
    """A choice letter with the choice's text: "(B) 42"."""
    match = OPTION.fullmatch(body)
    if match is None or SECOND.match(match.group(2)):
        return None
    return Choice(match.group(1), read(match.group(2)))


def _enumerated(body: str) -> Node | None:
    """ "(1) 5; (2) 7" as a list of two answers."""
    marks = list(ENUMERATED.finditer(body))
    names = [mark.group(1) for mark in marks]
    if (
        len(marks) < 2
        or marks[0].start()
        or names not in (NUMERALS[: len(marks)], LETTERS[: len(marks)])
    ):
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(body)]
    parts = [body[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)]
    if not all(parts):
        return None
    return Collection("list", tuple(read(part) for part in parts))


def _except(body: str) -> Node | None:
    """ "all real numbers except 2 and 3" as a difference of sets."""
    match = EXCEPT.fullmatch(body)
    if match is None:
        return None
    out = read(match.group(1))
    members = out.items if isinstance(out, Collection) else (out,)
    return SetOp("difference", (NamedSet("R"), Collection("set", tuple(map(_bare_value, members)))))


def _bare_value(node: Node) -> Node:
    """5 from x = 5."""
    return node.sides[-1] if isinstance(node, Relation) and node.operators == ("=",) else node


def based(body: str) -> Node | None:
    """A number with letters for digits in another base, as a whole answer."""
    match = BASED.fullmatch(body.strip("$ "))
    if match is None:
        return None
    digits, base = match.groups()
    letters = any(char.isalpha() for char in digits)
    return in_base(digits, base) if letters and len(digits) > 1 and base == "16" else None


def _balanced(body: str) -> str:
    """Without a box that is not closed, and without braces that close nothing."""
    surplus = body.count("{") - body.count("}")
    if surplus > 0:
        return OPEN_BOX.sub("", body, count=surplus)
    while surplus < 0 and body.endswith("}"):
        body, surplus = body[:-1].rstrip(), surplus + 1
    return body


def _parse(body: str) -> Node:
    cursor = Cursor([t for t in tokenize(body) if t.text != '"'], GRAMMAR)
    nodes, used = clauses(cursor, frozenset())
    nodes = _merge_cases(_without_domains(nodes))
    if not nodes:
        raise UnparsedError("nothing stated")
    if len(nodes) == 1:
        return nodes[0]
    kind = "or" if "or" in used else "and" if "and" in used else "list"
    return Collection(kind if _conditions(nodes) else "list", tuple(nodes))


def _conditions(nodes: list[Node]) -> bool:
    return all(isinstance(node, Relation) for node in nodes)


def _without_domains(nodes: list[Node]) -> list[Node]:
    """Without "k in Z" beside answers that use k."""
    if len(nodes) < 2:
        return nodes
    kept = [node for node in nodes if not _domain(node)]
    return kept or nodes


def _domain(node: Node) -> bool:
    return (
        isinstance(node, Relation)
        and node.operators == ("in",)
        and isinstance(node.sides[0], Sym)
        and isinstance(node.sides[1], NamedSet)
    )


def _merge_cases(nodes: list[Node]) -> list[Node]:
    """ "a if x > 0, b if x < 0" is one piecewise answer."""
    if len(nodes) > 1 and all(isinstance(node, Cases) for node in nodes):
        return [Cases(tuple(p for node in nodes if isinstance(node, Cases) for p in node.pieces))]
    return nodes


def _words(body: str) -> Node | None:
    """The text's words, if it is made of words at all."""
    tokens = tokenize(body)
    if not any(natural(token) for token in tokens):
        return None
    return Text(content([t.text for t in tokens if t.text not in ("{", "}", ",", ".", "(", ")")]))
