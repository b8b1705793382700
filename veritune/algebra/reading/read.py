"""From an answer's text to its tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from veritune.algebra.limits import LONGEST_ANSWER, LimitReachedError, UnparsedError
from veritune.algebra.reading.clauses import clauses, members
from veritune.algebra.reading.clean import clean
from veritune.algebra.reading.cursor import Cursor, Grammar
from veritune.algebra.reading.environments import merged
from veritune.algebra.reading.expressions import expression, factor, term
from veritune.algebra.reading.plain import plain
from veritune.algebra.reading.scripts import LETTER_SETS, in_base
from veritune.algebra.reading.special import BASED, WRAPPED, special
from veritune.algebra.reading.tokens import tokenize
from veritune.algebra.reading.unitphrase import natural
from veritune.algebra.reading.words import content
from veritune.algebra.tables import table
from veritune.algebra.trees.nodes import (
    Cases,
    Choice,
    Collection,
    NamedSet,
    Node,
    Quantity,
    Relation,
    SetOp,
    Sym,
    Text,
)

GRAMMAR = Grammar(expression, term, factor, members)
# What may surround an answer and is no part of it; an ellipsis is.
JUNK = re.compile(r"(?:[\s;,:\\]|(?<!\^)\*|(?<!\.\.)\.)+$|^[\s;,:*]+|[\"“”]")
# The letter of a multiple choice before the answer itself.
OPTION = re.compile(
    r"\$?(?:\\text(?:bf|rm)?\s?\{\s*)?\(?([A-J]|[a-e](?=\)[\s}]))"
    r"(?:\)|\.(?=\s)|:(?=\s(?!.*[A-Z]:))|,(?=\s[A-Za-z ]{2,}\Z))\s*\}?\$?[\s:.,]*(\S.*)",
    re.DOTALL,
)
# What follows is another answer or a doubt, so the letter before it is none of a choice.
SECOND = re.compile(
    r"(?:and|or|&|not?|but|maybe|perhaps|probably|wrong)\b|\(?[A-J]\b"
    r"|\\text\s?\{\s*(?:and|or|&)",
    re.IGNORECASE,
)
# "all real numbers except 2": a set by what it leaves out.
EXCEPT = re.compile(
    r"(?:\\text\s?\{)?\s*(?:the set of )?all real(?: number)?s\}?,?"
    r" (?:except|other than)(?: for)? ?\}?(.+)",
    re.IGNORECASE | re.DOTALL,
)
# "1) ... 2) ...": answers to the parts of a problem.
ENUMERATED = re.compile(
    r"(?:^|(?<=[;,.\n])\s*|(?<=\\\\)\s*|\\quad\s*)\(?([1-9a-e])\)\s(?=\s*[\w\\$(-])"
)
KINDS = table("constant integer real parameter")
# Words in "where c is any constant".
CHOOSING = KINDS | table("any arbitrary is number c k n m a t number")
# Words that an answer may open with and that say nothing.
OPENING = table("it they on is are at")
# In this order, and from the first on: else they enumerate nothing.
NUMERALS, LETTERS = list("123456789"), list("abcde")
# Space that separates two statements.
QUAD = re.compile(r"\\q?quad(?![a-zA-Z])")
# What makes a part of a text a statement of its own.
STATES = re.compile(r"[=<>]|\\(?:le|ge|leq|geq|ne|neq|lt|gt|in|approx|equiv)(?![a-z])")
# A box around an answer that is itself the text.
OPEN_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")


@lru_cache(maxsize=4096)
def read(text: str) -> Node:
    """The tree of an answer; raises `UnparsedError` or `LimitReachedError`."""
    if len(text) > LONGEST_ANSWER:
        raise LimitReachedError(f"longer than {LONGEST_ANSWER:,} characters")
    if (node := plain(text)) is not None:
        return node
    cleaned = clean(text)
    body = JUNK.sub("", cleaned.strip("`' \t\n") if "`" in text else cleaned)
    body = _parted(_balanced(_paired(body)))
    if not body:
        raise UnparsedError("empty")
    try:
        forms = (form(body) for form in FORMS)
        return next(node for node in forms if node is not None)
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
    return Choice(match.group(1).upper(), read(match.group(2)))


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
    match = BASED.fullmatch(WRAPPED.sub(r"\1", body.strip("$ ")))
    if match is None or not match.group(2).isdigit():
        return None
    digits, base = match.groups()
    figures = sum(map(str.isdigit, digits))
    mixed = 0 < figures < len(digits) and all(int(char, 36) < int(base) for char in digits)
    hexadecimal = base == "16" and len(digits) > 1 > figures
    return in_base(digits, base) if mixed or hexadecimal else None


def _balanced(body: str) -> str:
    """Without a box that is not closed, and without braces that close nothing."""
    surplus = body.count("{") - body.count("}")
    if surplus > 0:
        return OPEN_BOX.sub("", body, count=surplus)
    while surplus < 0 and body.endswith("}") and any(map(str.isalnum, body)):
        body, surplus = body[:-1].rstrip(), surplus + 1
    return body


def _paired(body: str) -> str:
    """Without a dollar sign that opens or closes nothing."""
    if body.count("$") - body.count("\\$") != 1:
        return body
    if body.endswith("$"):
        return body[:-1].rstrip(" .,")
    return body if not body.startswith("$") or body[1:2].isdigit() else body[1:]


def _parted(body: str) -> str:
    """Statements that only a wide space separates, with commas between them."""
    if "quad" not in body or "\\begin" in body:
        return body
    parts = [part.strip(" ,;") for part in QUAD.split(body)]
    parts = [part for part in parts if part]
    whole = all(part.count("{") == part.count("}") for part in parts)
    return ", ".join(parts) if whole and all(map(STATES.search, parts)) else body


def _parse(body: str) -> Node:
    cursor = Cursor([t for t in tokenize(body) if t.text != '"'], GRAMMAR)
    nodes, used = clauses(cursor, frozenset())
    nodes = list(merged(tuple(_without_domains(nodes))))
    if cursor.domain:
        nodes = _with_conditions(nodes)
    if not nodes:
        raise UnparsedError("nothing stated")
    if len(nodes) == 1:
        return nodes[0]
    unequal = all(isinstance(node, Relation) and node.operators == ("!=",) for node in nodes)
    kind = "or" if "or" in used else "and" if "and" in used or unequal else "list"
    conditions = all(isinstance(node, Relation) for node in nodes)
    return Collection(kind if conditions else "list", tuple(nodes))


def _without_domains(nodes: list[Node]) -> list[Node]:
    """Without "k in Z" beside answers that use k."""
    if len(nodes) < 2:
        return nodes
    kept = [node for node in nodes if not _domain(node)]
    return kept or nodes


def _domain(node: Node) -> bool:
    """Whether a clause only says what a letter stands for: k in Z, c any constant."""
    if isinstance(node, Text) or (isinstance(node, Quantity) and isinstance(node.value, Sym)):
        said = node.words if isinstance(node, Text) else node.words.split()
        return bool(set(said) & KINDS) and set(said) <= CHOOSING
    return (
        isinstance(node, Relation)
        and node.operators == ("in",)
        and isinstance(node.sides[0], Sym)
        and (isinstance(node.sides[1], NamedSet) or node.sides[1] in LETTER_SETS)
    )


def _with_conditions(nodes: list[Node]) -> list[Node]:
    """ "y = 2x for x > 1" as "y = 2x, x > 1"."""
    found: list[Node] = []
    for node in nodes:
        match node:
            case Cases(((value, guard),)):
                found += [value] if guard is None else [value, guard]
            case _:
                found.append(node)
    return found


def _words(body: str) -> Node | None:
    """The text's words, if it is made of words at all."""
    tokens = tokenize(body)
    if not any(natural(token) for token in tokens):
        return None
    words = [t.text for t in tokens if t.text not in ("{", "}", ",", ".", "(", ")")]
    while len(words) > 1 and words[0].lower() in OPENING:
        words = words[1:]
    return Text(content(words))


# The forms that a whole answer may have, the surest first; the last reads any mathematics.
FORMS: tuple[Callable[[str], Node | None], ...] = (
    special,
    based,
    _enumerated,
    _choice,
    _except,
    _parse,
)
