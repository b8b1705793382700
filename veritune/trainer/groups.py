"""Policy gradient with the group's own rewards as the baseline: RLOO, GRPO, Dr. GRPO.

For the candidates y_1 .. y_n of one problem, with r~ their rewards less the group's baseline
(`advantages.center`; outcome and steps apart), the advantage of token t of y_i is what follows,

    A_it = sum over t' >= t of r~_it',         so r~_i on every token where only the outcome pays,

    loss = - sum_it w_it min(rho_it A_it, clip(rho_it, 1 - clip_eps_low, 1 + clip_eps_high) A_it)
           + kl_coef sum_it w_it kl_it - entropy_coef sum_it w_it H_it

    rloo     w_it = 1 / (tokens of the minibatch)     Ahmadian et al. 2024, arXiv 2402.14740
    grpo     w_it = 1 / (candidates x |y_i|)          Shao et al. 2024, arXiv 2402.03300
    dr_grpo  w_it = 1 / (candidates x max_tokens)     Liu et al. 2025, arXiv 2503.20783

GRPO's weights favour short right and long wrong candidates, and its division by the deviation
favours problems that are nearly always or never solved; Dr. GRPO drops both. The ratio
rho_it = pi / pi_old is 1 throughout where a round is one optimizer step. The KL is in the loss, by
k2; k3 is that of the GRPO paper, whose gradient is another divergence's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import torch

from veritune.config import GroupConfig
from veritune.records import Checkpoint
from veritune.trainer import losses
from veritune.trainer.advantages import Baseline, center
from veritune.trainer.learner import Learner, Metrics
from veritune.trainer.metrics import Step, rollout_metrics, round_warnings
from veritune.trainer.policies import Policies
from veritune.trainer.protocol import Rollout
from veritune.trainer.rollouts import (
    RolloutRow,
    check_on_policy,
    check_ratio,
    importance_weights,
    mask_rows,
    minibatches,
    read_rows,
)
from veritune.trainer.scoring import score


class GroupTrainer:
    """A `Trainer` of rollouts without a critic; its state is kept in the checkpoint."""

    def __init__(
        self,
        config: GroupConfig,
        *,
        reference: Checkpoint,
        temperature: float,
        max_tokens: int,
        seed: int,
        dtype: str = "float32",
        on_step: Callable[[Step], None] = lambda step: None,
    ) -> None:
        self._config, self._temperature, self._seed = config, temperature, seed
        self._max_tokens, self._dtype, self._on_step = max_tokens, dtype, on_step
        self._policies = Policies(config, reference, temperature, dtype)

    def update(self, checkpoint: Checkpoint, batch: Sequence[Rollout], out: Path) -> Checkpoint:
        """One round on `batch`, sampled by `checkpoint`; the same inputs give the same weights."""
        learner = self._policies.take(checkpoint)
        check_on_policy(batch, checkpoint.policy)
        rows, errors = read_rows(batch, learner.tokenizer, self._config.credit)
        metrics = rollout_metrics(rows, errors)
        self._train(learner, rows, metrics)
        return self._policies.save(learner, out)

    def _train(self, learner: Learner, rows: list[RolloutRow], metrics: Metrics) -> None:
        config, step = self._config, 0
        width = max(row.length for row in rows)
        mask, advantages = mask_rows(rows, width), group_advantages(rows, config.type, width)
        old = self._old(learner, rows, width)
        reference = self._policies.reference_logprobs(rows, width) if config.kl_coef else None
        importance = (
            None if old is None else importance_weights(rows, old, mask, config.importance_cap)
        )
        if old is not None and reference is not None:
            metrics["kl"] = float((mask * (old - reference)).sum(1).mean())
        warnings = round_warnings(learner.counters, metrics, None)
        for epoch in range(config.epochs):
            epoch_index = learner.counters.iteration * config.epochs + epoch
            names = [row.group for row in rows]
            for chosen in minibatches(names, config.mini_batch_size, self._seed, epoch_index):
                step += 1
                weights, first = self._weights(mask, chosen), step == 1

                def loss_of(
                    part: list[int], weights: torch.Tensor = weights, first: bool = first
                ) -> tuple[torch.Tensor, Metrics]:
                    tensors = (weights, advantages, old, reference, importance)
                    return self._loss(learner, rows, part, tensors, first)

                done = learner.step(chosen, rows, loss_of)
                self._on_step({"step": step} | done | metrics | warnings)

    def _loss(
        self,
        learner: Learner,
        rows: list[RolloutRow],
        part: list[int],
        tensors: Sequence[torch.Tensor | None],
        first: bool,
    ) -> tuple[torch.Tensor, Metrics]:
        config, chosen = self._config, [rows[i] for i in part]
        width, here = max(row.length for row in chosen), learner.model.device
        entropy: Literal["trained"] | None = "trained" if config.entropy_coef else None
        scores = score(learner.model, chosen, width, self._temperature, entropy=entropy)
        weights, advantages, old, reference, importance = (
            None if tensor is None else tensor[part, :width].to(here) for tensor in tensors
        )
        assert weights is not None and advantages is not None
        if old is None:
            old = scores.logprobs.detach()
        elif first:
            check_ratio(scores.logprobs, old, weights, self._dtype)
        loss, clipped = losses.policy_loss(
            scores.logprobs,
            old,
            advantages,
            weights,
            clip_eps_low=config.clip_eps_low,
            clip_eps_high=config.clip_eps_high,
            importance=importance,
        )
        metrics = {"policy_loss": loss.item(), "clip_fraction": float(clipped * weights.sum())}
        if scores.entropy is not None:
            mean_entropy = losses.weighted(scores.entropy, weights)
            loss = loss - config.entropy_coef * mean_entropy
        if reference is not None:
            kl_term = losses.kl_loss(scores.logprobs, reference, weights, config.kl_estimator)
            loss = loss + config.kl_coef * kl_term
        return loss, metrics

    def _weights(self, mask: torch.Tensor, chosen: list[int]) -> torch.Tensor:
        """The w_it above for the minibatch `chosen`, 0 on padding."""
        if self._config.type == "rloo":
            return mask / mask[chosen].sum()
        if self._config.type == "grpo":
            return mask / mask.sum(1, keepdim=True) / len(chosen)
        return mask / (len(chosen) * self._max_tokens)

    def _old(self, learner: Learner, rows: list[RolloutRow], width: int) -> torch.Tensor | None:
        """Log-probabilities as the round begins; None where nothing needs them."""
        config = self._config
        single = config.epochs == 1 and len(rows) <= config.mini_batch_size
        if single and not config.importance_cap and not config.kl_coef:
            return None
        return self._policies.logprobs(learner.model, rows, width)


def group_advantages(rows: Sequence[RolloutRow], baseline: Baseline, width: int) -> torch.Tensor:
    """(rows, width): A_it above, 0 on padding."""
    members: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        members.setdefault(row.group, []).append(i)
    centred = torch.zeros(len(rows), width)
    for group in members.values():
        for rewards in (
            [rows[i].credit.outcome for i in group],
            [rows[i].credit.steps for i in group],
        ):
            values = center([[value for _, value in own] for own in rewards], baseline)
            for i, own, less in zip(group, rewards, values, strict=True):
                for (position, _), value in zip(own, less, strict=True):
                    centred[i, position] += value
    return centred.flip(1).cumsum(1).flip(1)
