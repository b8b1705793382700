"""Warnings in words, from the figures of one round of policy gradients."""

from __future__ import annotations

import math
from collections.abc import Mapping

KL_TIMES_TARGET = 4.0
KL_A_TOKEN = 0.5
ENTROPY_LEFT = 0.1
LENGTH_TIMES = 2.0
MOSTLY = 0.5
SIGNAL = 0.05


def warnings(
    figures: Mapping[str, float], first: Mapping[str, float], kl_target: float | None = None
) -> list[str]:
    """What a practitioner would want to be told; `first` are the figures of the first round.

    `kl` is in nats a candidate, `entropy` in nats a token, `length` in tokens; `truncated`,
    `signal` and `errors` are shares.
    """
    found = [*_kl(figures, kl_target)]
    now, then = figures.get("entropy"), first.get("entropy")
    if now is not None and then and now < ENTROPY_LEFT * then:
        found.append(
            f"entropy collapses: {now:.3f} nats a token, {then:.3f} at first; raise"
            " trainer.entropy or trainer.kl, or lower trainer.learning_rate"
        )
    if figures["length"] > LENGTH_TIMES * first["length"]:
        found.append(
            f"length explodes: {figures['length']:.0f} tokens a candidate,"
            f" {first['length']:.0f} at first; look at what they say"
        )
    if figures["truncated"] > MOSTLY:
        found.append(
            f"{figures['truncated']:.0%} of the candidates are cut off; raise sampler.max_tokens"
        )
    if figures["signal"] < SIGNAL:
        found.append(
            f"all groups are equal: in {1 - figures['signal']:.0%} of them every candidate earned"
            " the same; take harder or easier problems, or more candidates (sampler.n)"
        )
    if figures["errors"] > MOSTLY:
        found.append(f"{figures['errors']:.0%} of the candidates could not be checked")
    return found


def _kl(figures: Mapping[str, float], target: float | None) -> list[str]:
    kl = figures.get("kl")
    if kl is None:
        return []
    limit = KL_TIMES_TARGET * target if target else KL_A_TOKEN * figures["length"]
    if math.isfinite(kl) and kl <= limit:
        return []
    return [
        f"the KL runs away: {kl:.1f} nats a candidate from the reference; raise trainer.kl or"
        " lower trainer.learning_rate"
    ]
