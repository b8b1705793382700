"""What every trainer does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from veritune.models import HeldPolicy
from veritune.records import Candidate, Checkpoint, Problem, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One text to learn: a problem's prompt and a completion of it, and what it counts."""

    problem: Problem
    candidate: Candidate
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout(Example):
    """What a policy sampled, and its verdict; failures teach as well as successes."""

    verdict: Verdict


Item = TypeVar("Item", contravariant=True)


class Trainer(Protocol[Item]):
    """Turns a policy and a batch of examples (or rollouts) into the next policy."""

    def update(self, checkpoint: Checkpoint, batch: Sequence[Item], out: Path) -> Checkpoint:
        """Train from `checkpoint` on `batch`; `out` holds the result only when it is whole."""
        ...


class PolicyGradientTrainer(Protocol):
    """A trainer of rollouts that keeps its model and moments in memory between rounds."""

    def update(
        self,
        checkpoint: Checkpoint,
        batch: Sequence[Rollout],
        out: Path,
        *,
        resumable: bool = True,
        sampled_by: str | None = None,
    ) -> Checkpoint:
        """As `Trainer`; what is not `resumable` holds the policy alone, for an engine.

        `sampled_by` is the policy that sampled the batch, where it is an older one.
        """
        ...

    def held(self) -> HeldPolicy | None:
        """The policy that `update` gave last, in memory until the next one."""
        ...


def minibatches_per_epoch(count: int, size: int) -> int:
    """How many minibatches of about `size` (and equal ones) `count` candidates make."""
    return max(1, round(count / size))
