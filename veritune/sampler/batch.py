"""The sequences that are being decoded: rows that come, grow by a token a step, and go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from veritune.config import SamplerConfig
from veritune.sampler.codec import SampledSequence
from veritune.sampler.decoder import Decoder
from veritune.sampler.pages import Integers
from veritune.sampler.stopping import StoppingCriteria
from veritune.sampler.token_sampling import sample_tokens, uniforms

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(slots=True)
class PromptGroup:
    """A problem's candidates that are still to be started, and its prompt once computed."""

    position: int
    problem_id: str
    prompt: list[int]
    indices: list[int]
    limit: int
    logits: Tensor | None = field(default=None, repr=False)
    # What the decoder keeps of the prompt, which is its own affair.
    stored: Any = None


class DecodeBatch:
    """Rows 0..rows-1 are active, without holes."""

    def __init__(
        self,
        decoder: Decoder,
        endings: StoppingCriteria,
        config: SamplerConfig,
        slots: int,
        width: int,
    ) -> None:
        self._decoder, self._endings, self._config = decoder, endings, config
        self.slots, self.rows = slots, 0
        # One array of records, so that a row moves as one.
        names = ("position", "index", "prompt", "count", "limit")
        whole = (width,)  # Of a plain 1 numpy 1 makes a field without a dimension.
        self._state = np.zeros(
            slots,
            [(name, "i8") for name in names]
            + [("uniform", "f8", whole), ("ids", "i8", whole), ("logprobs", "f4", whole)],
        )

    def admit(self, groups: Sequence[PromptGroup], seed: int, round: int) -> list[SampledSequence]:
        """Add what there is room for of `groups`, and sample the first tokens.

        They are taken out of their groups. Returns those that end at once.
        """
        first, logits = self.rows, []
        for group in groups:
            room = self.slots - self.rows
            now, group.indices = group.indices[:room], group.indices[room:]
            rows = np.arange(self.rows, self.rows + len(now))
            self.rows += len(now)
            self._decoder.place(rows, group.stored, len(group.prompt))
            assert group.logits is not None, "its prompt was not computed"
            logits.append(group.logits.expand(len(now), -1))
            state = self._state[rows[0] : rows[-1] + 1]
            state["position"], state["index"] = group.position, now
            state["prompt"], state["count"], state["limit"] = len(group.prompt), 0, group.limit
            for row, index in zip(state, now, strict=True):
                # All at once, by candidate: what a token is drawn with does not depend on who else
                # is in the batch.
                row["uniform"][: group.limit] = uniforms(
                    seed, round, group.problem_id, index, group.limit
                )
        return self._extend(np.arange(first, self.rows), torch.cat(logits))

    def advance(self) -> list[SampledSequence]:
        """One more token for every row; returns the rows that ended, which leave the batch."""
        rows, state = np.arange(self.rows), self._state[: self.rows]
        newest = state["ids"][rows, state["count"] - 1]
        at = state["prompt"] + state["count"] - 1
        return self._extend(rows, self._decoder.step(newest, at))

    def _extend(self, rows: Integers, logits: Tensor) -> list[SampledSequence]:
        """Sample one token for each of `rows`, which stand side by side."""
        state = self._state[rows[0] : rows[-1] + 1]
        here = np.arange(len(rows)), state["count"].copy()
        uniform = torch.from_numpy(state["uniform"][here])
        sampled, logprobs = sample_tokens(logits, uniform.to(logits.device), self._config)
        tokens = sampled.cpu().numpy()
        state["ids"][here] = tokens
        state["logprobs"][here] = logprobs.cpu().numpy()
        state["count"] += 1
        ended = self._endings.is_eos[tokens]
        # Texts are decoded only where the newest token can end a stop string.
        for i in self._endings.suspects(tokens):
            ids = state["ids"][i, : state["count"][i]].tolist()
            ended[i] = ended[i] or self._endings.stops(ids)
        over = ended | (state["count"] >= state["limit"])
        if not over.any():
            return []
        finished = [
            _read(row, bool(end)) for row, end in zip(state[over], ended[over], strict=True)
        ]
        self._leave(rows[over])
        return finished

    def _leave(self, gone: Integers) -> None:
        """Take rows out, the last ones moving into their places."""
        left = self.rows - len(gone)
        holes = gone[gone < left]
        movers = np.setdiff1d(np.arange(left, self.rows), gone, assume_unique=True)
        self.rows = left
        self._decoder.release(gone)
        if len(holes):
            self._decoder.move(movers, holes)
            self._state[holes] = self._state[movers]


def _read(row: np.void, ended: bool) -> SampledSequence:
    count = row["count"]
    return SampledSequence(
        position=int(row["position"]),
        index=int(row["index"]),
        ids=row["ids"][:count].tolist(),
        logprobs=row["logprobs"][:count].tolist(),
        finish_reason="stop" if ended else "length",
    )
