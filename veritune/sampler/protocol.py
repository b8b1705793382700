"""What every sampler does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from veritune.records import Candidate, Checkpoint, Problem

if TYPE_CHECKING:
    from veritune.sampler.policy_probe import LogprobDiff


class Sampler(Protocol):
    """Samples candidates from one policy at a time.

    `logprob_diff` is how far the sampler's engine was from the trainer's model on a probe batch
    when it last loaded; None before that, and where the trainer's own model samples.
    """

    logprob_diff: LogprobDiff | None

    def load(self, checkpoint: Checkpoint) -> None:
        """Switch to the weights of `checkpoint`."""
        ...

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        """Yield candidates as they finish: for `problems[i]`, those of `indices[i]`.

        What is sampled for (round, problem, index) follows from the run's seed alone, whatever
        else is sampled beside it; so a resumed run asks for just the indices it lacks.
        """
        ...

    def close(self) -> None:
        """Free the model; from another thread: also end, early and soon, what is being sampled."""
        ...
