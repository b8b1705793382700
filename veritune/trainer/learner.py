"""What a policy-gradient trainer works on, and what of it outlives a round, or a kill.

Beside the policy's weights a checkpoint holds `trainer/`: the optimizers' moments and the critic as
safetensors, the counters as JSON. A trainer that resumes from there, in the same process or in a
new one, ends with the same parameters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from veritune.config import PpoConfig, RlConfig
from veritune.errors import ModelError, TrainingError
from veritune.models import load_policy, model_folder, save_policy
from veritune.models.value import load_head, save_head, value_head
from veritune.records import Checkpoint
from veritune.trainer.rollouts import RolloutRow, micro_batches
from veritune.trainer.scoring import Critic

STATE = "trainer"
Metrics = dict[str, float]


@dataclass(slots=True)
class TrainingState:
    """`iteration` and `updates` done, the KL's weight, and the first round's metrics."""

    iteration: int = 0
    updates: int = 0
    kl: float = 0.0
    first: Metrics = field(default_factory=dict)


@dataclass(slots=True)
class Learner:
    """A policy with its optimizer, and a critic with its own where there is one."""

    model: Any
    tokenizer: Any
    config: RlConfig
    optimizer: Any
    critic: Critic | None
    critic_optimizer: Any | None
    counters: TrainingState

    def step(
        self,
        chosen: Sequence[int],
        rows: Sequence[RolloutRow],
        loss_of: Callable[[list[int]], tuple[torch.Tensor, Metrics]],
    ) -> Metrics:
        """One optimizer step on the rows `chosen`; `loss_of` gets them a few at a time.

        The metrics that it returns are summed. Raises `TrainingError` where a gradient is not
        finite, before anything is changed.
        """
        metrics: Metrics = {}
        for part in micro_batches(chosen, rows, self.config.micro_batch_size):
            loss, parts = loss_of(part)
            loss.backward()
            for name, number in ({"loss": loss.item()} | parts).items():
                metrics[name] = metrics.get(name, 0.0) + number
        rate = self.config.learning_rate * self._share()
        metrics |= {"grad_norm": self._clip(self.model), "learning_rate": rate}
        self._apply(self.optimizer, rate)
        if self.critic is not None:
            self.critic_step()
        self.counters.updates += 1
        return metrics

    def critic_step(self) -> None:
        """Step the critic alone, by the gradients that are there."""
        assert self.critic is not None
        config = self.config
        assert isinstance(config, PpoConfig)
        _clip(self.critic.parameters(), config.max_grad_norm)
        rate = config.critic_learning_rate or config.learning_rate
        self._apply(self.critic_optimizer, rate * self._fallen())

    def save(self, out: Path) -> Checkpoint:
        """Write policy and state together: both are there, or neither."""

        def state(folder: Path) -> None:
            place = folder / STATE
            place.mkdir()
            (place / "counters.json").write_text(json.dumps(asdict(self.counters)))
            save_file(_moments(self.optimizer), place / "optimizer.safetensors")
            if self.critic is not None:
                save_file(_moments(self.critic_optimizer), place / "critic-optimizer.safetensors")
                if self.critic.model is not None:
                    self.critic.model.save_pretrained(place / "critic")
                    self.tokenizer.save_pretrained(place / "critic")
                save_head(self.critic.head, place / "critic")

        return save_policy(self.model, self.tokenizer, out, beside=state)

    def _share(self) -> float:
        """Of the peak learning rate: warming up over updates, falling over rounds."""
        return (
            min(1.0, (self.counters.updates + 1) / (self.config.warmup_steps + 1)) * self._fallen()
        )

    def _fallen(self) -> float:
        decay = self.config.decay
        return max(0.0, 1.0 - self.counters.iteration / decay) if decay else 1.0

    def _clip(self, model: Any) -> float:
        return _clip([p for p in model.parameters() if p.requires_grad], self.config.max_grad_norm)

    def _apply(self, optimizer: Any, rate: float) -> None:
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def open_learner(
    checkpoint: Checkpoint, reference: Checkpoint, config: RlConfig, dtype: str
) -> Learner:
    """The learner that resumes from `checkpoint`: with the state there, else a fresh one.

    Modules stay in eval mode throughout: with dropout, the policy that learns would not be the one
    that sampled.
    """
    model, tokenizer = load_policy(checkpoint.path, dtype=dtype)
    _own_memory(model)
    place = model_folder(checkpoint.path) / STATE
    critic = _open_critic(place, model, reference, config, dtype)
    learner = Learner(
        model=model,
        tokenizer=tokenizer,
        config=config,
        optimizer=_optimizer([p for p in model.parameters() if p.requires_grad], config),
        critic=critic,
        critic_optimizer=_optimizer(critic.parameters(), config) if critic else None,
        counters=TrainingState(kl=config.kl_coef),
    )
    if place.is_dir():
        _restore(learner, place)
    return learner


def _open_critic(
    place: Path, model: Any, reference: Checkpoint, config: RlConfig, dtype: str
) -> Critic | None:
    if not isinstance(config, PpoConfig):
        return None
    saved = place / "critic"
    if config.critic == "shared":
        return Critic(load_head(saved, model) or value_head(model))
    start = reference.path if config.critic == "own" else config.critic
    folder = saved if saved.is_dir() else model_folder(start)
    trunk, _ = load_policy(folder, dtype=dtype)
    _own_memory(trunk)
    head = load_head(folder, trunk) or value_head(trunk)
    return Critic(head, trunk)


def _restore(learner: Learner, place: Path) -> None:
    try:
        learner.counters = TrainingState(**json.loads((place / "counters.json").read_text()))
        _load_moments(learner.optimizer, load_file(place / "optimizer.safetensors"))
        if learner.critic_optimizer is not None:
            moments = load_file(place / "critic-optimizer.safetensors")
            _load_moments(learner.critic_optimizer, moments)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"{place}: the trainer's state cannot be read ({error}); delete that folder to"
            " start with a fresh optimizer"
        ) from None


def _optimizer(parameters: Sequence[Any], config: RlConfig) -> Any:
    return torch.optim.AdamW(
        [p for p in parameters if p.requires_grad],
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        fused=True,
    )


def _moments(optimizer: Any) -> dict[str, torch.Tensor]:
    """The optimizer's state as named tensors; empty before the first step."""
    return {
        f"{index}.{name}": tensor.detach().cpu().contiguous()
        for index, moments in optimizer.state_dict()["state"].items()
        for name, tensor in moments.items()
    }


def _load_moments(optimizer: Any, tensors: dict[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = tensor.clone()
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _own_memory(model: Any) -> None:
    """Parameters in memory of their own: kernels may round by how mapped files are aligned."""
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()


def _clip(parameters: Sequence[Any], largest: float) -> float:
    norm = torch.nn.utils.clip_grad_norm_(parameters, largest)
    if not torch.isfinite(norm):
        raise TrainingError("the loss is not finite; lower trainer.learning_rate")
    return float(norm)
