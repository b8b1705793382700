"""A sampler in a process of its own, on any machine of the cluster."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from veritune.cluster.shipping import ShippedPolicy, forget_others, names_of, own_folder, receive
from veritune.config import SamplerConfig
from veritune.orphans import end_with
from veritune.records import Candidate, Problem
from veritune.replies import ReplyLostError
from veritune.sampler import LogprobDiff, open_sampler

# A reply has at most so many bytes and one candidate more, and waits so long for more of them.
# The driver has asked for one reply more than it reads, so this bounds what is under way.
BYTES, SECONDS = 1 << 20, 0.2
# What a number and an object take in a candidate that is sent, at most.
NUMBER, OBJECT = 9, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledPart:
    """Some of the candidates of the request `id`; with `over` there are no more."""

    id: int
    candidates: tuple[Candidate, ...]
    over: bool


class SamplerActor:
    """Loads the policies that are shipped to it, and samples one request at a time."""

    def __init__(
        self, config: SamplerConfig, *, seed: int, dtype: str, gpu: bool, owner: str
    ) -> None:
        """`owner` is the identity of the process whose actor this is."""
        end_with(owner)
        if not gpu:
            # An actor without a GPU is shown all of them by newer versions of Ray.
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        self._sampler = open_sampler(config, seed=seed, dtype=dtype)
        self._place, self._lock = own_folder()
        self._id = 0
        self._source: Iterator[Candidate] = iter(())

    def load(self, shipped: ShippedPolicy) -> LogprobDiff | None:
        """Load a policy, whose hash is compared; returns what `logprob_diff` then is."""
        checkpoint = receive(shipped, self._place)
        self._sampler.load(checkpoint)
        forget_others(names_of(shipped), self._place)
        return self._sampler.logprob_diff

    def begin(
        self, id: int, problems: Sequence[Problem], indices: Sequence[Sequence[int]], round: int
    ) -> None:
        """Begin the request `id`; what is sampled is asked for by `more`."""
        self._id, self._source = id, self._sampler.sample(problems, indices, round=round)

    def more(self, id: int) -> SampledPart:
        """The next candidates of the request `id`, as soon as there are some."""
        if id != self._id:  # It was begun in the process that was here before.
            raise ReplyLostError("the request is not known here")
        found: list[Candidate] = []
        size, until = 0, time.monotonic() + SECONDS
        for candidate in self._source:
            found.append(candidate)
            size += sent_bytes(candidate)
            if size >= BYTES or time.monotonic() > until:
                return SampledPart(id=id, candidates=tuple(found), over=False)
        return SampledPart(id=id, candidates=tuple(found), over=True)

    def is_there(self) -> None:
        """From another thread: answer, which a process that is stopped does not."""

    def end(self) -> None:
        """From another thread: end what is being sampled, early and soon, and free the model."""
        self._sampler.close()

    def close(self) -> None:
        """Free the model, and remove what was shipped."""
        self._sampler.close()
        shutil.rmtree(self._place, ignore_errors=True)
        os.close(self._lock)


def sent_bytes(candidate: Candidate) -> int:
    """About what a candidate takes on its way."""
    numbers = len(candidate.token_ids or ()) + len(candidate.logprobs or ())
    return len(candidate.text.encode(errors="replace")) + NUMBER * numbers + OBJECT
