"""The program in a candidate's text: its last fenced block, else its whole text."""

from __future__ import annotations

import re

FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n`]*$", re.MULTILINE)


def code_of(text: str) -> str:
    """The last fenced block; a block that is never closed runs to the end of the text."""
    start, end = span_of(text)
    return text[start:end]


def span_of(text: str) -> tuple[int, int]:
    """Where the code stands in the text."""
    if "```" not in text and "~~~" not in text:
        return 0, len(text)
    block, inside, fence, start = None, False, "", 0
    for match in FENCE.finditer(text):
        mark = match.group(1)
        if not inside:
            inside, fence, start = True, mark, match.end() + 1
        elif mark[0] == fence[0] and len(mark) >= len(fence) and match.group().strip() == mark:
            inside = False
            block = start, match.start()
    return (start, len(text)) if inside else block or (0, len(text))


def defines(code: str, name: str) -> bool:
    """Whether a program binds `name` at its top level."""
    bound = rf"^(?:(?:async[ \t]+)?def|class)[ \t]+{re.escape(name)}\b|^{re.escape(name)}[ \t]*[:=]"
    return re.search(bound, code, re.MULTILINE) is not None


def sources(text: str, prompt_code: str, entry_point: str | None) -> tuple[tuple[str, str], ...]:
    """What to run, as (file name, text): the candidate alone, after the prompt, or continuing it.

    A candidate that defines the entry point still runs after the prompt's code, where that stands
    by itself: chat models leave out its imports.
    """
    code = code_of(text)
    if not prompt_code:
        return (("solution.py", code),)
    if entry_point is not None and not defines(code, entry_point):
        return (("solution.py", prompt_code + code),)
    return (("prompt.py", prompt_code), ("solution.py", code))
