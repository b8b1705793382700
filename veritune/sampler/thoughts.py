"""What a model thought before it answered, told as its candidate is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from veritune.models import completion_texts, encode_problem
from veritune.records import Problem
from veritune.thinking import answer_start, is_mark, opens_thinking

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Tokens at the end of a prompt in which its template may open a thought.
TAIL = 16


class Thoughts:
    """Finds where the answer begins in what one tokenizer's model wrote.

    Two things are known here alone: whether the chat template opened the thought, and the special
    tokens that set it apart in some models, which a candidate's text is without.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._opened: dict[str, bool] = {}

    def length(self, problem: Problem, ids: Sequence[int], text: str) -> int | None:
        """Characters of a candidate's text that are thinking; None where it is not known better
        than its tags tell."""
        opened = self._opens(problem)
        if self._has_marks:
            raw = self._raw(ids)
            start = answer_start(problem.prefill + raw, opened=opened)
            begin = None if start is None else max(0, start - len(problem.prefill))
            found = len(text) if begin is None else self._in_text(ids, begin)
            return min(found, len(text)) or None
        if problem.kind == "code" and not opened:
            return None  # Tags may be the program's own: its verifier reads the code first.
        start = answer_start(problem.prefill + text, opened=opened)
        found = len(text) if start is None else max(0, start - len(problem.prefill))
        return found or None

    @cached_property
    def _has_marks(self) -> bool:
        """Whether special tokens set thoughts apart."""
        return any(is_mark(token) for token in self._tokenizer.all_special_tokens)

    def _raw(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), clean_up_tokenization_spaces=False))

    def _in_text(self, ids: Sequence[int], place: int) -> int:
        """The place in the text without special tokens of a place in the one with them."""
        low, high = 0, len(ids)
        while low < high:  # The fewest tokens that reach it.
            middle = (low + high) // 2
            if len(self._raw(ids[:middle])) >= place:
                high = middle
            else:
                low = middle + 1
        return len(completion_texts(self._tokenizer, [ids[:low]])[0])

    def _opens(self, problem: Problem) -> bool:
        """Whether the prompt ends inside of a thought; looked at once a problem."""
        if isinstance(problem.prompt, str):
            return opens_thinking(problem.prompt)
        if problem.id not in self._opened:
            given = encode_problem(self._tokenizer, replace(problem, prefill=""))
            self._opened[problem.id] = opens_thinking(self._raw(given[-TAIL:]))
        return self._opened[problem.id]
