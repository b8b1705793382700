"""Which training problems are held-out ones again, in about the same words.

A prompt is a held-out one's copy where it holds at least half of its sequences of 8 words, and its
numbers: the same words around other numbers are another problem. A short one must also have the
same answer, and then is a copy with all words but one. Words that many problems share, with other
numbers or words around them, are a template, and count for nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from veritune.problems.shapes.prompts import text_of
from veritune.records import CodeProblem, MathProblem, Problem

# Sequences of eight words are seldom shared by chance; GPT-3 took 13, for far longer texts.
WORDS = 8
# Of the held-out prompt's: half of it in other words around it is still that problem.
SHARE = 0.5
# A sequence that stands in so many held-out prompts is no mark of one of them.
SHARED_BY = 3
# Nor is what stands in so many different prompts of both sides, and in such a share of all: copies
# of one problem have its numbers, and are one prompt here.
TEMPLATE, TEMPLATE_SHARE = 5, 0.01
# One word is in eight sequences: in up to so many words it is more than half of them. Fewer words
# than the lower bound are alike by chance.
SHORTEST, SHORT = 5, 24
# Numbers whole, and signs that mathematics is written with; never what ends a sentence.
_WORD = re.compile(r"[^\W\d_]+(?:[-'\u2019][^\W\d_]+)+|\d[\d.,]*\d|\w+|([-+*/=^<>%])\1*")

Words = tuple[str, ...]


def content(problem: Problem) -> str:
    """The prompt up to case and white space."""
    return " ".join(text_of(problem.prompt).split()).casefold()


@dataclass(frozen=True)
class _Text:
    words: Words

    @classmethod
    def of(cls, problem: Problem) -> _Text:
        found = _WORD.finditer(content(problem))
        return cls(tuple(word[0].replace(",", "") for word in found))

    @property
    def is_short(self) -> bool:
        return len(self.words) <= SHORT

    @cached_property
    def numbers(self) -> Words:
        return tuple(word for word in self.words if word[0].isdigit())

    @property
    def kind(self) -> Words:
        """The same for copies of one problem, another for others of one template."""
        return self.numbers or self.words

    @cached_property
    def sequences(self) -> frozenset[Words]:
        count = len(self.words) - WORDS + 1
        return frozenset(self.words[at : at + WORDS] for at in range(count))

    @cached_property
    def frames(self) -> frozenset[Words]:
        """A short text with a gap in the place of each word, of those that are words."""
        if not self.is_short or len(self.words) < SHORTEST:
            return frozenset()
        return frozenset(
            (*self.words[:at], "", *self.words[at + 1 :])
            for at, word in enumerate(self.words)
            if word[0].isalpha()
        )


def overlaps(pool: Sequence[Problem], held: Sequence[Problem]) -> dict[str, str]:
    """The ids of problems in `pool` that overlap, each with the held-out problem's id."""
    originals, offered = [_Text.of(problem) for problem in held], [_Text.of(p) for p in pool]
    sequences = _telling(originals, offered, lambda text: text.sequences)
    frames = _telling(originals, offered, lambda text: text.frames)
    known = [frozenset(s for s in text.sequences if s in sequences) for text in originals]
    out: dict[str, str] = {}
    for problem, text in zip(pool, offered, strict=True):
        hits = Counter(at for one in text.sequences for at in sequences.get(one, ()))
        near = {
            at
            for at, count in hits.items()
            if count >= SHARE * len(known[at])
            and _has_numbers(text, originals[at])
            and not (originals[at].is_short and _answers_differ(problem, held[at]))
        }
        framed = {at for frame in text.frames for at in frames.get(frame, ())}
        near |= {at for at in framed if _answers_alike(problem, held[at])}
        if near:
            out[problem.id] = held[min(near)].id
    return out


def _has_numbers(text: _Text, original: _Text) -> bool:
    """Whether a prompt has another's numbers in their order."""
    rest = iter(text.numbers)
    return all(number in rest for number in original.numbers)


def _answers_differ(one: Problem, other: Problem) -> bool:
    """Whether two problems are known to be others by their answers: tests of one program differ."""
    math = isinstance(one, MathProblem) and isinstance(other, MathProblem)
    return math and not _answers_alike(one, other)


def _answers_alike(one: Problem, other: Problem) -> bool:
    """Whether two problems are answered in the same way."""
    if isinstance(one, MathProblem) and isinstance(other, MathProblem):
        return one.reference.answer.split() == other.reference.answer.split()
    if isinstance(one, CodeProblem) and isinstance(other, CodeProblem):
        return one.reference.tests == other.reference.tests
    return False


def _telling(
    held: Sequence[_Text], pool: Sequence[_Text], marks: Callable[[_Text], frozenset[Words]]
) -> dict[Words, list[int]]:
    """The marks by which held-out prompts are told from others, each with those that have it."""
    where: defaultdict[Words, list[int]] = defaultdict(list)
    for at, text in enumerate(held):
        for mark in marks(text):
            where[mark].append(at)
    kinds: defaultdict[Words, set[Words]] = defaultdict(set)
    for text in (*held, *pool):
        for mark in marks(text):
            if mark in where:
                kinds[mark].add(text.kind)
    many = max(TEMPLATE, TEMPLATE_SHARE * (len(held) + len(pool)))
    return {
        mark: found
        for mark, found in where.items()
        if len(kinds[mark]) < many and len({held[at].kind for at in found}) < SHARED_BY
    }
