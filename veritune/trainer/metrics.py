"""The metrics of a round of policy gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from veritune.records import MetricsRow
from veritune.trainer.diagnostics import find_warnings

if TYPE_CHECKING:
    import torch

    from veritune.trainer.learner import Metrics, TrainingState
    from veritune.trainer.rows import TokenRow


def rollout_metrics(rows: Sequence[TokenRow], errors: int) -> Metrics:
    """Rewards by part, lengths, and the share of groups whose candidates earned differently.

    `reward` is the mean of a candidate's sum. `errors` is the share of candidates left out, because
    of a verifier error, as `mixed_groups` and `truncated` are shares.
    """
    count = len(rows)
    groups: dict[str, set[float]] = {}
    for row in rows:
        # Rounded: sums of the same step rewards in another order are the same reward.
        groups.setdefault(row.group, set()).add(round(sum(row.credit.rewards()), 9))
    outcome = sum(value for row in rows for _, value in row.credit.outcome) / count
    process = sum(value for row in rows for _, value in row.credit.steps) / count
    return {
        "reward": outcome + process,
        "reward_outcome": outcome,
        "reward_process": process,
        "length": sum(row.length for row in rows) / count,
        "truncated": sum(row.truncated for row in rows) / count,
        "mixed_groups": sum(len(earned) > 1 for earned in groups.values()) / len(groups),
        "errors": errors / (count + errors),
    }


def round_warnings(
    counters: TrainingState, metrics: Metrics, kl_target: float | None
) -> MetricsRow:
    """Keep the first round's metrics; the warnings about this round's."""
    if not counters.first:
        counters.first = dict(metrics)
    warnings = find_warnings(metrics, counters.first, kl_target)
    return {"warnings": warnings} if warnings else {}


def masked_mean(x: torch.Tensor, mask: torch.Tensor) -> float:
    """The mean over masked-in entries."""
    return float(x[mask.bool()].mean())


def explained_variance(values: torch.Tensor, returns: torch.Tensor, mask: torch.Tensor) -> float:
    """1 - Var(R - V) / Var(R): 1 for a perfect critic, 0 for one that says the same everywhere."""
    inside = mask.bool()
    variance = returns[inside].var(correction=0)
    if variance == 0:
        return 0.0
    return float(1.0 - (returns - values)[inside].var(correction=0) / variance)
