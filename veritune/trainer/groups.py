"""Policy gradient with the group's own rewards as the baseline: the trainer of `algorithms`.

With r~ the rewards of a candidate y_i less its group's baseline, w_it what a token counts and the
algorithm's own term, all of which the algorithm says,

    A_it = sum over t' >= t of r~_it',         so r~_i on every token where only the outcome pays,
    loss = sum_it w_it term_it(A_it) + kl_coef sum_it w_it kl_it - entropy_coef sum_it w_it H_it

The ratio rho_it = pi / pi_old is 1 throughout where a round is one optimizer step. The KL is in the
loss, by k2; k3 is that of the GRPO paper, whose gradient is another divergence's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from veritune.config import GroupConfig
from veritune.models import EntropyUse, HeldPolicy
from veritune.plugins import is_plugin
from veritune.records import Checkpoint, OnStep
from veritune.trainer import losses, processes
from veritune.trainer.advantages import whiten
from veritune.trainer.algorithms import algorithm_of
from veritune.trainer.algorithms.parts import (
    Algorithm,
    DenseAlgorithm,
    Extent,
    RoundScores,
    TokenBatch,
    to_go,
)
from veritune.trainer.implicit import learn_implicit
from veritune.trainer.importance import importance_weights
from veritune.trainer.learner import Learner, Metrics
from veritune.trainer.metrics import rollout_metrics, round_warnings
from veritune.trainer.policies import Policies
from veritune.trainer.protocol import Rollout
from veritune.trainer.rollouts import (
    check_ratio,
    check_sampled_by,
    mask_rows,
    minibatches,
    read_rows,
)
from veritune.trainer.rows import TokenRow
from veritune.trainer.scoring import score


@dataclass(frozen=True, slots=True)
class GroupRound:
    """A round as (rows, width) tensors over completion tokens, on the CPU."""

    rows: list[TokenRow]
    mask: torch.Tensor
    advantages: torch.Tensor
    old: torch.Tensor | None
    reference: torch.Tensor | None
    importance: torch.Tensor | None


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
        on_step: OnStep = lambda step: None,
    ) -> None:
        self._config, self._temperature, self._seed = config, temperature, seed
        self._max_tokens, self._on_step = max_tokens, on_step
        self._algorithm = algorithm_of(config, max_tokens)
        self._policies = Policies(config, reference, temperature, dtype)

    def update(
        self,
        checkpoint: Checkpoint,
        batch: Sequence[Rollout],
        out: Path,
        *,
        resumable: bool = True,
        on_disk: bool = True,
        sampled_by: str | None = None,
    ) -> Checkpoint:
        """One round on `batch`, sampled by `checkpoint` or by the older policy `sampled_by`.

        The same inputs give the same weights.
        """
        learner = self._policies.take(checkpoint)
        check_sampled_by(batch, sampled_by or checkpoint.policy)
        rows, errors = read_rows(batch, learner.tokenizer, self._config.credit)
        metrics = rollout_metrics(rows, errors)
        self._train(learner, self._prepare(learner, rows, metrics), metrics)
        return self._policies.save(learner, out, resumable=resumable, on_disk=on_disk)

    def held(self) -> HeldPolicy | None:
        """The policy that `update` gave last, in memory until the next one."""
        return self._policies.held()

    def _prepare(self, learner: Learner, rows: list[TokenRow], metrics: Metrics) -> GroupRound:
        width, config, policies = max(row.length for row in rows), self._config, self._policies
        mask, advantages = mask_rows(rows, width), group_advantages(rows, self._algorithm, width)
        old = self._old(learner, rows, width)
        reference = None
        if config.kl_coef or config.type == "prime":
            reference = policies.reference_logprobs(learner, rows, width)
        if isinstance(self._algorithm, DenseAlgorithm) and old is not None:
            other = self._other(learner, rows, width)
            names = [row.group for row in rows]
            scores = RoundScores(old, other, reference, mask, names)
            advantages = advantages + self._algorithm.dense(scores)
            metrics["other_gap"] = float((mask * (old - other)).sum() / mask.sum())
        if self._algorithm.whitens:
            advantages = whiten(advantages, mask)
        importance = None
        if config.importance_cap and old is not None:
            importance, seen = importance_weights(
                policies, learner.model, rows, old, mask, config, self._temperature
            )
            metrics |= seen
        # In nats a candidate, as PPO reports it.
        if old is not None and reference is not None:
            metrics["kl"] = float((mask * (old - reference)).sum(1).mean())
        return GroupRound(rows, mask, advantages, old, reference, importance)

    def _other(self, learner: Learner, rows: list[TokenRow], width: int) -> torch.Tensor:
        """(rows, width): the log-probabilities of the model that a dense algorithm asks."""
        if self._config.teacher is not None:
            return self._policies.teacher_logprobs(learner, rows, width)
        # Its odds are those of whole likelihoods, whatever the temperature.
        start = self._policies.reference_logprobs(learner, rows, width, 1.0)
        return learn_implicit(self._policies, learner, rows, start, self._config, self._seed)

    def _train(self, learner: Learner, data: GroupRound, metrics: Metrics) -> None:
        config, step = self._config, 0
        warnings = round_warnings(learner.counters, metrics, None)
        names = [row.group for row in data.rows]
        for epoch in range(config.epochs):
            epoch_index = learner.counters.iteration * config.epochs + epoch
            for chosen in minibatches(names, config.mini_batch_size, self._seed, epoch_index):
                step += 1
                extent = Extent(float(data.mask[chosen].sum()), len(chosen), self._max_tokens)
                weights, first = self._algorithm.weights(data.mask, extent), step == 1

                def loss_of(
                    part: list[int], weights: torch.Tensor = weights, first: bool = first
                ) -> tuple[torch.Tensor, Metrics]:
                    return self._loss(learner, data, part, weights, first)

                taught = chosen
                if self._advantages_alone and data.reference is None:
                    taught = with_gradient(data.advantages, chosen, processes.size())
                done = learner.step(taught, data.rows, loss_of)
                self._on_step({"step": step, **done, **metrics, **warnings})

    @property
    def _advantages_alone(self) -> bool:
        """Whether the policy's loss has no gradient but what advantages give it."""
        # What an algorithm of somebody's own makes of an advantage of 0 is not known.
        return not self._config.entropy_coef and not is_plugin(self._config.type)

    def _loss(
        self,
        learner: Learner,
        data: GroupRound,
        part: list[int],
        every_weight: torch.Tensor,
        first: bool,
    ) -> tuple[torch.Tensor, Metrics]:
        config, chosen = self._config, [data.rows[i] for i in part]
        width, here = max(row.length for row in chosen), learner.model.device
        entropy: EntropyUse | None = "trained" if config.entropy_coef else None
        scores = score(
            learner.model,
            chosen,
            width,
            self._temperature,
            entropy=entropy,
            fp32=config.fp32_head,
        )

        def of(tensor: torch.Tensor) -> torch.Tensor:
            return tensor[part, :width].to(here)

        weights = of(every_weight)
        old = scores.logprobs.detach() if data.old is None else of(data.old)
        if first and data.old is not None:
            check_ratio(scores.logprobs, old, weights, learner.precision)
        importance = None if data.importance is None else of(data.importance)
        batch = TokenBatch(scores.logprobs, old, of(data.advantages), weights, importance)
        loss, clipped = self._algorithm.loss(batch)
        metrics = {"policy_loss": loss.item(), "clip_fraction": float(clipped * weights.sum())}
        if scores.entropy is not None:
            loss = loss - config.entropy_coef * losses.weighted(scores.entropy, weights)
        if data.reference is not None:
            reference = of(data.reference)
            kl_term = losses.kl_loss(scores.logprobs, reference, weights, config.kl_estimator)
            loss = loss + config.kl_coef * kl_term
        return loss, metrics

    def _old(self, learner: Learner, rows: list[TokenRow], width: int) -> torch.Tensor | None:
        """Log-probabilities as the round begins; None where nothing needs them."""
        config = self._config
        single = config.epochs == 1 and len(rows) <= config.mini_batch_size
        single = single and not isinstance(self._algorithm, DenseAlgorithm)
        if single and not config.importance_cap and not config.kl_coef:
            return None
        return self._policies.logprobs(learner.model, rows, width)


def with_gradient(advantages: torch.Tensor, chosen: Sequence[int], least: int) -> list[int]:
    """Those of the rows `chosen` that have an advantage, or of the others so that it is `least`.

    A group whose candidates earned the same teaches nothing, and is not computed. At least one row
    is, on each process: a gradient of zeros steps by the moments, and a missing one does not.
    """
    taught = advantages.bool().any(1).tolist()
    order = [i for i in chosen if taught[i]]
    return order + [i for i in chosen if not taught[i]][: max(0, least - len(order))]


def group_advantages(rows: Sequence[TokenRow], algorithm: Algorithm, width: int) -> torch.Tensor:
    """(rows, width): A_it above, 0 on padding."""
    members: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        members.setdefault(row.group, []).append(i)
    centred = torch.zeros(len(rows), width)
    for group in members.values():
        found = algorithm.advantages([rows[i] for i in group])
        for i, own in zip(group, found, strict=True):
            for position, value in own:
                centred[i, position] += value
    # What a token is followed by is its advantage: rewards to come, less the baseline.
    return to_go(centred)
