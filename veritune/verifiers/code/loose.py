"""Code that stands in prose without a fence, and bodies that continue a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritune.verifiers.code.blocks import CodeBlock, Quotes, lines_of

# A line that begins a program in the middle of prose: it must look like nothing else.
STARTS = re.compile(
    r"@\w|#!|(?:async[ \t]+)?def[ \t]+\w|class[ \t]+\w+[ \t]*[(:]"
    r"|import[ \t]+\w[\w., \t]*(?:\r?$|#)|from[ \t]+[\w.]+[ \t]+import\b|if[ \t]+__name__"
    r"|[A-Za-z_][\w.]*+(?:[ \t]*+:[\w\[\], \t.]++)?[ \t]*+=[^=]|\w+(?:[ \t]*,[ \t]*\w+)+[ \t]*=[^=]"
    r"|(?:print|main)\(|for[ \t]+[\w, ]+[ \t]in[ \t].+:|while[ \t].+:\r?$|try[ \t]*:"
)
# A line within one, where less is enough.
CONTINUES = re.compile(
    r"#|(?:if|elif|else|for|while|try|except|finally|with|match|async)\b.*:[ \t]*(?:#.*)?\r?$"
    r"|(?:return|raise|assert|del|global|yield|await)\b|pass\b|[)\]}]|\"\"\"|'''|[rbf]?['\"]"
    r"|[\w.]+(?:\[[^\]]*\])*\(.*|[\w.\[\]'\", *()]+[ \t]*(?:[-+*/%&|^@]|//|\*\*|<<|>>|:)?=[^=]"
)
# Anything else is code: what is taken for prose must look like it.
PROSE_LINE = re.compile(
    r"(?:[-*+>#]+[ \t]+|\d{1,3}[.)][ \t]+)?[A-Za-z\"'`*(][\w'\u2019`*-]*[,:;.!?]?[ \t]+"
    r"[\w'\u2019`*(<]"
    r"|</?\w+>|\[/?[A-Z]+\]$|\*\*|(?:---|===|___|\*\*\*)|[-*+>][ \t]|[A-Z]\w*[:.!]$|\$|\\"
)
# Brackets in these open nothing.
STRINGS = re.compile(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|#[^\n]*")
# Characters of a line by which it is told whether it is code: its start shows it.
LONGEST_LINE = 300
# What begins anew at the margin, so that text above it ends there.
TOP_LEVEL = re.compile(r"(?:async[ \t]+)?def\b|class\b|import\b|from\b|@|if[ \t]+__name__")


def loose_blocks(text: str, start: int, end: int) -> Iterator[CodeBlock]:
    """Runs of lines between `start` and `end` that read as Python, without the prose around."""
    opened: int | None = None
    lead = depth = 0
    at = last = start
    quotes = Quotes()
    for line in lines_of(text[start:end]):
        shown = line.strip()
        indent = len(line) - len(line.lstrip(" \t"))
        over = opened is not None and shown and depth <= 0 and not _goes_on(line, lead, indent)
        if opened is not None and over and not quotes.open:
            yield CodeBlock(opened, last, lead=lead, fenced=False)
            opened = None
        if opened is None and STARTS.match(line, indent, indent + LONGEST_LINE):
            opened, lead, depth, quotes = at, indent, 0, Quotes()
        at += len(line)
        if opened is not None:
            quotes.read(line)
        if opened is not None and shown:
            last = at
            depth += _depth(line)
    if opened is not None:
        yield CodeBlock(opened, last, lead=lead, fenced=False)


def _goes_on(line: str, lead: int, indent: int) -> bool:
    """Whether a line, in no bracket, may belong to the code above it."""
    if indent > lead:
        return True
    stop = indent + LONGEST_LINE
    if indent == lead and (STARTS.match(line, indent, stop) or CONTINUES.match(line, indent, stop)):
        return True
    return indent == lead and not PROSE_LINE.match(line.strip()[:LONGEST_LINE])


def _depth(line: str) -> int:
    plain = STRINGS.sub("", line)
    return sum(map(plain.count, "([{")) - sum(map(plain.count, ")]}"))


def continued(prompt_code: str, code: str) -> str:
    """A body as a continuation of the prompt: with the indentation that its writer left out."""
    lines = lines_of(code)
    first = next((n for n, line in enumerate(lines) if line.strip()), None)
    if first is None or not prompt_code.endswith("\n") or lines[first][0] in " \t":
        return code
    body = _body_indent(prompt_code)
    if not body or TOP_LEVEL.match(lines[first]):
        return code
    rest = [len(line) - len(line.lstrip(" \t")) for line in lines[first + 1 :] if line.strip()]
    deeper = len(body) * (2 if lines[first].split("#")[0].rstrip().endswith(":") else 1)
    whole = bool(rest) and rest[0] < deeper  # every line lost it, and not the first alone
    return "".join(
        body + line if line.strip() and (whole or number == first) else line
        for number, line in enumerate(lines)
    )


def _body_indent(prompt_code: str) -> str:
    """The indentation of the function that the prompt leaves open, or nothing."""
    last = prompt_code.rstrip().rpartition("\n")[2]
    indent = last[: len(last) - len(last.lstrip())]
    return indent + "    " if last.endswith(":") else indent
