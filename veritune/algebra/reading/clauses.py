"""Answers as lists of clauses: relations, labelled values, words, and remarks around them."""

from __future__ import annotations

from veritune.algebra.limits import MOST_ITEMS, LimitReachedError
from veritune.algebra.reading.atoms import declares, starts_atom
from veritune.algebra.reading.commands import FUNCTIONS
from veritune.algebra.reading.cursor import Cursor
from veritune.algebra.reading.environments import condition
from veritune.algebra.reading.relations import RELATIONS, relation, with_modulus
from veritune.algebra.reading.scripts import in_base
from veritune.algebra.reading.tokens import FormulaToken
from veritune.algebra.reading.unitphrase import natural, unit_after
from veritune.algebra.reading.words import (
    CONDITION,
    CONNECTIVES,
    DOMAIN,
    FLUFF,
    NEGATIONS,
    NUMBER_WORDS,
    PARTS,
    content,
)
from veritune.algebra.tables import table
from veritune.algebra.trees.nodes import (
    Cases,
    Collection,
    Frac,
    Interval,
    Labelled,
    Node,
    Num,
    Quantity,
    Relation,
    Text,
)
from veritune.algebra.trees.signs import variants
from veritune.algebra.values.units import Unit

# What parts of an answer stand between.
SEPARATORS = frozenset((",", ";", "row", "and", "or", "."))
# Words that name the value behind them without a sign.
EXTREMES = table("max min maximum minimum")
# Words for "=".
EQUALS_WORDS = table("is are equals was be equal gives")
# Words before a value that is rounded, which its digits show by themselves.
APPROXIMATELY = table("approximately approx about roughly")
# Words before a condition on the variable.
HOLDING = table("for where when with")
# What follows one of these explains the answer.
STOP = table("where with since because")


def members(cursor: Cursor, closers: frozenset[str]) -> list[Node]:
    """Clauses up to a closer; `and` and `or` separate like commas."""
    nodes, cursor.joined = clauses(cursor, closers)
    return nodes


def clauses(cursor: Cursor, closers: frozenset[str]) -> tuple[list[Node], set[str]]:
    """The clauses and the separators between them."""
    nodes: list[Node] = []
    used: set[str] = set()
    while True:
        while (mark := separator(cursor, closers)) is not None:
            if mark == "=>" and nodes:
                nodes.clear()
            used.add(mark)
            cursor.at += 1
        if cursor.token.kind == "end" or closed(cursor, closers):
            return _all_unequal(nodes), used
        if len(nodes) >= MOST_ITEMS:
            raise LimitReachedError(f"more than {MOST_ITEMS} members")
        place = cursor.at
        node = clause(cursor, closers)
        if node is not None:
            nodes.append(node)
        if cursor.at == place:
            raise cursor.wrong()
        after = cursor.token
        if not (after.kind == "end" or closed(cursor, closers) or separator(cursor, closers)):
            raise cursor.wrong()


def _all_unequal(nodes: list[Node]) -> list[Node]:
    """x != -1, 4 as x != -1, x != 4, and x != +-1 as both."""
    first = nodes[0] if nodes else None
    if not (isinstance(first, Relation) and first.operators == ("!=",)):
        return nodes
    name = first.sides[0]
    each = [n if isinstance(n, Relation) else Relation(("!=",), (name, n)) for n in nodes]
    return [side for node in each for side in variants(node)]


def closed(cursor: Cursor, closers: frozenset[str]) -> bool:
    token = cursor.token
    return token.text in closers and token.kind in ("op", "cmd")


def separator(cursor: Cursor, closers: frozenset[str]) -> str | None:
    """The separator that is next, if one is."""
    token = cursor.token
    if token.kind == "op" and token.text not in closers:
        if token.text in SEPARATORS or token.text == "=>":
            return token.text
        if token.text == "&" and "&" not in closers:
            return "row"
    if token.kind == "word":
        return CONNECTIVES.get(token.text.lower())
    return None


def clause(cursor: Cursor, closers: frozenset[str]) -> Node | None:
    """One clause; None for a remark that says nothing, such as "where k is an integer"."""
    label: list[str] = []
    if cursor.sign("forall"):
        skip(cursor, closers)
        return None
    if _words_next(cursor):
        lower = cursor.token.text.lower()
        words = _leading_words(cursor)
        if words is None and lower in DOMAIN | CONDITION:
            return _remark(cursor, closers, lower)
        if words is None:
            return _prose(cursor, closers)
        label = words
        if cursor.token.kind == "end" or closed(cursor, closers) or separator(cursor, closers):
            raise cursor.wrong("words that say nothing")
    node = relation(cursor)
    node = _after(cursor, node, closers)
    return Labelled(" ".join(content(label)), node) if label else node


def _words_next(cursor: Cursor) -> bool:
    """Whether the clause starts with words rather than mathematics."""
    token = cursor.token
    if token.kind == "word" and token.text.lower() in ("a", "an"):
        return natural(cursor.peek())
    if token.text in FUNCTIONS and cursor.peek().text == "(":
        return False
    return natural(token) and not _number_word(cursor)


def _number_word(cursor: Cursor) -> bool:
    lower = cursor.token.text.lower()
    return (
        lower in NUMBER_WORDS
        or lower in ("half",)
        or (lower in PARTS and cursor.peek().kind == "end")
    )


def _remark(cursor: Cursor, closers: frozenset[str], word: str) -> Node | None:
    if word in STOP:
        while cursor.token.kind != "end" and not closed(cursor, closers):
            cursor.at += 1
    elif word in DOMAIN:
        skip(cursor, closers)
    else:
        raise cursor.wrong("a condition without a value")
    return None


def _leading_words(cursor: Cursor) -> list[str] | None:
    """The words before "is", ":" or "=" and a value, without fluff; None where it is prose."""
    place = cursor.at
    words: list[str] = []
    while _in_label(cursor, bool(words)):
        words.append(cursor.token.text.lower())
        cursor.at += 1
    last = words[-1] if words else ""
    named = cursor.accept(":", "=") or last in EQUALS_WORDS
    fluff = bool(words) and all(word in FLUFF for word in words)
    extreme = len(words) == 1 and last in EXTREMES
    if (named or fluff or extreme) and _value_next(cursor):
        return [word for word in words if word not in FLUFF]
    cursor.at = place
    return None


def _in_label(cursor: Cursor, started: bool) -> bool:
    """Whether a label continues: words, and single letters that name something among them."""
    token = cursor.token
    lower = token.text.lower()
    if token.kind != "word" or lower in CONNECTIVES or lower in NEGATIONS:
        return False
    if natural(token):
        return not _number_word(cursor)
    return started and len(token.text) == 1 and natural(cursor.peek())


def _value_next(cursor: Cursor) -> bool:
    token = cursor.token
    if token.kind == "word" and natural(token):
        return _number_word(cursor)
    return starts_atom(cursor) or token.text in ("-", "+", "pm", "set(", "$", "|", "<(", "€", "£")


def _prose(cursor: Cursor, closers: frozenset[str]) -> Node:
    """Everything up to the next separator as words."""
    words: list[str] = []
    while not (cursor.token.kind == "end" or closed(cursor, closers) or separator(cursor, closers)):
        if cursor.token.text not in ("{", "}", "(", ")"):
            words.append(cursor.token.text)
        cursor.at += 1
    return Text(content(words))


def skip(cursor: Cursor, closers: frozenset[str]) -> None:
    """Step over the rest of a clause."""
    level = 0
    while cursor.token.kind != "end":
        if level == 0 and (closed(cursor, closers) or separator(cursor, closers)):
            return
        text = cursor.token.text
        level += (text in ("(", "[", "{", "set(")) - (text in (")", "]", "}", ")set"))
        cursor.at += 1


def _after(cursor: Cursor, node: Node, closers: frozenset[str]) -> Node:
    """What may stand behind a relation: a modulus, a remark on the domain, a condition."""
    based = _in_words(cursor, node)
    if based is not None:
        return based
    bracket = cursor.sign("(")
    if cursor.peek(int(bracket)).text in ("mod", "modulo", "pmod"):
        cursor.at += 1 + bracket
        found = with_modulus(node, cursor.expression())
        if bracket:
            cursor.expect(")")
        return found
    if cursor.sign("forall"):
        skip(cursor, closers)
        return node
    token = cursor.token
    lower = token.text.lower()
    if token.kind != "word" or not (natural(token) or lower in DOMAIN):
        return _comment(cursor, node)
    if lower in HOLDING and _condition_next(cursor, closers):
        cursor.domain = True
        return Cases(((node, condition(cursor)[0]),))
    if lower in STOP:
        _remark(cursor, closers, lower)
    elif lower in CONDITION - NEGATIONS:
        guard = condition(cursor)
        return Cases(((node, guard[0] if guard else None),))
    elif lower in NEGATIONS:
        raise cursor.wrong("a negation")
    elif lower in DOMAIN:
        place = cursor.at
        skip(cursor, closers)
        if _counts(cursor.tokens[place : cursor.at]):
            raise cursor.wrong("a remark with a number")
    elif isinstance(node, (Num, Relation, Frac)):
        _skip_words(cursor)
    return node


def _counts(remark: list[FormulaToken]) -> bool:
    """Whether a remark says a number without a relation: "for 5 days", not "for x > 0"."""
    return any(token.kind == "num" for token in remark) and not any(
        token.text in RELATIONS for token in remark
    )


def _condition_next(cursor: Cursor, closers: frozenset[str]) -> bool:
    """Whether the words ahead are an inequality alone, up to the end of the clause."""
    place, signs = cursor.at + 1, 0
    while True:
        token = cursor.tokens[place]
        if token.kind == "end" or token.text in closers or token.text in (",", ";", "and", "or"):
            return signs > 0
        if natural(token) or token.text in ("in", "=", "===", "forall"):
            return False
        signs += token.text in ("<", ">", "<=", ">=")
        place += 1


def _skip_words(cursor: Cursor) -> None:
    """Step over ordinary words behind a value; numbers and negations among them are no remark."""
    while natural(cursor.token) and separator(cursor, frozenset()) is None:
        if _number_word(cursor) or cursor.token.text.lower() in NEGATIONS:
            raise cursor.wrong("a remark with a number")
        cursor.at += 1


def _in_words(cursor: Cursor, node: Node) -> Node | None:
    """`204 base 5`, `204 (base five)`: the number in that base."""
    bracket = cursor.sign("(")
    if cursor.peek(int(bracket)).text != "base" or not isinstance(node, Num):
        return None
    cursor.at += 1 + bracket
    found = in_base(str(node.value), cursor.token.text)
    cursor.at += 1
    if bracket:
        cursor.expect(")")
    return found


def _comment(cursor: Cursor, node: Node) -> Node:
    """A remark of words in brackets behind a value is stepped over, unless it offers a choice."""
    if cursor.sign("(") and declares(cursor):
        cursor.at += 1
        skip(cursor, frozenset(")"))
        cursor.expect(")")
    elif (unit := _unit_in_brackets(cursor)) is not None:
        return _measured(node, unit)
    elif cursor.sign("(") and (natural(cursor.peek()) or cursor.token.mode == "t"):
        about = cursor.peek().text.lower() in APPROXIMATELY
        cursor.at += 1
        while not cursor.accept(")"):
            token, lower = cursor.token, cursor.token.text.lower()
            words = token.kind == "word" and lower not in NEGATIONS and lower not in CONNECTIVES
            if not (words or (about and token.kind == "num") or token.text in (".", ",")):
                raise cursor.wrong("a remark in brackets")
            cursor.at += 1
    return node


def _unit_in_brackets(cursor: Cursor) -> tuple[Unit, str] | None:
    """The unit of "10 (meters)"; the cursor stands behind the bracket then."""
    place = cursor.at
    if cursor.accept("(") and cursor.token.kind == "word":
        found = unit_after(cursor)
        if found is not None and found[0] and cursor.accept(")"):
            return found
    cursor.at = place
    return None


def _measured(node: Node, unit: tuple[Unit, str]) -> Node:
    if isinstance(node, Relation):
        return Relation(node.operators, (*node.sides[:-1], _measured(node.sides[-1], unit)))
    return node if isinstance(node, (Quantity, Collection, Interval)) else Quantity(node, *unit)
