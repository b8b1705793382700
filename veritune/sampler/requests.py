"""The candidates that one call asks an engine for, each a request with a seed of its own."""

from __future__ import annotations

import hashlib
import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from veritune.records import Problem
from veritune.sampler.codec import PromptCodec, SampledSequence


def request_seed(seed: int, round: int, problem_id: str, index: int) -> int:
    """A 63-bit seed for engines that sample by themselves."""
    name = f"{seed}/{round}/{index}/{problem_id}".encode(errors="surrogatepass")
    # 63 bits: vLLM and servers take a signed 64-bit seed.
    return int.from_bytes(hashlib.shake_128(name).digest(8), "little") >> 1


class _FlatScores(Protocol):
    logprobs: Sequence[float]


class VllmCompletion(Protocol):
    """vLLM's completion of one request, with flat log-probabilities."""

    token_ids: Sequence[int]
    logprobs: _FlatScores
    finish_reason: str | None


@dataclass(frozen=True, slots=True)
class Request:
    """One candidate to be sampled."""

    name: str
    prompt: list[int]
    seed: int
    limit: int


# No request of one plan is named as one of another: an engine may still be at it.
PLANS = itertools.count(1)


class RequestPlan:
    """The candidates that one call asks for: waiting, or under way."""

    def __init__(
        self,
        seed: int,
        round: int,
        problems: Sequence[Problem],
        indices: Sequence[Sequence[int]],
        codec: PromptCodec,
    ) -> None:
        self._names, self._problems, self._codec = (seed, round), problems, codec
        self._number = next(PLANS)
        self._prompts = [
            codec.encode(problem) if asked else []
            for problem, asked in zip(problems, indices, strict=True)
        ]
        self.waiting = deque((at, index) for at, asked in enumerate(indices) for index in asked)
        self.under_way: dict[str, tuple[int, int]] = {}

    @property
    def left(self) -> int:
        """Candidates that have not ended."""
        return len(self.waiting) + len(self.under_way)

    def begin(self, most: int) -> list[Request]:
        """The next requests, at most so many, from now on under way."""
        return [self._begin_next() for _ in range(min(most, len(self.waiting)))]

    def end(self, name: str, output: VllmCompletion) -> SampledSequence:
        """A request has ended with vLLM's completion `output`."""
        position, index = self.under_way.pop(name)
        ids = list(output.token_ids)
        return SampledSequence(
            position=position,
            index=index,
            ids=ids,
            logprobs=list(output.logprobs.logprobs),  # One a token, as `logprobs=0` asks for.
            finish_reason="stop" if output.finish_reason == "stop" else "length",
        )

    def begin_again(self) -> None:
        """What was under way waits again, in its order."""
        # Before those that have not begun: the order of the plan stays.
        self.waiting.extendleft(reversed(self.under_way.values()))
        self.under_way.clear()

    def _begin_next(self) -> Request:
        at, index = self.waiting.popleft()
        name, prompt = f"{self._number}-{at}-{index}", self._prompts[at]
        self.under_way[name] = (at, index)
        seed = request_seed(*self._names, self._problems[at].id, index)
        return Request(name, prompt, seed, self._codec.limit(prompt))
