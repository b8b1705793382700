"""Proximal policy optimisation with a critic (Schulman et al. 2017, arXiv 1707.06347).

From a round's rewards r_t (`credit`), its old policy pi_old, reference pi_ref and critic V,

    r'_t  = r_t - beta (log pi_old(y_t) - log pi_ref(y_t))           kl_in_reward = true
    A_t   = GAE(r', V; gamma, lam), whitened over the whole round
    R_t   = GAE(r', V; gamma, critic_lam) + V(s_t)                    the critic's goal
    rho_t = pi(y_t) / pi_old(y_t)

    loss  = - mean_t min(rho_t A_t, clip(rho_t, 1 - clip_eps_low, 1 + clip_eps_high) A_t)
            + value_coef mean_t 1/2 max((V - R)^2, (clip(V, V_old +- value_clip_eps) - R)^2)
            - entropy_coef mean_t H(pi(. | s_t))  [+ beta mean_t kl_t          kl_in_reward = false]

with means over all completion tokens of a minibatch. There is a signal wherever rewards differ from
what the critic expects; none where the critic is right about all.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from veritune.config import PpoConfig
from veritune.trainer import losses
from veritune.trainer.advantages import gae, whiten
from veritune.trainer.algorithms.parts import TokenBatch, clipped


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticBatch(TokenBatch):
    """With the critic's `values`, which carry a gradient, `old_values` and `returns`; the policy's
    `entropy` where it is trained; `kl`, the weight beta of the divergence from `reference`."""

    values: Tensor
    old_values: Tensor
    returns: Tensor
    reference: Tensor
    kl: float
    entropy: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Ppo:
    """Advantages, returns and the loss above; tensors are (rows, width) over completion tokens."""

    config: PpoConfig

    def rewards(
        self, rewards: Tensor, old: Tensor, reference: Tensor, mask: Tensor, kl: float
    ) -> Tensor:
        """r': with the KL in every token's reward where the recipe has it there."""
        if not self.config.kl_in_reward:
            return rewards
        kind = self.config.kl_estimator or "k1"
        return rewards - kl * mask * losses.kl_terms(old, reference, kind)

    def advantages(
        self, rewards: Tensor, values: Tensor, mask: Tensor, last: Tensor
    ) -> tuple[Tensor, Tensor]:
        """(A, R); `last` (rows,) are the values behind the last tokens."""
        config = self.config
        raw = gae(rewards, values, mask, last, gamma=config.gamma, lam=config.lam)
        goal = gae(rewards, values, mask, last, gamma=config.gamma, lam=config.critic_lam)
        return whiten(raw, mask) if config.whiten_advantages else raw, mask * (goal + values)

    def loss(self, batch: CriticBatch) -> tuple[Tensor, dict[str, float]]:
        """The loss and its parts' figures."""
        config, weights = self.config, batch.weights
        policy, share = clipped(batch, config.clip_eps_low, config.clip_eps_high)
        critic = losses.value_loss(
            batch.values,
            batch.old_values,
            batch.returns,
            weights,
            clip=config.value_clip_eps or None,
        )
        loss = policy + config.value_coef * critic
        if config.entropy_coef > 0 and batch.entropy is not None:
            loss = loss - config.entropy_coef * losses.weighted(batch.entropy, weights)
        if not config.kl_in_reward:
            kind = config.kl_estimator or "k2"
            loss = loss + batch.kl * losses.kl_loss(batch.logprobs, batch.reference, weights, kind)
        with torch.no_grad():
            moved = losses.kl_loss(batch.old, batch.logprobs, weights, "k3")
        return loss, {
            "policy_loss": policy.item(),
            "value_loss": critic.item(),
            "clip_fraction": float(share * weights.sum()),
            "approx_kl": moved.item(),
        }
