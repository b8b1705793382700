"""Warnings from the metrics of one round of policy gradients."""

from __future__ import annotations

import math
from collections.abc import Mapping

# The controller holds the KL near its target: four times it, and the weight no longer catches up.
KL_TIMES_TARGET = 4.0
# Without a target: half a nat on every token is another model, and not a better one of the same.
KL_A_TOKEN = 0.5
# Of the first round's. At a tenth candidates of a group are nearly alike, and have no signal.
ENTROPY_LEFT = 0.1
# Longer candidates may be right; twice as long is worth a look, since rewards invite padding.
LENGTH_TIMES = 2.0
# Beyond one half the round learns from the exceptions.
MOSTLY = 0.5
# Below one group in twenty nearly all of the sampling was for nothing.
FEWEST_MIXED = 0.05


def find_warnings(
    metrics: Mapping[str, float], first: Mapping[str, float], kl_target: float | None = None
) -> list[str]:
    """Warnings for the user; `first` are the metrics of the first round.

    `kl` is in nats a candidate, `entropy` in nats a token, `length` in tokens; `truncated`,
    `mixed_groups` and `errors` are shares.
    """
    found = [*_kl(metrics, kl_target)]
    now, then = metrics.get("entropy"), first.get("entropy")
    if now is not None and then and now < ENTROPY_LEFT * then:
        found.append(
            f"entropy is collapsing: {now:.3f} nats a token, {then:.3f} at first; raise"
            " trainer.entropy_coef or trainer.kl_coef, or lower trainer.learning_rate"
        )
    if metrics["length"] > LENGTH_TIMES * first["length"]:
        found.append(
            f"length is diverging: {metrics['length']:.0f} tokens a candidate,"
            f" {first['length']:.0f} at first; read some candidates"
        )
    if metrics["truncated"] > MOSTLY:
        found.append(
            f"{metrics['truncated']:.0%} of the candidates are truncated; raise sampler.max_tokens"
        )
    if metrics["mixed_groups"] < FEWEST_MIXED:
        found.append(
            f"no signal within groups: in {1 - metrics['mixed_groups']:.0%} of them every"
            " candidate earned the same; take harder or easier problems, or more candidates"
            " (sampler.n)"
        )
    if metrics["errors"] > MOSTLY:
        found.append(f"{metrics['errors']:.0%} of the candidates had verifier errors")
    return found


def _kl(metrics: Mapping[str, float], target: float | None) -> list[str]:
    kl = metrics.get("kl")
    if kl is None:
        return []
    limit = KL_TIMES_TARGET * target if target else KL_A_TOKEN * metrics["length"]
    if math.isfinite(kl) and kl <= limit:
        return []
    return [
        f"KL to the reference is diverging: {kl:.1f} nats a candidate; raise trainer.kl_coef or"
        " lower trainer.learning_rate"
    ]
