"""From a formula to tokens, in one pass.

A token is (kind, text, space, mode). Kinds: num, word, cmd (a command with structure), op.
`space` says whether white space stands before it. `mode` is "t" inside text, "m" inside
mathematics, "p" where the formula has no delimiters and no commands, so that nobody knows.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from veritune.algebra.limits import (
    DEEPEST,
    MOST_TOKENS,
    LimitReachedError,
    UnparsedError,
)
from veritune.algebra.reading.commands import (
    IGNORED_ARGUMENT,
    KNOWN,
    OPERATORS,
    ROMAN,
    SPACES,
    TEXTUAL,
    split_name,
)


class FormulaToken(NamedTuple):
    kind: str
    text: str
    space: bool = False
    mode: str = "m"


# What separates thousands, in all the ways that LaTeX has for it.
GROUP = r"(?:,|\s?\{\s*,\s*\}|,?\s?\\!\s?|\s?\\[,;: ]\s?|\\thinspace\s?|'|~)"
# TeX's decimal comma, "2{,}5", where its braces cannot set thousands apart.
POINT = r"\{\s*,\s*\}"
DECIMAL = rf"(?![1-9]\d{{0,2}}(?:{POINT}\d{{3}})+(?!\d))\d+{POINT}\d+(?!\d|{POINT})"
# The longest form first: the first that matches is taken.
NUMBER = (
    rf"{DECIMAL}|\d{{1,3}}(?:{GROUP}\d{{3}})+(?!\d)(?:\.\d+)?"
    r"|\d{1,3}(?:[ ]\d{3})+(?![\d/])(?:\.\d+)?"
    r"|0x[0-9a-fA-F]+\b|0b[01]+\b|0o[0-7]+\b"
    r"|(?:\d+(?:\.\d+)?|\.\d+)[eE][+-]?\d+(?![\dA-Za-z.])"
    r"|\d+\.(?=\\(?:overline|dot|bar|overset)\b)"
    r"|\d+(?:\.\d+)?|\.\d+"
)
# One pass; what matches nothing is no formula.
MASTER = re.compile(
    rf"(?P<num>{NUMBER})"
    r"|(?P<space>\s+|~|\\[,;:!>\s@]|\\\\(?:\[[^\]\\]{0,8}(?:pt|em|ex|cm|mm)\])?)"
    r"|\\(?P<cmd>[A-Za-z]+\*?)"
    r"|\\(?P<esc>[{}%$#&_|()\[\]'\".\-/])"
    r"|(?P<word>[^\W\d_]+)"
    r"|(?P<op>\$\$|\*\*|<=>|<=|>=|!=|<>|==|=<|->|=>|\.\.\.|//|[-+*/^_=<>()\[\]{}|,;:!&%$°'\"?.€£¥¢₹‰@#])",
)
ESCAPED = {
    "{": "set(", "}": ")set", "%": "%", "$": "$", "#": "#", "&": "and", "_": "_", "|": "||",
    "'": "'", '"': '"', ".": ".", "-": "-", "/": "/",
}  # fmt: skip
# Signs of programs, as mathematics writes them.
RENAMED = {"**": "^", "=<": "<=", "<>": "!=", "==": "=", "//": "/", "<=>": "=>", "$$": "$"}
OPENERS, CLOSERS = frozenset("([") | {"set("}, frozenset(")]") | {")set"}
PLAIN_GROUP = re.compile(r"\d,\d")
# Inside brackets "1,234" may be two numbers; a group that begins with 0 is none.
ZERO_GROUP = re.compile(r",0")
DOLLAR = re.compile(r"(?<!\\)\$")
# Currency, or the border of a formula: what stands between two of them tells.
DOLLARS = re.compile(r"(?<!\\)\$+")
LETTERS = re.compile(r"[A-Za-z~\s]+")
# Upright letters in braces that read as a unit.
UNIT_LIKE = re.compile(r"[~\s]*[A-Za-z]{1,4}(?:[A-Za-z~\s]|[/^]\{?-?\d?\}?)*")
# Their argument is a function's name, if it is one that is known.
UPRIGHT = frozenset(("mathrm", "operatorname", "operatorname*", "mathop"))
FORMULA = re.compile(r"\\(?!text|mbox|[$%,;! &])")
# In one answer; a text with more is no formula.
MOST_DOLLARS = 400


def tokenize(text: str) -> list[FormulaToken]:
    """The tokens of a cleaned text; raises where a limit is passed or a sign is unknown."""
    dollars = delimiters(text)
    marked = bool(dollars) or "\\(" in text or "\\[" in text
    mode = "t" if marked else "m" if FORMULA.search(text) else "p"
    lexer = _Lexer(text, dollars)
    lexer.run(0, len(text), mode, 0)
    return lexer.tokens


def delimiters(text: str) -> frozenset[int]:
    """Places of the dollar signs that open or close mathematics, and do not mean money."""
    places = [m.start() for m in DOLLAR.finditer(text)]
    single = [m for m in DOLLARS.finditer(text) if len(m.group()) <= 2]
    if len(places) < 2 or len(places) > MOST_DOLLARS:
        return frozenset()
    if _pairs_up(text, single):
        return frozenset(places)
    found: list[int] = []
    k = 0
    while k + 1 < len(single):
        left, right = single[k], single[k + 1]
        follows = text[right.end() : right.end() + 1]
        if follows.isdigit() and text[right.start() - 1].isspace():
            k += 1
            continue
        found += [*range(*left.span()), *range(*right.span())]
        k += 2
    return frozenset(found)


def _pairs_up(text: str, signs: list[re.Match[str]]) -> bool:
    """Whether the dollar signs form pairs, each padded with white space on both sides or none."""
    if len(signs) % 2:
        return False
    return all(
        len(left.group()) == len(right.group())
        and text[left.end()].isspace() == text[right.start() - 1].isspace()
        for left, right in zip(signs[::2], signs[1::2], strict=True)
    )


class _Lexer:
    def __init__(self, text: str, dollars: frozenset[int]) -> None:
        self.text, self.dollars = text, dollars
        self.tokens: list[FormulaToken] = []
        self.brackets = 0
        self.space = False

    def put(self, kind: str, text: str, mode: str) -> None:
        if len(self.tokens) >= MOST_TOKENS:
            raise LimitReachedError(f"more than {MOST_TOKENS:,} tokens")
        self.tokens.append(FormulaToken(kind, text, self.space, mode))
        self.space = False

    def run(self, start: int, end: int, mode: str, depth: int) -> None:
        if depth > DEEPEST:
            raise LimitReachedError("nested too deep")
        at, outer = start, mode
        while at < end:
            match = MASTER.match(self.text, at, end)
            if match is None:
                raise UnparsedError(f"unknown sign {self.text[at]!r}")
            kind, found = match.lastgroup or "", match.group()
            at = match.end()
            if kind == "num":
                at = self.number(match, mode)
            elif kind == "space":
                self.blank(found, mode)
            elif kind == "word":
                self.put("word", found, mode)
            elif kind == "cmd":
                at = self.command(match, end, mode, depth)
            elif kind == "esc":
                mode = self.escaped(match.group("esc"), mode, outer)
            elif found[0] == "$" and match.start() in self.dollars:
                mode = "m" if mode == "t" else "t"
                self.space = True
            else:
                self.operator(RENAMED.get(found, found), mode)

    def blank(self, found: str, mode: str) -> None:
        if found.startswith("\\\\"):
            self.put("op", "row", mode)
        self.space = True

    def number(self, match: re.Match[str], mode: str) -> int:
        """Thousands separators are dropped, except where the commas separate members."""
        found = match.group()
        if found[0] == "0" and found[1:2] in ("x", "b", "o"):
            self.put("num", found, mode)
            return match.end()
        if "{" in found and re.fullmatch(DECIMAL, found):
            self.put("num", re.sub(POINT, ".", found), mode)
            return match.end()
        inside = self.brackets > 0 and PLAIN_GROUP.search(found) and not ZERO_GROUP.search(found)
        if inside or (found.startswith("0") and PLAIN_GROUP.search(found)):
            first = re.match(r"\d+", found)
            assert first is not None
            self.put("num", first.group(), mode)
            return match.start() + first.end()
        self.put("num", re.sub(r"[^\deE.+\-]", "", found), mode)
        return match.end()

    def operator(self, sign: str, mode: str) -> None:
        if sign in OPENERS:
            self.brackets += 1
        elif sign in CLOSERS:
            self.brackets -= 1
        self.put("op", sign, mode)

    def escaped(self, char: str, mode: str, outer: str) -> str:
        """An escaped sign; `\\(` and `\\[` switch to mathematics and back."""
        if char in "([":
            self.space = True
            return "m"
        if char in ")]":
            self.space = True
            return outer
        self.operator(ESCAPED[char], mode)
        return mode

    def command(self, match: re.Match[str], end: int, mode: str, depth: int) -> int:
        """One command; returns where to continue."""
        full = match.group("cmd")
        name = full if full in KNOWN else split_name(full)
        at = match.start() + 1 + len(name)
        if name in SPACES:
            self.space = True
            if name in ("left", "right") and self.text[at : at + 1] == ".":
                at += 1
        elif name in OPERATORS:
            self.operator(OPERATORS[name], mode)
        elif name in TEXTUAL or name in ROMAN:
            return self.content(name, at, end, mode, depth)
        elif name in IGNORED_ARGUMENT:
            close = self.closing(at, end)
            at = at if close is None else close + 1
        else:
            self.put("cmd", name, mode)
        return at

    def content(self, name: str, at: int, end: int, mode: str, depth: int) -> int:
        """The argument of a font command, read in that command's mode."""
        close = self.closing(at, end)
        if close is None:
            return at
        begin = self.text.index("{", at) + 1
        inner = "t" if name in TEXTUAL else "r" if name in UPRIGHT else mode
        unit = inner == "r" and UNIT_LIKE.fullmatch(self.text, begin, close)
        if name in TEXTUAL or unit or LETTERS.fullmatch(self.text, begin, close):
            self.run(begin, close, inner, depth + 1)
        else:
            self.put("op", "{", mode)
            self.run(begin, close, inner, depth + 1)
            self.put("op", "}", mode)
        return close + 1

    def closing(self, at: int, end: int) -> int | None:
        """The place of the brace that closes the argument at `at`, if there is one."""
        while at < end and self.text[at].isspace():
            at += 1
        if at >= end or self.text[at] != "{":
            return None
        level = 0
        for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(self.text, at, end):
            level += {"{": 1, "}": -1}.get(match.group(), 0)
            if level == 0:
                return match.start()
        return None
