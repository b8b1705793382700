"""When a candidate is over: an end token, a stop string, or its last allowed token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from veritune.models import completion_texts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class StoppingCriteria:
    """Finds out which rows end, looking at text only where a stop string can have ended."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        vocabulary: int,
        eos: set[int],
        stop: Sequence[str],
    ) -> None:
        self._tokenizer = tokenizer
        self._stop = [text for text in stop if text]
        self.is_eos = np.zeros(vocabulary, bool)
        self.is_eos[[id for id in eos if id < vocabulary]] = True
        self._may_stop = self._tokens_that_may_stop(vocabulary)

    def suspects(self, tokens: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Rows whose newest token could complete a stop string."""
        return self._may_stop[tokens].nonzero()[0] if self._stop else np.empty(0, np.int64)

    def stops(self, completion: Sequence[int]) -> bool:
        """Whether the completion's text holds a stop string."""
        return bool(self._stop) and self._cut(self._text([completion])[0]) is not None

    def texts(self, completions: Sequence[Sequence[int]]) -> list[str]:
        """Completions as text, without end tokens and cut before the first stop string."""
        texts = self._text([[t for t in ids if not self.is_eos[t]] for ids in completions])
        return [text if (cut := self._cut(text)) is None else text[:cut] for text in texts]

    def _text(self, completions: Sequence[Sequence[int]]) -> list[str]:
        return completion_texts(self._tokenizer, completions)

    def _cut(self, text: str) -> int | None:
        found = [at for stop in self._stop if (at := text.find(stop)) >= 0]
        # The first in the text, whichever string it is.
        return min(found) if found else None

    def _tokens_that_may_stop(self, vocabulary: int) -> npt.NDArray[np.bool_]:
        """Tokens that write the last character of a stop string, or a part of any character."""
        may = np.zeros(vocabulary, bool)
        if not self._stop:
            return may
        # A part of a character decodes to U+FFFD, and may complete any of them.
        last = {text[-1] for text in self._stop} | {"\ufffd"}
        known = range(min(vocabulary, len(self._tokenizer)))
        for id, text in enumerate(completion_texts(self._tokenizer, [[id] for id in known])):
            may[id] = not last.isdisjoint(text)
        return may
