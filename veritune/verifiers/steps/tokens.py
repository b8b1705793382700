"""Prose with arithmetic in it, as tokens with character offsets.

The scan is one pass of one regular expression; LaTeX, markdown and calculator annotations are
read as what they show. Nothing is evaluated here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from veritune.algebra import table

Kind = Literal["number", "operator", "open", "close", "equals", "word", "variable", "break"]


@dataclass(slots=True)
class ProseToken:
    """`text` is lower case, and one sign for all that mean the same: `*`, `/`, `-`, `=`."""

    kind: Kind
    text: str
    start: int
    end: int
    # White space, or what shows as none, stands before it.
    spaced: bool
    percent: bool = False
    # Whether more digits are said to follow: 16.66...
    dots: bool = False


_SCAN = re.compile(
    r"""
    (?:(?P<plain>[A-Za-z]{2,}+(?![\w'’-]))
    |(?P<skip>[ \t\u00a0]+|<<[^<>\n]*>>
        |\\(?:left|right|displaystyle|boxed|fbox)(?![a-zA-Z])|\\[,;!:\ ]|\\?\$|[£€¥&]
        |\*\*(?!\d)|(?<=\s)\*\*)
    |(?P<row>\\\\|\\[\[\]()]|\\(?:q?quad|implies|Rightarrow|to|therefore|newline)(?![a-zA-Z]))
    |(?P<bullet>^[ \t]*(?:\#+[ \t]+)?(?:[-*•][ \t]+|\d{1,2}[.)][ \t]+))
    |(?P<unread>\d{1,2}:\d\d(?!\d)|0\d+(?![\d.])|\\[a-zA-Z]+_|[<>!]=|[<>≤≥≠]
        |(?!\d{1,3}(?:,\d{3})+(?![\d,]))\d+(?:,\d+)+
        |(?<=[\w)}\]])(?<![^\W\d_]{2}):(?=[\w({\[]|\\d?frac)
        |(?<=[\w)}\]][ ])(?<![^\W\d_]{2}[ ]):(?=[ ](?:[\w({\[]|\\d?frac))
        |(?<=\d)(?:[;?“”]|\.(?:\\[!,;:]|[{~.])?)(?=\d)
        |(?<=\d)[.,](?=\\(?:overline|bar|dot)(?![a-zA-Z])|\(\d+\))
        |(?<=\d)\.(?=\\(?!end|text\w*\{[\s(A-Za-z]|q?quad|[iI]mplies|[rR]ightarrow|therefore|newline|tag)[a-zA-Z]))
    |(?P<ordinal>(?<!=)(?<!=[ ])\d+(?:st|nd|rd|th)\b)
    |(?P<number>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,3}(?:[ ]\d{3})*[ ]000(?!\d)|\d+)(?:\.\d+)?|\.\d+)
        (?P<dots>\.\.\.|…)?
        (?P<percent>[ ]?\\?%|\s+percent\b)?
    |(?P<approx>\\approx|≈|~=)|(?P<equals>==?)
    |(?P<fraction>\\[dt]?frac(?![a-zA-Z]))
    |(?P<unit>\\(?:text|mathrm|mbox|textit|textrm)\s*\{[^{}\n]*\})
    |(?P<times>\\(?:times|cdot|ast)(?![a-zA-Z])|(?<=[\d)}%$²³ ])[xX]
        (?=[ ]?\\?[$£€]?[ ]?(?:[\d(]|\.\d)))
    |(?P<over>\\div(?![a-zA-Z]))
    |(?P<command>\\[a-zA-Z]+)
    |(?P<square>²)|(?P<cube>³)
    |(?P<name>[^\W\d_][\d_]+(?![^\W\d_]))
    |(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)
    |(?P<operator>\*\*|[-+*/^×·⋅÷−–])
    |(?P<open>[({\[])
    |(?P<close>[)}\]])
    |(?P<other>[\s\S]))[ \t\u00a0]*
    """,  # noqa: RUF001
    re.VERBOSE | re.MULTILINE,
)
_OPERATORS = {**dict.fromkeys("×·⋅", "*"), **dict.fromkeys("−–", "-"), "÷": "/", "**": "^"}  # noqa: RUF001
_DIGITS = re.compile(r"[\d.]+")
# Digits; longer ones are identifiers or noise.
_LONGEST_NUMBER = 40
# A number follows, with its currency or an opening bracket.
_NUMBER_NEXT = re.compile(r"\s*+(?:\\?[$£€]\s*+|\\\s*+)?(?:[\d(]|\.\d)")
# Operators in words; those of two words are below.
_SPOKEN = {"plus": "+", "minus": "-", "times": "*"}
_SPOKEN_PAIRS = {("multiplied", "by"): "*", ("divided", "by"): "/"}
_EQUALITIES = frozenset({"is", "are", "equals", "gives", "makes"})
# These begin another clause, which no expression crosses.
_CLAUSES = table(
    "because so since which then where therefore thus hence when if but while that implies"
)
# What a word of more than two letters may be beside a word.
_TELLING = _CLAUSES | _EQUALITIES | _SPOKEN.keys() | {"equal"}
_STOPS = frozenset('\n\r,.;:!?"“”—→⇒∴')
# Single letters that are words of English, unless an operator stands beside them.
_LONE_WORDS = frozenset("ai")
_OPERATOR_NEXT = re.compile(r"\s*[-+*/^=<>_(]")
# Short words that are units or suffixes, and no variables.
_UNITS = table(
    "km cm mm kg mg lb ft in oz ml gb mb tb kb hr mi am pm yd qt pt mph sq st th nd rd c"
)
# Short words of English that would read as products of variables.
_SHORT_WORDS = table(
    "is of or to at by in on so as an if we he it do be my up no go us me am ok vs"
)


def scan(text: str, start: int, end: int) -> list[ProseToken]:
    """The tokens between two offsets; what is not understood is a break."""
    tokens: list[ProseToken] = []
    spaced = True
    for match in _SCAN.finditer(text, start, end):
        group = match.lastgroup
        if group is None or group == "skip":
            spaced = True
            continue
        first, last = match.start(), match.end(group)
        shown = text[first:last]
        token = ProseToken("word", shown.lower(), first, last, spaced)
        if group == "plain" and last - first > 2 and token.text not in _TELLING:  # As most are.
            tokens.append(token)
        else:
            _append(tokens, token, group, shown, text)
        spaced = match.end() > last
    return tokens


def _append(tokens: list[ProseToken], token: ProseToken, group: str, shown: str, text: str) -> None:
    """Add a token that is read as a word so far, or what it is made of."""
    if group in ("plain", "word") or (group == "times" and shown in "xX" and not _operand(tokens)):
        _append_word(tokens, token, text)
    elif group in ("square", "cube"):
        at = token.end
        tokens.append(ProseToken("operator", "^", token.start, at, False))
        tokens.append(ProseToken("number", "2" if group == "square" else "3", at, at, False))
    else:
        if group in ("number", "dots", "percent"):
            _set_number(token, shown)
        elif group == "operator":
            token.kind, token.text = "operator", _OPERATORS.get(shown, shown)
        elif group == "other":
            token.kind, token.text = ("break" if shown in _STOPS else "variable"), shown
        else:
            token.kind, name = _PLAIN[group]
            token.text = name or token.text
        tokens.append(token)


def _operand(tokens: list[ProseToken]) -> bool:
    """Whether what was read last may be multiplied."""
    return bool(tokens) and tokens[-1].kind in ("number", "close", "word")


_PLAIN: dict[str, tuple[Kind, str]] = {
    "bullet": ("break", ""),
    "unread": ("variable", ""),
    "ordinal": ("word", ""),
    "equals": ("equals", "="),
    "approx": ("equals", "≈"),
    "row": ("break", ""),
    "fraction": ("operator", "frac"),
    "unit": ("word", ""),
    "times": ("operator", "*"),
    "over": ("operator", "/"),
    "command": ("variable", ""),
    "name": ("variable", ""),
    "open": ("open", "("),
    "close": ("close", ")"),
}


def _set_number(token: ProseToken, shown: str) -> None:
    digits = "".join(_DIGITS.findall(shown.replace("...", "")))
    if len(digits) > _LONGEST_NUMBER:
        token.kind, token.text = "variable", ""
        return
    token.kind, token.text = "number", digits
    token.percent = "%" in shown or "percent" in shown
    token.dots = "..." in shown or "…" in shown


def _append_word(tokens: list[ProseToken], token: ProseToken, text: str) -> None:
    word, end = token.text, token.end
    last = tokens[-1] if tokens else None
    if last is not None and (pair := _SPOKEN_PAIRS.get((last.text, word))):
        tokens[-1] = ProseToken("operator", pair, last.start, end, last.spaced)
        return
    if word in ("equal", "to") and last is not None and last.kind == "equals":
        last.end = end
        return
    if word in _SPOKEN and _NUMBER_NEXT.match(text, end):
        token.kind, token.text = "operator", _SPOKEN[word]
    elif word in _EQUALITIES and (
        _NUMBER_NEXT.match(text, end) or text.startswith(" equal to", end)
    ):
        token.kind, token.text = "equals", "is"
    elif word in _CLAUSES:
        token.kind = "break"
    elif _is_variable(word, text, end, last, attached=not token.spaced):
        token.kind = "variable"
    tokens.append(token)


def _is_variable(
    word: str, text: str, end: int, last: ProseToken | None, *, attached: bool
) -> bool:
    """Whether letters stand for a value: x, or the ab of 3ab; not the a of "a day"."""
    if len(word) > 2 or (len(word) == 2 and word in _UNITS):
        return False
    attached = attached and last is not None and last.kind == "number"
    beside = _OPERATOR_NEXT.match(text, end) is not None
    if len(word) == 1:
        return word not in _LONE_WORDS or attached or beside
    follows = last is not None and last.kind in ("operator", "equals", "variable")
    return attached or ((beside or follows) and word not in _SHORT_WORDS)
