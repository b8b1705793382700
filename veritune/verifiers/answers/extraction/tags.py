"""Answers behind a marker, and between tags such as `<answer>` and `</answer>`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritune.verifiers.answers.extraction.boxes import Placed

# Tags for reasoning are not among them: what they hold is no answer.
NAME = r"(?:final[_ -]?answer|answer|ans|result|final|solution)"
TAG = re.compile(rf"(?P<opening><{NAME}>|\[{NAME}\])|</{NAME}>|\[/{NAME}\]", re.IGNORECASE)
# A marker that is itself a tag is closed by the same name.
MARKER_TAG = re.compile(r"(<|\[)([^<>\[\]/\s][^<>\[\]]{0,40})(>|\])")
# GSM8K's marker in a text whose problem names none: a value, or a choice's letter, at the end.
HASHES = re.compile(
    r"(?:^|(?<=\s))####[ \t]*(?P<value>[-+$\\(\d*][^\n]{0,100}|[A-J](?=\s*\Z))\s*\Z", re.MULTILINE
)
# Words before the marker on its line that deny it, or only show how an answer is to be written.
MENTIONED = re.compile(
    r"\b(?:format|example|template|write|marker|e\.g)\b"
    r"|(?:\b(?:not|never|cannot|if|whether|says?|said|claim(?:s|ed)|thinks?|suppose|assume)|n't|n\u2019t)"
    r"(?:\s+(?:the|that|it|is|be|was|were|to|an?|final|answer|equal)){0,5}[\s:]*$",
    re.IGNORECASE,
)


def behind_marker(text: str, marker: str) -> str | None:
    """What stands behind the last marker: between tags if it is one, else on its line or the next.

    Empty where nothing stands there or a tag is not closed; None where there is no marker.
    """
    found = text.rfind(marker)
    if found < 0:
        return None
    tag = MARKER_TAG.fullmatch(marker.strip())
    if tag is None:
        return text[found + len(marker) :].strip().partition("\n")[0].strip()
    closing = f"{tag[1]}/{tag[2]}{tag[3]}"
    while found >= 0:
        start = found + len(marker)
        end = text.find(closing, start)
        if end < 0 or text[start:end].strip():
            return text[start : max(start, end)].strip()
        found = text.rfind(marker, 0, found)
    return ""


def tagged(text: str) -> Iterator[Placed]:
    """What stands in tags that are named for an answer; empty ones say nothing.

    Without content where the last one is not closed.
    """
    hashes = HASHES.search(text)
    line = text[text.rfind("\n", 0, hashes.start()) + 1 : hashes.start()] if hashes else ""
    if hashes and not (MENTIONED.search(line) or hashes["value"].endswith("?")):
        yield Placed(hashes.start(), hashes.end(), hashes["value"])
    opening: re.Match[str] | None = None
    for match in TAG.finditer(text):
        if match["opening"]:
            opening = match
        elif opening is not None:
            content = text[opening.end() : match.start()]
            if content.strip():
                yield Placed(opening.start(), match.end(), content)
            opening = None
    if opening is not None:
        yield Placed(opening.start(), len(text), "")
