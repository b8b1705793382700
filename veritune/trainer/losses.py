"""The losses of policy-gradient training, each a sum over tokens under given weights.

Tensors are (batch, length) over completion tokens. `weights` carry the normalisation, so that a
batch that is read in several parts gives the gradient of the whole: 1 / (number of completion
tokens of the whole minibatch) on every token is the global token mean. They are 0 on padding, and
what stands there (nan included) has no effect on value or gradient.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

# One number a token; 0 weights stand on padding.
Tokens = Float[Tensor, "rows tokens"]
Number = Float[Tensor, ""]
Estimator = Literal["k1", "k2", "k3"]
# exp(20) is 5e8: more than any clip lets through, and far from what overflows in float32.
LARGEST_LOG_RATIO = 20.0


def policy_loss(
    logprobs: Tokens,
    old_logprobs: Tokens,
    advantages: Tokens,
    weights: Tokens,
    *,
    clip_eps_low: float,
    clip_eps_high: float,
    importance: Tokens | None = None,
) -> tuple[Number, Number]:
    """The clipped surrogate (Schulman et al. 2017, arXiv 1707.06347, equation 7), negated.

    - sum_t w_t c_t min(rho_t A_t, clip(rho_t, 1 - clip_eps_low, 1 + clip_eps_high) A_t),
    rho_t = pi(y_t) / pi_old(y_t). Two bounds: DAPO, arXiv 2503.14476. `importance` c_t corrects
    for an engine that sampled with other arithmetic (`truncated_importance`).

    Returns (loss, clipped share by weight), the latter without gradient.
    """
    inside = weights > 0
    # Clamped above alone: from below exp goes to 0 by itself.
    log_ratio = kept(logprobs - old_logprobs, inside).clamp(max=LARGEST_LOG_RATIO)
    ratio, advantages = log_ratio.exp(), kept(advantages, inside)
    plain = ratio * advantages
    clipped = ratio.clamp(1.0 - clip_eps_low, 1.0 + clip_eps_high) * advantages
    terms = torch.minimum(plain, clipped)
    if importance is not None:
        terms = terms * kept(importance, inside).detach()
    with torch.no_grad():
        # By weight, so that the parts of a minibatch add up; a minibatch of no weight has no share.
        share = (weights * (clipped < plain)).sum() / weights.sum().clamp(min=1e-12)
    return -(weights * terms).sum(), share


def value_loss(
    values: Tokens,
    old_values: Tokens,
    returns: Tokens,
    weights: Tokens,
    *,
    clip: float | None,
) -> Number:
    """Half the squared error of the critic, the worse of clipped and not.

    sum_t w_t 1/2 max((V - R)^2, (V_old + clamp(V - V_old, -clip, clip) - R)^2): the value clipping
    of the PPO authors' code (see Huang et al. 2022, "The 37 Implementation Details of PPO", 9).
    """
    inside = weights > 0
    values, goal = kept(values, inside), kept(returns, inside)
    error = (values - goal) ** 2
    if clip is not None:
        old = kept(old_values, inside)
        near = old + (values - old).clamp(-clip, clip)
        error = torch.maximum(error, (near - goal) ** 2)
    return 0.5 * (weights * error).sum()


def kl_terms(logprobs: Tensor, reference: Tensor, kind: Estimator) -> Tensor:
    """Per-token estimates of KL(pi, reference) for tokens sampled from pi, in nats.

    With d = log pi - log reference: k1 = d, k2 = d^2 / 2, k3 = exp(-d) - 1 + d
    (Schulman 2020, http://joschu.net/blog/kl-approx.html). k1 and k3 are unbiased as figures. As a
    loss, on tokens sampled from pi, the gradient of k1 is 0 on average, that of k2 is the KL's, and
    that of k3 is the reversed KL's (Tang and Munos 2025, arXiv 2506.09477): k3 is for monitoring.
    """
    d = logprobs - reference
    if kind == "k1":
        return d
    if kind == "k2":
        return 0.5 * d**2
    # Only exp(-d) can overflow, where the policy left what the reference says.
    return (-d).clamp(max=LARGEST_LOG_RATIO).exp() - 1.0 + d


def kl_loss(logprobs: Tokens, reference: Tokens, weights: Tokens, kind: Estimator) -> Number:
    """sum_t w_t kl_t."""
    gap = kept(logprobs - reference, weights > 0)
    return (weights * kl_terms(gap, gap.new_zeros(()), kind)).sum()


def weighted(terms: Tokens, weights: Tokens) -> Number:
    """sum_t w_t x_t."""
    return (weights * kept(terms, weights > 0)).sum()


def truncated_importance(
    trainer: Tokens, engine: Tokens, cap: float, mask: Shaped[Tensor, "rows tokens"]
) -> Tokens:
    """min(pi_trainer / pi_engine, cap) per token, 1 on padding, without gradient.

    For candidates sampled by an engine whose log-probabilities differ from the trainer's
    (Yao et al. 2025, "Your Efficient RL Framework Secretly Brings You Off-Policy RL Training").
    """
    log_ratio = kept((trainer - engine).detach(), mask > 0)
    ratio: Tensor = log_ratio.clamp(max=LARGEST_LOG_RATIO).exp().clamp(max=cap)
    return ratio


def kept(x: Tensor, inside: Tensor) -> Tensor:
    """`x` with zeros outside, so that nothing there reaches value or gradient."""
    return torch.where(inside, x, torch.zeros((), dtype=x.dtype, device=x.device))
