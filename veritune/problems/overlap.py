"""Which training problems overlap with held-out ones, by prompt and by sequences of words.

A prompt overlaps with a held-out one where it holds at least half of its sequences of 8 words.
Sequences of many held-out prompts are instructions that all share, and do not count. Numbers are
words, so the same text with other numbers seldom overlaps.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from veritune.problems.shapes.prompts import text_of
from veritune.records import Problem

# Sequences of eight words are seldom shared by chance; GPT-3 took 13, for far longer texts.
WORDS = 8
# Of the held-out prompt's: half of it in other words around it is still that problem.
SHARE = 0.5
# A sequence that stands in so many held-out prompts is no mark of one of them.
SHARED_BY = 3
_WORD = re.compile(r"\w+|[^\w\s]")


def content(problem: Problem) -> str:
    """The prompt up to case and white space."""
    return " ".join(text_of(problem.prompt).split()).casefold()


def overlaps(pool: Sequence[Problem], held: Sequence[Problem]) -> dict[str, str]:
    """The ids of problems in `pool` that overlap, each with the held-out problem's id."""
    grams = [_grams(problem) for problem in held]
    common = Counter(gram for found in grams for gram in found)
    where: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    sizes = [0] * len(held)
    for at, found in enumerate(grams):
        for gram in found:
            if common[gram] < SHARED_BY:
                where[gram].append(at)
                sizes[at] += 1
    out: dict[str, str] = {}
    for problem in pool:
        hits = Counter(at for gram in _grams(problem) for at in where.get(gram, ()))
        # A prompt whose every sequence is shared has size 0 and is in no list.
        near = [at for at, count in hits.items() if count >= SHARE * sizes[at]]
        if near:
            out[problem.id] = held[near[0]].id
    return out


def _grams(problem: Problem) -> set[tuple[str, ...]]:
    """All sequences of words of a prompt."""
    words = _WORD.findall(content(problem))
    return {tuple(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}
