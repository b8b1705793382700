"""Training reward models: preference, outcome or process, by the losses in `reward_losses`.

The mean is over pairs, solutions or labelled steps of the whole batch. The head's weights learn by
1 / width of the learning rate (Yang et al. 2022, arXiv 2203.03466): at the full rate they fit
what they read by heart before the trunk has learned what is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch

from veritune.config import RewardConfig
from veritune.errors import TrainingError
from veritune.models import (
    RewardKind,
    RewardModel,
    TokenSpan,
    fresh_reward_model,
    save_reward_model,
)
from veritune.records import Checkpoint, OnStep, VerifiedCandidate
from veritune.trainer import processes, sharding
from veritune.trainer.fitting import FitTask, Metrics, finish, fit, state_folder
from veritune.trainer.pairs import PreferencePair
from veritune.trainer.reward_losses import classification_loss, preference_loss
from veritune.trainer.reward_rows import outcome_rows, pair_rows, process_rows
from veritune.trainer.rows import PairRow, TokenRow

T = TypeVar("T")
# Rows whose likelihoods set the scale that the training starts from.
STANDARD_ROWS = 64


class RewardTrainer:
    """Turns a causal LM, usually the policy, into a reward model."""

    def __init__(
        self,
        config: RewardConfig,
        *,
        seed: int,
        dtype: str = "float32",
        on_step: OnStep = lambda step: None,
    ) -> None:
        self._config, self._seed, self._dtype, self._on_step = config, seed, dtype, on_step

    def preference(
        self, start: str | Path, pairs: Sequence[PreferencePair], out: Path
    ) -> Checkpoint:
        """Learn which of two completions is better."""
        processes.join()
        reward = fresh_reward_model(start, "preference")
        rows = pair_rows(pairs, reward.tokenizer)
        reward.standardise(*both(rows[:STANDARD_ROWS]))
        return self._fit(reward, preference_task(reward, rows), start, out)

    def from_verdicts(
        self, start: str | Path, kind: RewardKind, verified: Sequence[VerifiedCandidate], out: Path
    ) -> Checkpoint:
        """Learn whether answers are right (`outcome`), or steps (`process`)."""
        processes.join()
        reward = fresh_reward_model(start, kind)
        rows_of = outcome_rows if kind == "outcome" else process_rows
        rows = rows_of(verified, reward.tokenizer)
        labels = {label for row in rows for *_, label in row.labels}
        if len(labels) < 2:
            raise TrainingError(
                f"{len(rows)} candidates can be learned from, and all labels are alike; a reward"
                " model needs right and wrong ones"
            )
        some = rows[:STANDARD_ROWS]
        reward.standardise([row.ids for row in some], [spans(row) for row in some])
        return self._fit(reward, labelled_task(reward, rows), start, out)

    def _fit(
        self, reward: RewardModel, task: FitTask[T], start: str | Path, out: Path
    ) -> Checkpoint:
        if self._config.shard:
            sharding.shard(reward.model)
        # 1 / width of the rate: see the head of this file.
        rate = self._config.learning_rate / reward.head.weight.shape[1]
        fit(
            reward.module(),
            task,
            self._config,
            seed=self._seed,
            on_step=self._on_step,
            state=state_folder(out),
            rates={"head.weight": rate},
        )
        done = replace(reward, model=sharding.whole_model(reward.model, start))
        return finish(out, lambda: save_reward_model(done, out, dtype=self._dtype))


def both(rows: Sequence[PairRow]) -> tuple[list[list[int]], list[list[TokenSpan]]]:
    """All that was chosen, then all that was rejected, and where the completions stand."""
    every = [*(row.chosen for row in rows), *(row.rejected for row in rows)]
    return [row.ids for row in every], [[(row.prompt, len(row.ids) - 1)] for row in every]


def preference_task(reward: RewardModel, rows: Sequence[PairRow]) -> FitTask[PairRow]:
    """Bradley-Terry on the numbers of whole completions."""

    def loss(part: Sequence[PairRow]) -> tuple[torch.Tensor, Metrics]:
        every = reward.numbers(*both(part))
        chosen, rejected = every.split(len(part))
        right = float((chosen > rejected).sum().item())
        margin = float((chosen - rejected).detach().sum().item())
        return preference_loss(chosen, rejected), {"accuracy": right, "margin": margin}

    def length(row: PairRow) -> int:
        return len(row.chosen.ids) + len(row.rejected.ids)

    return FitTask(rows=rows, loss=loss, weight=lambda row: 1.0, length=length)


def spans(row: TokenRow) -> list[TokenSpan]:
    """What of a row is scored."""
    return [(first, last) for first, last, _ in row.labels]


def labelled_task(reward: RewardModel, rows: Sequence[TokenRow]) -> FitTask[TokenRow]:
    """Classification of every labelled span."""

    def loss(part: Sequence[TokenRow]) -> tuple[torch.Tensor, Metrics]:
        logits = reward.numbers([row.ids for row in part], [spans(row) for row in part])
        wanted = [label for row in part for *_, label in row.labels]
        labels = torch.tensor(wanted, dtype=logits.dtype, device=logits.device)
        right = float(((logits > 0) == (labels > 0.5)).sum().item())
        return classification_loss(logits, labels), {"accuracy": right}

    def length(row: TokenRow) -> int:
        return len(row.ids)

    return FitTask(rows=rows, loss=loss, weight=lambda row: len(row.labels), length=length)
