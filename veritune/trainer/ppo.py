"""The trainer of `algorithms.ppo`: a policy, a critic, and rounds of verified candidates.

What decides whether it works (Huang et al. 2022, "The 37 Implementation Details of PPO";
VAPO, arXiv 2504.05118), and is done here: dropout is off; the ratio is 1 on the first minibatch,
or the round is refused; the outcome's reward is on the last token, where the episode ends, also of
a truncated candidate; before the first round the critic alone learns Monte-Carlo returns; policy
and critic have lambdas of their own. With `kl_target`, beta follows the controller of Ziegler et
al. 2019 (arXiv 1909.08593, section 2.2). Every log-probability is that of logits divided by the
sampling temperature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from veritune.config import PpoConfig
from veritune.models import HeldPolicy
from veritune.records import Checkpoint, MetricsRow, OnStep
from veritune.trainer import losses, processes
from veritune.trainer.advantages import gae
from veritune.trainer.algorithms.ppo import CriticBatch, Ppo
from veritune.trainer.importance import importance_weights
from veritune.trainer.learner import Learner, Metrics
from veritune.trainer.metrics import (
    explained_variance,
    masked_mean,
    rollout_metrics,
    round_warnings,
)
from veritune.trainer.policies import Policies
from veritune.trainer.protocol import Rollout
from veritune.trainer.rollouts import (
    check_ratio,
    check_sampled_by,
    mask_rows,
    micro_batches,
    minibatches,
    pad_rows,
    read_rows,
)
from veritune.trainer.rows import TokenRow
from veritune.trainer.scoring import Scores, score, value

# Ziegler et al. 2019, section 2.2: the weight moves by at most KL_HORIZON x LARGEST_KL_ERROR, 2%, a
# round.
KL_HORIZON = 0.1
LARGEST_KL_ERROR = 0.2
# Shuffles of the warm-up are numbered from here, where no epoch of a run comes to.
WARMUP_EPOCH = 1 << 40


@dataclass(frozen=True, slots=True)
class RolloutBatch:
    """A round as (rows, width) tensors; `values` and `returns` are the critic's.

    `scores`: those of all rows with their gradient, where one part of one minibatch holds them all.
    """

    rows: list[TokenRow]
    mask: torch.Tensor
    logprobs: torch.Tensor
    reference: torch.Tensor
    values: torch.Tensor
    advantages: torch.Tensor
    returns: torch.Tensor
    importance: torch.Tensor | None
    scores: Scores | None


class PpoTrainer:
    """A `Trainer` of rollouts: one round of PPO per update, its state kept in the checkpoint."""

    def __init__(
        self,
        config: PpoConfig,
        *,
        reference: Checkpoint,
        temperature: float,
        seed: int,
        dtype: str = "float32",
        on_step: OnStep = lambda step: None,
    ) -> None:
        self._config, self._temperature, self._seed = config, temperature, seed
        self._on_step, self._algorithm = on_step, Ppo(config)
        self._policies = Policies(config, reference, temperature, dtype)

    def update(
        self,
        checkpoint: Checkpoint,
        batch: Sequence[Rollout],
        out: Path,
        *,
        resumable: bool = True,
        sampled_by: str | None = None,
    ) -> Checkpoint:
        """One round on `batch`, sampled by `checkpoint` or by the older policy `sampled_by`.

        The same inputs give the same weights.
        """
        learner = self._policies.take(checkpoint)
        check_sampled_by(batch, sampled_by or checkpoint.policy)
        rows, errors = read_rows(batch, learner.tokenizer, self._config.credit)
        data, metrics = self._prepare(learner, rows)
        metrics |= rollout_metrics(rows, errors)
        warnings = round_warnings(learner.counters, metrics, self._config.kl_target)
        self._train(learner, data, metrics, warnings)
        self._update_kl_coef(learner, metrics["kl"])
        return self._policies.save(learner, out, resumable=resumable)

    def held(self) -> HeldPolicy | None:
        """The policy that `update` gave last, in memory until the next one."""
        return self._policies.held()

    def _prepare(self, learner: Learner, rows: list[TokenRow]) -> tuple[RolloutBatch, Metrics]:
        """Old log-probabilities, rewards, values, advantages and returns of a round."""
        config, width = self._config, max(row.length for row in rows)
        mask = mask_rows(rows, width)
        logprobs, values, entropy, scores = self._score_all(learner, rows, width)
        reference = self._policies.reference_logprobs(learner, rows, width)
        rewards = pad_rows([row.credit.rewards() for row in rows], width)
        rewards = self._algorithm.rewards(rewards, logprobs, reference, mask, learner.counters.kl)
        if learner.counters.iteration == 0 and config.critic_warmup_epochs:
            self._warm_up_critic(learner, rows, rewards, mask)
            _, values, _, scores = self._score_all(learner, rows, width)
        before, last = values[:, :-1], torch.zeros(len(rows))
        advantages, returns = self._algorithm.advantages(rewards, before, mask, last)
        importance, seen = None, Metrics()
        if config.importance_cap:
            importance, seen = importance_weights(
                self._policies, learner.model, rows, logprobs, mask, config, self._temperature
            )
        # k1 without gradient, in nats a candidate: an unbiased figure, which the controller needs.
        kl = (mask * (logprobs - reference)).sum(1).mean()
        metrics = {
            "kl": float(kl),
            "kl_weight": learner.counters.kl,
            "entropy": masked_mean(entropy, mask),
            "explained_variance": explained_variance(before, returns, mask),
        } | seen
        data = RolloutBatch(
            rows, mask, logprobs, reference, before, advantages, returns, importance, scores
        )
        return data, metrics

    def _score_all(
        self, learner: Learner, rows: list[TokenRow], width: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, Scores | None]:
        """(log-probabilities, values, entropies) of all rows as the round begins.

        Where one minibatch of one part is the whole round, the scores with their gradient come
        along: its first step need not compute them again.
        """
        once = len(rows) <= min(self._config.mini_batch_size, self._config.micro_batch_size)
        once = once and processes.size() == 1
        scores: Scores | None = None
        logprobs, entropy = torch.zeros(len(rows), width), torch.zeros(len(rows), width)
        values = torch.zeros(len(rows), width + 1)
        parts = list(micro_batches(range(len(rows)), rows, self._config.micro_batch_size))
        with torch.set_grad_enabled(once), learner.optimization.forward():
            for part, counts in learner.turns(parts):
                chosen = [rows[i] for i in part]
                scores = score(
                    learner.model,
                    chosen,
                    width,
                    self._temperature,
                    critic=learner.critic,
                    entropy="trained" if once and self._config.entropy_coef else "monitored",
                    fp32=self._config.fp32_head,
                )
                assert scores.values is not None and scores.entropy is not None
                if not counts:
                    continue
                logprobs[part] = scores.logprobs.detach().float().cpu()
                values[part] = scores.values.detach().cpu()
                entropy[part] = scores.entropy.detach().float().cpu()
        processes.sum_tensors(logprobs, values, entropy)
        return logprobs, values, entropy, scores if once else None

    def _warm_up_critic(
        self, learner: Learner, rows: list[TokenRow], rewards: torch.Tensor, mask: torch.Tensor
    ) -> None:
        """Teach the critic the Monte-Carlo returns of the candidates."""
        nothing = torch.zeros_like(rewards)
        returns = gae(rewards, nothing, mask, nothing[:, 0], gamma=self._config.gamma, lam=1.0)
        critic = learner.critic
        assert critic is not None
        for epoch_index in range(self._config.critic_warmup_epochs):
            shuffle = WARMUP_EPOCH + epoch_index
            groups = [row.group for row in rows]
            for chosen in minibatches(groups, self._config.mini_batch_size, self._seed, shuffle):
                tokens = float(mask[chosen].sum())
                for part, counts in learner.turns(learner.parts(chosen, rows)):
                    width = max(rows[i].length for i in part)
                    with learner.optimization.forward():
                        every = value(critic, learner.model, [rows[i] for i in part], width)
                    values = every[:, :-1]
                    goal, weights = returns[part, :width], mask[part, :width] / tokens * counts
                    here = values.device
                    losses.value_loss(
                        values, values, goal.to(here), weights.to(here), clip=None
                    ).backward()
                learner.critic_step()

    def _train(
        self, learner: Learner, data: RolloutBatch, metrics: Metrics, warnings: MetricsRow
    ) -> None:
        config, step = self._config, 0
        for epoch in range(config.epochs):
            epoch_index = learner.counters.iteration * config.epochs + epoch
            groups = [row.group for row in data.rows]
            for chosen in minibatches(groups, config.mini_batch_size, self._seed, epoch_index):
                step += 1
                tokens, first = float(data.mask[chosen].sum()), step == 1

                def loss_of(
                    part: list[int], tokens: float = tokens, first: bool = first
                ) -> tuple[torch.Tensor, Metrics]:
                    return self._loss(learner, data, part, tokens, first)

                done = learner.step(chosen, data.rows, loss_of)
                self._on_step({"step": step, **done, **metrics, **warnings})

    def _loss(
        self, learner: Learner, data: RolloutBatch, part: list[int], tokens: float, first: bool
    ) -> tuple[torch.Tensor, Metrics]:
        config, rows = self._config, [data.rows[i] for i in part]
        width, here = max(row.length for row in rows), learner.model.device
        scores = data.scores if first else None
        if scores is None:
            scores = score(
                learner.model,
                rows,
                width,
                self._temperature,
                critic=learner.critic,
                entropy="trained" if config.entropy_coef else None,
                fp32=config.fp32_head,
            )
        assert scores.values is not None

        def of(tensor: torch.Tensor) -> torch.Tensor:
            return tensor[part, :width].to(here)

        weights, old = of(data.mask) / tokens, of(data.logprobs)
        if first:
            check_ratio(scores.logprobs, old, weights, learner.precision)
        batch = CriticBatch(
            logprobs=scores.logprobs,
            old=old,
            advantages=of(data.advantages),
            weights=weights,
            importance=None if data.importance is None else of(data.importance),
            values=scores.values[:, :-1],
            old_values=of(data.values),
            returns=of(data.returns),
            reference=of(data.reference),
            kl=learner.counters.kl,
            entropy=scores.entropy,
        )
        return self._algorithm.loss(batch)

    def _update_kl_coef(self, learner: Learner, kl: float) -> None:
        """beta <- beta (1 + 0.1 clip(kl / target - 1, -0.2, 0.2)), once a round."""
        if self._config.kl_target is not None:
            error = kl / self._config.kl_target - 1.0
            bounded = max(-LARGEST_KL_ERROR, min(LARGEST_KL_ERROR, error))
            learner.counters.kl *= 1.0 + KL_HORIZON * bounded
