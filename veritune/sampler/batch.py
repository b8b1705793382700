"""The sequences that are being decoded: rows that come, grow by a token a step, and go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import torch

from veritune.config import SamplerConfig
from veritune.sampler.decoder import Decoder, Stored
from veritune.sampler.draws import draw
from veritune.sampler.endings import Endings

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Drawn:
    """One finished sequence: who it is, and what was drawn."""

    owner: tuple[int, int]
    ids: list[int]
    logprobs: list[float]
    finish_reason: Literal["stop", "length"]


class Batch:
    """Rows 0..rows-1 are active, without holes; every per-row array is indexed by row."""

    def __init__(
        self, decoder: Decoder, endings: Endings, config: SamplerConfig, slots: int, width: int
    ) -> None:
        self._decoder, self._endings, self._config = decoder, endings, config
        self.slots, self.rows = slots, 0
        self._owner: list[tuple[int, int]] = [(-1, -1)] * slots
        self._prompt = np.zeros(slots, np.int64)
        self._count = np.zeros(slots, np.int64)
        self._limit = np.zeros(slots, np.int64)
        self._uniform = np.zeros((slots, width))
        self._ids = np.zeros((slots, width), np.int64)
        self._logprobs = np.zeros((slots, width), np.float32)

    def admit(
        self,
        owners: Sequence[tuple[int, int]],
        uniform: npt.NDArray[np.float64],
        prompt: int,
        logits: Tensor,
        stored: Stored,
        limit: int,
    ) -> list[Drawn]:
        """Add the candidates of one prompt, and draw their first tokens from its `logits`.

        Returns those that end at once; there must be room for all.
        """
        rows = np.arange(self.rows, self.rows + len(owners))
        self.rows += len(owners)
        self._owner[rows[0] : rows[-1] + 1] = owners
        self._prompt[rows], self._count[rows], self._limit[rows] = prompt, 0, limit
        self._uniform[rows, :limit] = uniform[:, :limit]
        self._decoder.place(torch.from_numpy(rows), stored)
        return self._extend(rows, logits.expand(len(rows), -1))

    def advance(self) -> list[Drawn]:
        """One more token for every row; returns the rows that ended, which leave the batch."""
        rows = np.arange(self.rows)
        newest = self._ids[rows, self._count[rows] - 1]
        at = self._prompt[rows] + self._count[rows] - 1
        logits = self._decoder.step(torch.from_numpy(newest), torch.from_numpy(at))
        return self._extend(rows, logits)

    def _extend(self, rows: npt.NDArray[np.int64], logits: Tensor) -> list[Drawn]:
        uniform = torch.from_numpy(self._uniform[rows, self._count[rows]])
        drawn, logprobs = draw(logits, uniform.to(logits.device), self._config)
        tokens = drawn.cpu().numpy()
        self._ids[rows, self._count[rows]] = tokens
        self._logprobs[rows, self._count[rows]] = logprobs.cpu().numpy()
        self._count[rows] += 1
        ended = self._endings.is_eos[tokens]
        for i in self._endings.suspects(tokens):
            row = rows[i]
            ended[i] = ended[i] or self._endings.stops(self._ids[row, : self._count[row]].tolist())
        over = ended | (self._count[rows] >= self._limit[rows])
        if not over.any():
            return []
        gone = rows[over]
        finished = [self._read(row, bool(end)) for row, end in zip(gone, ended[over], strict=True)]
        self._leave(gone)
        return finished

    def _read(self, row: int, ended: bool) -> Drawn:
        count = self._count[row]
        return Drawn(
            self._owner[row],
            self._ids[row, :count].tolist(),
            self._logprobs[row, :count].tolist(),
            "stop" if ended else "length",
        )

    def _leave(self, gone: npt.NDArray[np.int64]) -> None:
        """Take rows out, the last ones moving into their places."""
        left = self.rows - len(gone)
        holes = gone[gone < left]
        movers = np.setdiff1d(np.arange(left, self.rows), gone, assume_unique=True)
        self.rows = left
        if len(holes) == 0:
            return
        self._decoder.move(torch.from_numpy(movers), torch.from_numpy(holes))
        for state in (
            self._prompt,
            self._count,
            self._limit,
            self._uniform,
            self._ids,
            self._logprobs,
        ):
            state[holes] = state[movers]
        for hole, mover in zip(holes, movers, strict=True):
            self._owner[hole] = self._owner[mover]
