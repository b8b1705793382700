"""The code blocks of a text as models write it: where they stand, and what they are labelled."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from veritune import thinking

# In a list or a quote, too: what leads the fence is taken off each line.
FENCE = re.compile(
    r"^(?P<lead>[ \t]*(?:>[ \t]?|(?:[-*+]|\d{1,3}[.)])[ \t]+)*)"
    r"(?P<mark>`{3,}|~{3,})(?P<info>[^\n`]*)$",
    re.MULTILINE,
)
OPENING = re.compile(rf"^[ \t]*(?:{thinking.OPENING})", re.MULTILINE | re.IGNORECASE)
CLOSING = re.compile(thinking.CLOSING, re.IGNORECASE)
# A fence in a string of Python closes no block: strings and comments are skipped.
TRIPLE = re.compile(
    r"\\.|#[^\n]*|('''|\"\"\")|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL
)
# A file's name in the line ahead of a fence.
NAMED = re.compile(
    r"(?:^|[\s:=\"'`*#(])([\w./-]{1,100}\.(?:py|cpp|cc|js|java|go|rs|ts|txt|json|csv|toml|cfg))\b"
)
# A file's name in a comment that is the first line of a block.
HEADER = re.compile(
    r"^(?:#|//)[ \t]*(?:-+[ \t]*)?(?:file(?:name)?[ \t]*:[ \t]*)?([\w./-]{1,100}\.\w{1,5})"
    r"[ \t]*-*[ \t\r]*$",
    re.IGNORECASE,
)
MARKED = re.compile(r"^(?:#|//)[ \t]*file(?:name)?[ \t]*:", re.IGNORECASE)
# Fences in a row that may stand in a docstring: to look from the block's start is quadratic.
MOST_TRIED = 50
# Characters of a line, or above a fence, in which a file's name is looked for.
LONGEST_HEAD = 300


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A piece of code from `start` to `end`; `lead` is how far its fence was indented.

    `label` is the language it is said to be in, lower case, and `name` the file it is said to be.
    """

    start: int
    end: int
    label: str = ""
    name: str = ""
    lead: int = 0
    fenced: bool = True

    def lines(self, text: str) -> list[tuple[int, str]]:
        """Its lines without the fence's indentation, each with the offset at which it begins."""
        found, at = [], self.start
        for line in lines_of(text[self.start : self.end]):
            cut = len(line) - len(line.lstrip(" \t>")) if self.lead else 0
            cut = min(cut, self.lead)
            found.append((at + cut, line[cut:]))
            at += len(line)
        return found

    def code(self, text: str) -> str:
        """The code itself."""
        return "".join(line for _, line in self.lines(text))


def lines_of(text: str) -> list[str]:
    """Lines with their ends, as Python counts them."""
    return list(io.StringIO(text, newline=""))


def answer_start(text: str) -> int | None:
    """Where the answer begins, behind what the model thought; None where thinking never ended.

    As `veritune.thinking`, but tags inside a block of code belong to the program.
    """
    if "<|channel|>" in text or text.lstrip().startswith("analysis"):
        return thinking.answer_start(text)
    start = 0
    if not OPENING.search(text) and not CLOSING.search(text):
        return start
    fenced = [(b.start, b.end) for b in fenced_blocks(text, 0)]
    begin = len(text) - len(text.lstrip())
    passed = 0
    opening = OPENING.search(text)
    while True:
        if opening and opening.start() < start:
            opening = OPENING.search(text, start)
        closing = CLOSING.search(text, opening.end() if opening else start)
        if opening:
            while passed < len(fenced) and fenced[passed][1] <= opening.start():
                passed += 1  # blocks and tags are met in order, each once
        # A text that begins with a tag thinks, whatever stands around it.
        apart = opening and (opening.start() <= begin or not _inside(opening, fenced[passed:][:1]))
        if apart:
            if closing is None:
                return None
            start = closing.end()
        elif closing and not opening and _stands_alone(text, closing.start()):
            start = closing.end()  # the prompt opened it
        else:
            return start


def _inside(tag: re.Match[str], blocks: list[tuple[int, int]]) -> bool:
    """Whether a tag stands in one of these blocks of code."""
    return any(start <= tag.start() < end for start, end in blocks)


def _stands_alone(text: str, place: int) -> bool:
    """Whether a closing tag is no part of a string in the code."""
    before = text[text.rfind("\n", 0, place) + 1 : place]
    return not any(mark in before for mark in "'\"`")


def fenced_blocks(text: str, start: int, stop: int | None = None) -> Iterator[CodeBlock]:
    """Fenced blocks from `start` on; one that is never closed runs to the end of the text."""
    opened: re.Match[str] | None = None
    tried = 0
    stop = len(text) if stop is None else stop
    for match in FENCE.finditer(text, start, stop):
        if opened is None:
            opened = match
        elif not _closes(match, opened):
            continue
        elif (tried := tried + 1) % MOST_TRIED == 0 or not _in_string(text, opened, match):
            yield from _inner(text, _block(text, opened, match.start()))
            opened = None
    if opened is not None:
        mark = re.compile(rf"^[ \t]*{opened['mark'][:3]}|{opened['mark'][:3]}\s*\Z", re.MULTILINE)
        end = mark.search(text, opened.end(), stop)
        yield _block(text, opened, end.start() if end else stop)


def _inner(text: str, block: CodeBlock) -> Iterator[CodeBlock]:
    """The blocks inside one of markdown; else the block itself."""
    inside: tuple[CodeBlock, ...] = ()
    if block.label in ("markdown", "md", "text", ""):
        inside = tuple(fenced_blocks(text, block.start, block.end))
    yield from [inner for inner in inside if inner.label] or [block]


def _closes(fence: re.Match[str], opened: re.Match[str]) -> bool:
    mark, first = fence["mark"], opened["mark"]
    shallow = len(fence["lead"]) <= len(opened["lead"]) + 3  # deeper is the code's own
    same = mark[0] == first[0] and len(mark) >= len(first)
    return (
        same and shallow and not fence["info"].strip() and not re.search(r"[-*+\d]", fence["lead"])
    )


def _in_string(text: str, opened: re.Match[str], fence: re.Match[str]) -> bool:
    """Whether a fence stands in a docstring of the block's; it is closed further on, then."""
    quote = open_quote(text[opened.end() : fence.start()])
    return bool(quote) and text.find(quote, fence.end()) >= 0


class Quotes:
    """The triple quotes of code that is read line by line, each character once."""

    def __init__(self) -> None:
        self.open = ""
        """The triple quote that what was read leaves open, or nothing."""

    def read(self, code: str) -> None:
        """Read more of the code, from a line's start to a line's end."""
        at = 0
        while True:
            if self.open:
                end = code.find(self.open, at)
                if end < 0:
                    return
                at, self.open = end + 3, ""
            found = next((m for m in TRIPLE.finditer(code, at) if m[1]), None)
            if found is None:
                return
            at, self.open = found.end(), found[1]


def open_quote(code: str) -> str:
    """The triple quote that code leaves open, or nothing."""
    quotes = Quotes()
    quotes.read(code)
    return quotes.open


def _block(text: str, opened: re.Match[str], end: int) -> CodeBlock:
    start = min(opened.end() + 1, end)
    info = opened["info"].strip().strip("{}").lstrip(".")
    label = re.split(r"[\s:,;{}]", info, maxsplit=1)[0].lower()
    named = NAMED.search(info[:LONGEST_HEAD])
    first = text[start : min(end, start + LONGEST_HEAD)].split("\n", 1)[0]
    header = HEADER.match(first)
    name = named[1] if named else header[1] if header else _name_above(text, opened.start())
    return CodeBlock(start, end, label, name, len(opened["lead"]))


def _name_above(text: str, place: int) -> str:
    """A file name that stands alone on the line above a fence, as `**a.py**` or `### a.py:`."""
    above = text[max(0, place - LONGEST_HEAD) : place].rstrip().rpartition("\n")[2].strip()
    found = re.fullmatch(r"(?:#+[ \t]*|[-*][ \t]+|\d+[.)][ \t]+|[Ff]ile(?:name)?:?[ \t]*)?"
                         r"[`*\"']*([\w./-]{1,100}\.\w{1,5})[`*\"']*:?[`*]*", above)  # fmt: skip
    return found[1] if found else ""
