"""What every sampler does."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from veritune.records import Candidate, Checkpoint, Problem


class Sampler(Protocol):
    """Draws candidates from one policy at a time."""

    def load(self, checkpoint: Checkpoint) -> None:
        """Switch to the weights of `checkpoint`."""
        ...

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        """Yield candidates as they finish: for `problems[i]`, those of `indices[i]`.

        What is drawn for (round, problem, index) follows from the run's seed alone, whatever
        else is drawn beside it; so a resumed run asks for just the indices it lacks.
        """
        ...

    def close(self) -> None:
        """Free the model."""
        ...
