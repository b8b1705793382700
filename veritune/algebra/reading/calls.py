"""Functions and their arguments: `\\sin^2 2x`, `\\log_2 8`, `max(a, b)`, `f'(x)`."""

from __future__ import annotations

from veritune.algebra.reading.commands import FRACTIONS, FUNCTIONS, GREEK, INVERTIBLE
from veritune.algebra.reading.cursor import Cursor
from veritune.algebra.reading.tokens import FormulaToken
from veritune.algebra.reading.unitphrase import natural
from veritune.algebra.tables import table
from veritune.algebra.trees.build import negated, product
from veritune.algebra.trees.nodes import Apply, Collection, Const, Func, Node, Num, Pow, Root, Sym

# Functions of any number of arguments.
VARIADIC = table("max min gcd lcm")
# Letters that are functions before any bracket that does not hold them themselves.
ALWAYS_APPLIED = frozenset("fgFGH")
# What ends an argument that has no brackets.
SEPARATING = frozenset((",", ";", "=", "<", ">", "<=", ">=", "!=", "~"))
# What may stand in such an argument beside numbers.
NUMERIC = frozenset(("+", "-", "/", "{", "}", ".", "%"))
PLAIN_ROOTS = {"sqrt": 2, "root": 2, "cbrt": 3}
# Tokens of a bracket that may be a function's arguments: "f(x, y)".
LONGEST_SIGNATURE = 12


def call(cursor: Cursor, text: str) -> Node:
    """A known function at the cursor, with base, power and argument."""
    cursor.at += 1
    if text in PLAIN_ROOTS:
        return Root(PLAIN_ROOTS[text], _argument(cursor))
    name = FUNCTIONS[text]
    base: Node | None = None
    power: Node | None = None
    if name == "lg":
        name, base = "log", Num(10)
    while cursor.sign("_", "^"):
        if cursor.accept("_"):
            base = _script(cursor)
        else:
            cursor.at += 1
            power = _script(cursor)
    if name == "log" and base is None:
        base = Num(10)
    if power == Num(-1) and name in INVERTIBLE:
        name, power = f"a{name}", None
    if name in VARIADIC:
        node: Node = Func(name, _arguments(cursor))
    elif base is not None:
        node = Func(name, (_argument(cursor), base))
    else:
        node = Func(name, (_argument(cursor),))
    return node if power is None else Pow(node, power)


def _script(cursor: Cursor) -> Node:
    """The argument of `_` or `^`: a group, or one sign."""
    if cursor.accept("{"):
        return cursor.one("}")
    if cursor.accept("-"):
        return negated(_script(cursor))
    token = cursor.token
    if token.kind == "num" and token.text.isdigit():
        cursor.at += 1
        return Num(int(token.text))
    if token.kind == "word" and cursor.peek().text == "(":  # the bracket is the function's
        cursor.at += 1
        return Const("e") if token.text == "e" else Sym(token.text)
    return cursor.grammar.factor(cursor)


def _arguments(cursor: Cursor) -> tuple[Node, ...]:
    if cursor.sign("(", "[", "set(", "{"):
        group = _bracketed(cursor)
        return group.items if isinstance(group, Collection) else (group,)
    return (_argument(cursor),)


def _bracketed(cursor: Cursor) -> Node:
    """A bracket alone, so that in sin(x)^2 the square belongs to the sine."""
    closer = {"(": ")", "[": "]", "{": "}", "set(": ")set"}[cursor.token.text]
    cursor.at += 1
    items = cursor.members(closer)
    cursor.expect(closer)
    if not items:
        raise cursor.wrong("an empty argument")
    return items[0] if len(items) == 1 else Collection("paren", tuple(items))


def _argument(cursor: Cursor) -> Node:
    """A bracket, or the product that stands next as in sin 2x."""
    if cursor.sign("(", "[", "{"):
        return _bracketed(cursor)
    if cursor.sign("|", "floor(", "ceil("):
        return cursor.grammar.factor(cursor)
    if cursor.accept("-"):
        return product([Num(-1), _argument(cursor)])
    factors = [cursor.grammar.factor(cursor)]
    while _continues(cursor):
        factors.append(cursor.grammar.factor(cursor))
    return product(factors)


def _continues(cursor: Cursor) -> bool:
    """Whether the next token still belongs to an argument without brackets."""
    kind, text, _, _ = cursor.token
    if kind == "word":
        return not natural(cursor.token) and text not in FUNCTIONS and text not in ("or", "and")
    if kind == "cmd":
        return text in GREEK or text in FRACTIONS or text in ("pi", "sqrt", "infty")
    return False


def apply_symbol(cursor: Cursor, name: str) -> Node | None:
    """`f(x)` behind the letter f, or None where the bracket is a factor."""
    place = cursor.at
    full = name + _decoration(cursor, name)
    if cursor.sign("(") and (
        "'" in full
        or "^" in full
        or full in cursor.functions
        or _defines(cursor, place)
        or _takes(name, _inside(cursor))
    ):
        cursor.functions.add(full)
        given = [token.text for token in _inside(cursor)].count("|") == 1
        cursor.at += 1
        items = cursor.members(*("|" if given else ()), ")", colons=not given)
        if given and cursor.accept("|"):
            items += [Sym("|"), *cursor.members(")")]
        cursor.expect(")")
        if full == "zeta" and len(items) == 1:
            return Func("zeta", (items[0],))
        if items:
            return Apply(full, tuple(items))
    cursor.at = place
    return None


def _inside(cursor: Cursor) -> list[FormulaToken]:
    """The tokens between the bracket at the cursor and the one that closes it."""
    level, found = 0, []
    for token in cursor.tokens[cursor.at :]:
        level += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if level == 0 or token.kind == "end":
            break
        found.append(token)
    return found[1:]


def _takes(name: str, inside: list[FormulaToken]) -> bool:
    """Whether a bracket holds the arguments of a function, and is not a factor.

    Arguments are lists, relations, events, single letters and plain numbers: f(x, y), P(X = 2),
    P(A or B), y(t), V(0). A sum is a factor: a(b + c); so is what holds the letter: g(4g + 1).
    """
    texts = [token.text for token in inside]
    letters = [token.text for token in inside if token.kind in ("word", "cmd")]
    if name in letters or not texts:
        return False
    if name in ALWAYS_APPLIED or SEPARATING.intersection(texts) or texts.count("|") == 1:
        return True
    if any(text in ("cup", "cap", "and", "or") for text in texts) and letters:
        return name.isupper()
    if len(texts) == 1:
        return True
    plain = [text for text in letters if text not in ("frac", "dfrac", "tfrac", "pi")]
    signed = NUMERIC.union(("frac", "dfrac", "tfrac", "pi"))
    numbers = all(token.kind == "num" or token.text in signed for token in inside)
    return not plain and numbers and sum(text in ("+", "-") for text in texts[1:]) == 0


def _decoration(cursor: Cursor, name: str) -> str:
    """Primes, an index, or the -1 of an inverse between a function's name and its bracket."""
    extra = ""
    while cursor.sign("'"):
        cursor.at += 1
        extra += "'"
    texts = [cursor.peek(i).text for i in range(6)]
    if texts[:5] == ["^", "{", "-", "1", "}"] and texts[5] == "(" and name in ALWAYS_APPLIED:
        cursor.at += 5
        return extra + "^-1"
    if texts[0] == "_" and texts[2] == "(" and texts[1] != "{":
        cursor.at += 2
        return f"{extra}_{texts[1]}"
    if texts[:2] == ["_", "{"] and texts[3:5] == ["}", "("]:
        cursor.at += 4
        return f"{extra}_{texts[2]}"
    return extra


def _defines(cursor: Cursor, place: int) -> bool:
    """Whether `T(10) = ...` starts here: simple arguments, then an equals sign."""
    before = cursor.tokens[place - 2] if place >= 2 else None
    if before is not None and before.text not in (",", ";", "and", "or", "row", "{", "set("):
        return False
    for ahead in range(1, LONGEST_SIGNATURE):
        token = cursor.peek(ahead)
        if token.text == ")":
            return ahead > 1 and cursor.peek(ahead + 1).text in ("=", "->", ":=")
        if token.kind not in ("num", "word") and token.text not in (",", "_", "{", "}"):
            return False
    return False
