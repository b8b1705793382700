"""The smallest parts of an expression: numbers, letters, fractions, roots, brackets, functions."""

from __future__ import annotations

from fractions import Fraction

from veritune.algebra.limits import MOST_DIGITS, LimitReachedError
from veritune.algebra.reading.brackets import angles, bars, braces, parentheses, rounding
from veritune.algebra.reading.calculus import big, derivative, integral, limit
from veritune.algebra.reading.calls import apply_symbol, call
from veritune.algebra.reading.commands import (
    ACCENTS,
    BINOMIALS,
    FRACTIONS,
    FUNCTIONS,
    GREEK,
    PLAIN_GREEK,
)
from veritune.algebra.reading.cursor import Cursor
from veritune.algebra.reading.environments import environment
from veritune.algebra.reading.repeating import repeating
from veritune.algebra.reading.tokens import FormulaToken
from veritune.algebra.reading.unitphrase import CURRENCIES, natural
from veritune.algebra.reading.words import CONNECTIVES, PARTS, number_phrase
from veritune.algebra.tables import table
from veritune.algebra.trees.build import negated
from veritune.algebra.trees.nodes import (
    Apply,
    Const,
    Dots,
    Frac,
    Func,
    NamedSet,
    Node,
    Num,
    Pow,
    Quantity,
    Root,
    Sym,
)
from veritune.algebra.values.units import find_unit

CONSTANTS = {"pi": Const("pi"), "e": Const("e"), "i": Const("i")}
# Commands that stand for a value.
NAMED: dict[str, Node] = {
    **CONSTANTS, "imath": Const("i"), "jmath": Sym("j"), "infty": Const("oo"),
    "emptyset": NamedSet("empty"), "varnothing": NamedSet("empty"),
}  # fmt: skip
INFINITE = table("infty infinity inf oo Infinity Inf")
# Written in one word with the letter behind them; the longest first.
FUSED = "arcsin arccos arctan sqrt sin cos tan cot sec csc ln log".split()  # noqa: SIM905
# "5th" is the number 5 in an answer.
ORDINALS = table("th st nd rd")
# Signs before the name of an angle or a figure; the name is the value.
SKIPPED = table("angle triangle measuredangle sphericalangle square")


def starts_atom(cursor: Cursor) -> bool:
    """Whether the next token could be a factor without a multiplication sign."""
    kind, text, _, _ = cursor.token
    if kind == "num":
        return True
    if kind == "word":
        return not natural(cursor.token) and text.lower() not in CONNECTIVES
    if kind == "cmd":
        return text != "end"
    if kind != "op":
        return False
    if text == "(" and (natural(cursor.peek()) or declares(cursor) or _names_unit(cursor)):
        return False
    if text == "|":
        return cursor.bars == 0 and cursor.colons
    return text in ("(", "[", "{", "floor(", "ceil(", "...") or (text == "||" and not cursor.bars)


def declares(cursor: Cursor) -> bool:
    """Whether a bracket that is next only says where a letter comes from: `(k \\in Z)`."""
    return cursor.peek(1).kind == "word" and cursor.peek(2).text in ("in", "!=")


def _names_unit(cursor: Cursor) -> bool:
    """Whether a bracket that is next holds a unit of several letters: `12 (cm)`."""
    inside = cursor.peek().text
    return len(inside) > 1 and cursor.peek(2).text == ")" and find_unit(inside) is not None


def atom(cursor: Cursor) -> Node:
    """One atom; raises where none starts."""
    kind, text, _, _ = cursor.token
    if kind == "num":
        return number(cursor)
    if kind == "word":
        return word(cursor)
    if kind == "cmd":
        return command(cursor)
    if kind == "op":
        return _opened(cursor, text)
    raise cursor.wrong()


def _opened(cursor: Cursor, text: str) -> Node:
    if text in ("(", "["):
        return parentheses(cursor)
    if text == "{" or text == "set(":
        return braces(cursor)
    if text in ("|", "||"):
        return bars(cursor)
    if text in ("floor(", "ceil("):
        return rounding(cursor)
    if text == "<(" or text == "<":
        return angles(cursor)
    if text == "...":
        cursor.at += 1
        return Dots()
    if text == "not":
        cursor.at += 1
        return Apply("not", (atom(cursor),))
    if text in CURRENCIES:
        cursor.at += 1
        negative = cursor.accept("-")
        value = atom(cursor)
        return Quantity(negated(value) if negative else value, ((text, 1),), text)
    raise cursor.wrong()


def number(cursor: Cursor) -> Node:
    """A literal, with its printed decimals counted; repeating decimals become fractions."""
    text = cursor.token.text
    cursor.at += 1
    if len(text) > MOST_DIGITS:
        raise LimitReachedError(f"a number of more than {MOST_DIGITS:,} digits")
    if text[:2] in ("0x", "0b", "0o"):
        return Num(int(text, 0))
    if text.endswith(".") or (
        cursor.token.kind == "cmd" and cursor.token.text in ("overline", "dot")
    ):
        found = repeating(cursor, text)
        if found is not None:
            return found
    if cursor.token.text in ORDINALS and cursor.token.kind == "word" and not cursor.token.space:
        cursor.at += 1
    return literal(text)


def literal(text: str) -> Num:
    """The value of digits, a point and an exponent."""
    mantissa, mark, power = text.lower().partition("e")
    whole, point, decimals = mantissa.partition(".")
    digits = len((whole + decimals).lstrip("0"))
    if not point and not mark:
        return Num(int(text), None, digits)
    shift = int(power or 0)
    if abs(shift) > MOST_DIGITS:
        raise LimitReachedError(f"an exponent beyond {MOST_DIGITS:,}")
    value = Fraction(int(whole + decimals or "0")) * Fraction(10) ** (shift - len(decimals))
    return Num(value, len(decimals) - shift, digits)


def word(cursor: Cursor) -> Node:
    """Letters: a function, a constant, a Greek name, a number word, or variables in a row."""
    token = cursor.token
    text = token.text
    applied = text in FUNCTIONS and cursor.peek().text == "("
    if natural(token) and not applied:
        return number_words(cursor)
    if text in FUNCTIONS and (text not in ("ch", "sh", "th") or _applies(cursor)):
        return call(cursor, text)
    if text in ("sqrt", "cbrt", "root"):
        return call(cursor, text)
    if text in INFINITE:
        cursor.at += 1
        return Const("oo")
    if len(text) == 1:
        return symbol(cursor, text)
    if text == "pi" or (text in PLAIN_GREEK and token.mode != "m"):
        cursor.at += 1
        return CONSTANTS.get(text) or Sym(text.removeprefix("var"))
    for name in FUSED:
        rest = text[len(name) :]
        if text.startswith(name) and len(rest) <= 2:
            cursor.split(
                FormulaToken("word", name, token.space, "m"), FormulaToken("word", rest, False, "m")
            )
            return atom(cursor)
    cursor.split(*_letters(token))
    return atom(cursor)


def _applies(cursor: Cursor) -> bool:
    """Whether an argument stands behind a function's name that may be two variables instead."""
    cursor.at += 1
    found = starts_atom(cursor) or cursor.sign("^", "-")
    cursor.at -= 1
    return found


def _letters(token: FormulaToken) -> list[FormulaToken]:
    """The variables that stand in a row; `pi` among them stays whole."""
    parts: list[str] = []
    text = token.text
    while text:
        size = 2 if text.startswith("pi") and token.mode != "m" else 1
        parts.append(text[:size])
        text = text[size:]
    return [FormulaToken("word", part, token.space and not i, "m") for i, part in enumerate(parts)]


def number_words(cursor: Cursor) -> Node:
    """ "twenty one", "two thirds", "half": the number that the words name."""
    words: list[str] = []
    place = cursor.at
    while cursor.tokens[place : place + 1] and len(words) < 12:
        token = cursor.tokens[place]
        if token.kind == "word" and (natural(token) or token.text.lower() in PARTS):
            words.append(token.text.lower())
        elif token.text != "-":
            break
        else:
            words.append("-")
        place += 1
    found = number_phrase([word for word in words if word != "-"])
    if found is None:
        raise cursor.wrong("a word")
    top, bottom, used = found
    while used:
        used -= cursor.token.text != "-"
        cursor.at += 1
    return Num(top) if bottom == 1 else Frac(Num(top), Num(bottom))


def symbol(cursor: Cursor, text: str) -> Node:
    """One letter: a constant, a function that is applied, or a variable."""
    cursor.at += 1
    if text in CONSTANTS and text not in cursor.bound:
        return CONSTANTS[text]
    applied = apply_symbol(cursor, text)
    return applied if applied is not None else Sym(text)


def command(cursor: Cursor) -> Node:
    """A LaTeX command with structure."""
    text = cursor.token.text
    if text in FUNCTIONS and text != "Gamma":
        return call(cursor, text)
    cursor.at += 1
    if text in FRACTIONS:
        return derivative(cursor) or Frac(argument(cursor), argument(cursor))
    if text in BINOMIALS:
        return Func("binomial", (argument(cursor), argument(cursor)))
    if text == "sqrt":
        return root(cursor)
    if text in GREEK:
        return symbol_named(cursor, text.removeprefix("var"))
    if text in ("sum", "prod"):
        return big(cursor, text)
    if text == "begin":
        return environment(cursor)
    return _rare(cursor, text)


def _rare(cursor: Cursor, text: str) -> Node:
    if text in NAMED:
        return NAMED[text]
    if text == "mathbb":
        return _blackboard(cursor)
    if text in ACCENTS or text == "overline":
        return _accented(cursor, text)
    if text in SKIPPED:
        return atom(cursor) if starts_atom(cursor) else Sym(text)
    if text in ("overset", "stackrel", "underset"):
        argument(cursor)
        return argument(cursor)
    if text == "int":
        return integral(cursor, argument)
    if text == "lim":
        return limit(cursor)
    if text in ("end", "oint", "iint"):
        raise cursor.wrong(f"\\{text}")
    return symbol_named(cursor, text)


def symbol_named(cursor: Cursor, name: str) -> Node:
    applied = apply_symbol(cursor, name)
    return applied if applied is not None else Sym(name)


def _blackboard(cursor: Cursor) -> Node:
    """`\\mathbb{R}`, with its restriction to positive or negative numbers."""
    name = cursor.raw()
    if not name:
        raise cursor.wrong("a set without a name")
    while cursor.accept("^", "_"):
        name += cursor.raw()
    return NamedSet(name)


def _accented(cursor: Cursor, accent: str) -> Node:
    inner = argument(cursor)
    if accent in ("overline", "bar") and not isinstance(inner, Num):
        return Func("conj", (inner,))
    if accent in ("vec", "overrightarrow") or not isinstance(inner, (Sym, Const)):
        return inner
    return Sym(f"{accent}({inner.name})")


def root(cursor: Cursor) -> Node:
    """A root with its optional degree."""
    degree = cursor.one("]") if cursor.accept("[") else Num(2)
    inside = argument(cursor, whole=True)
    if isinstance(degree, Num) and isinstance(degree.value, int) and 2 <= degree.value <= 1000:
        return Root(degree.value, inside)
    return Pow(inside, Frac(Num(1), degree))


def argument(cursor: Cursor, *, whole: bool = False) -> Node:
    """A braced group, or as in TeX the next sign alone; `whole` keeps a number together."""
    token = cursor.token
    if token.kind == "num" and not whole and len(token.text) > 1 and token.text.isdigit():
        rest = FormulaToken("num", token.text[1:])
        cursor.split(FormulaToken("num", token.text[0], token.space, token.mode), rest)
        return number(cursor)
    if token.kind == "word" and len(token.text) > 1 and not whole and token.text not in FUNCTIONS:
        cursor.split(*_letters(token))
    if cursor.accept("-"):
        return negated(argument(cursor))
    return atom(cursor)
