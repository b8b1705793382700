"""Where a candidate's tokens end in its text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from veritune.models.text import completion_texts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def token_ends(
    tokenizer: PreTrainedTokenizerBase,
    token_ids: Sequence[int],
    text: str,
    known: dict[int, str] | None = None,
) -> list[int]:
    """Where each of a candidate's tokens ends in its text, in characters.

    End tokens, and what a stop string removed, have no width. A character of several tokens ends
    with the last of them. `known` holds what tokens write by themselves, from call to call.
    """
    known = {} if known is None else known
    fresh = sorted(set(token_ids).difference(known))
    known.update(zip(fresh, completion_texts(tokenizer, [[id] for id in fresh]), strict=True))
    pieces = [known[id] for id in token_ids]
    # Token by token where that is the text; else by growing prefixes, which costs a decoding each.
    if "".join(pieces).startswith(text) and "\ufffd" not in "".join(pieces):
        lengths = accumulate(len(piece) for piece in pieces)
    else:
        prefixes = [token_ids[: i + 1] for i in range(len(token_ids))]
        whole = (len(t.rstrip("\ufffd")) for t in completion_texts(tokenizer, prefixes))
        # Never back: a prefix may end within a character.
        lengths = accumulate(whole, max)
    return [min(length, len(text)) for length in lengths]


def token_at(ends: Sequence[int], end: int) -> int:
    """The token that holds the character before offset `end`; `ends` is of `token_ends`."""
    return min(bisect_left(ends, end), len(ends) - 1)


def span_at(ends: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """(first, last) of the tokens that hold the characters from `start` to before `end`."""
    return token_at(ends, start + 1), token_at(ends, end)
