"""Answers behind a marker, and between tags such as `<answer>` and `</answer>`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Tags for reasoning are not among them: what they hold is no answer.
NAME = r"(?:final[_ -]?answer|answer|ans|result|final|solution)"
TAG = re.compile(rf"(?P<opening><{NAME}>|\[{NAME}\])|</{NAME}>|\[/{NAME}\]", re.IGNORECASE)
# A marker that is itself a tag is closed by the same name.
MARKER_TAG = re.compile(r"(<|\[)([^<>\[\]/\s][^<>\[\]]{0,40})(>|\])")
# GSM8K's marker in a text whose problem names none: a value, or a choice's letter, at the end.
HASHES = re.compile(
    r"(?:^|(?<=\s))####[ \t]*(?P<value>[-+$\\(\d*][^\n]{0,100}|[A-J](?=\s*\Z))\s*\Z", re.MULTILINE
)


# Empty pairs of tags from the end that are skipped.
MOST_EMPTY = 20


class Tagged(NamedTuple):
    """What stands between two tags (None if the second is missing), with the offsets of all."""

    start: int
    end: int
    content: str | None


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
    for _ in range(MOST_EMPTY):
        content, closed, _ = text[found + len(marker) :].partition(closing)
        if content.strip() or not closed:
            return content.strip() if closed else ""
        found = text.rfind(marker, 0, found)
        if found < 0:
            return ""
    return ""


def tagged(text: str) -> Iterator[Tagged]:
    """What stands in tags that are named for an answer; empty ones say nothing."""
    hashes = HASHES.search(text)
    if hashes:
        yield Tagged(hashes.start(), hashes.end(), hashes["value"])
    opening: re.Match[str] | None = None
    for match in TAG.finditer(text):
        if match["opening"]:
            opening = match
        elif opening is not None:
            content = text[opening.end() : match.start()]
            if content.strip():
                yield Tagged(opening.start(), match.end(), content)
            opening = None
    if opening is not None:
        yield Tagged(opening.start(), len(text), None)
