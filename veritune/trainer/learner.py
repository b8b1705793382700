"""What a policy-gradient trainer works on, and what of it outlives a round, or a kill.

Beside the policy's weights a checkpoint holds `trainer/`: the optimizers' moments and the critic as
safetensors, the counters as JSON, and float32 weights where those of the policy are written in less
(`models.masters`). A trainer that resumes from there, in the same process or in a new one, ends
with the same parameters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from warnings import catch_warnings

import torch
from safetensors.torch import load_file, save_file

from veritune.config import GroupConfig, PpoConfig, RlConfig
from veritune.errors import ModelError
from veritune.models import (
    STATE,
    in_pieces,
    load_head,
    load_trainable,
    model_folder,
    save_head,
    save_policy,
    save_trained,
    share_base,
    value_head,
)
from veritune.records import Checkpoint
from veritune.trainer import processes, sharding
from veritune.trainer.optimization import Moments, Optimization
from veritune.trainer.precision import DTYPES, Computed, resolve
from veritune.trainer.rollouts import micro_batches
from veritune.trainer.rows import TokenRow
from veritune.trainer.scoring import Critic

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Metrics = dict[str, float]
T = TypeVar("T")


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

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    config: RlConfig
    optimization: Optimization
    critic: Critic | None
    critic_optimization: Optimization | None
    counters: TrainingState
    origin: Path
    """The checkpoint that it was read from, or last written to."""
    critic_origin: Path
    """The same of a critic's own model."""

    @property
    def precision(self) -> Computed:
        """What the forward pass is computed in."""
        return resolve(self.config.precision)

    def step(
        self,
        chosen: Sequence[int],
        rows: Sequence[TokenRow],
        loss_of: Callable[[list[int]], tuple[torch.Tensor, Metrics]],
    ) -> Metrics:
        """One optimizer step on the rows `chosen`; `loss_of` gets them a few at a time.

        The metrics that it returns are summed. Raises `TrainingError` where a gradient is not
        finite, before anything is changed.
        """
        metrics: Metrics = {}
        for part, counts in self.turns(self.parts(chosen, rows)):
            with self.optimization.forward():
                loss, parts = loss_of(part)
            if not counts:
                (loss * 0.0).backward()
                continue
            loss.backward()
            for name, number in ({"loss": loss.item()} | parts).items():
                metrics[name] = metrics.get(name, 0.0) + number
        # Summed once at the end: parts of a step need not wait for other processes.
        metrics = processes.summed_figures(metrics)
        rate = self.optimization.learning_rate * self._fallen()
        norm = self.optimization.update(self._fallen())
        if self.critic is not None and self.critic.head is not None:
            self.critic_step()
        self.counters.updates = self.optimization.done
        return metrics | {"grad_norm": norm, "learning_rate": rate}

    def parts(self, chosen: Sequence[int], rows: Sequence[TokenRow]) -> Sequence[list[int]]:
        """`chosen` in micro-batches, at least one for each process where there are rows enough."""
        each = -(-len(chosen) // processes.size())
        # Smaller parts before idle processes: each has one where there are rows enough.
        size = min(self.config.micro_batch_size, max(each, 1))
        return list(micro_batches(chosen, rows, size))

    def turns(self, parts: Sequence[T]) -> list[tuple[T, bool]]:
        """Those that this process computes, and whether they count (`processes.turns`)."""
        return processes.turns(parts, equal=in_pieces(self.model))

    def critic_step(self) -> None:
        """Step the critic alone, by the gradients that are there."""
        assert self.critic_optimization is not None
        self.critic_optimization.update(self._fallen())

    def move_idle(self, place: torch.device | str) -> None:
        """Have at `place` what sampling has no use for: moments, and a critic of its own."""
        if in_pieces(self.model):  # Each process has little of them.
            return
        self.optimization.move(place)
        if self.critic is None or self.critic_optimization is None:
            return
        self.critic_optimization.move(place)
        for parameter in self.critic.module().parameters():
            if parameter.requires_grad:  # Others may be those of the policy's base.
                parameter.data = parameter.data.to(place)

    def save(self, out: Path, dtype: str, *, resumable: bool = True) -> Checkpoint:
        """Write policy and state together: both are there, or neither; or the policy alone."""
        if not resumable:
            save = partial(save_policy, self.model, self.tokenizer, out, dtype=dtype)
            return processes.saved(out, save)
        moments = self.optimization.moments()
        of_critic = self.critic_optimization.moments() if self.critic_optimization else {}
        model = sharding.whole_model(self.model, self.origin)
        trunk = self.critic.model if self.critic is not None else None
        if trunk is not None:
            trunk = sharding.whole_model(trunk, self.critic_origin)

        def state(folder: Path) -> None:
            place = folder / STATE
            place.mkdir(exist_ok=True)
            (place / "counters.json").write_text(json.dumps(asdict(self.counters)))
            save_file(moments, place / "optimizer.safetensors")
            if self.critic is not None:
                save_file(of_critic, place / "critic-optimizer.safetensors")
                if trunk is not None:
                    trunk.save_pretrained(place / "critic")
                    self.tokenizer.save_pretrained(place / "critic")
                if self.critic.head is not None:
                    save_head(self.critic.head, place / "critic")

        saved = processes.saved(out, lambda: save_trained(model, self.tokenizer, out, dtype, state))
        self.origin, self.critic_origin = out, out / STATE / "critic"
        return saved

    def _fallen(self) -> float:
        """Of the peak learning rate: falling over rounds."""
        decay = self.config.decay
        # Never below 0: a run that is given more rounds than its decay learns nothing, and nothing
        # backwards.
        return max(0.0, 1.0 - self.counters.iteration / decay) if decay else 1.0


def open_learner(checkpoint: Checkpoint, reference: Checkpoint, config: RlConfig) -> Learner:
    """The learner that resumes from `checkpoint`: with the state there, else a fresh one.

    Modules stay in eval mode throughout: with dropout, the policy that learns would not be the one
    that sampled.
    """
    precision = resolve(config.precision)
    model, tokenizer = load_trainable(checkpoint.path, base_dtype=DTYPES[precision])
    if config.shard:
        sharding.shard(model)
    if config.activation_checkpointing:
        _recompute(model)
    place = model_folder(checkpoint.path) / STATE
    critic_folder = _critic_folder(place, reference, config)
    critic = _open_critic(critic_folder, model, config)
    learner = Learner(
        model=model,
        tokenizer=tokenizer,
        config=config,
        optimization=_optimization(model, config, config.learning_rate, config.warmup_steps),
        critic=critic,
        critic_optimization=_critic_optimization(critic, config) if critic else None,
        counters=TrainingState(kl=config.kl_coef),
        origin=Path(checkpoint.path),
        critic_origin=critic_folder,
    )
    if (place / "counters.json").is_file():
        _restore(learner, place)
    return learner


def _critic_folder(place: Path, reference: Checkpoint, config: RlConfig) -> Path:
    """What a critic is read from: where it was saved, else where it starts."""
    saved, start = place / "critic", critic_of(config)
    if start in (None, "shared") or saved.is_dir():
        return saved
    return model_folder(reference.path if start == "own" else str(start))


def critic_of(config: RlConfig) -> str | None:
    """What learns beside the policy: shared, own, the folder that it starts as, or None."""
    if isinstance(config, PpoConfig):
        return config.critic
    return "own" if isinstance(config, GroupConfig) and config.type == "prime" else None


def _open_critic(folder: Path, model: PreTrainedModel, config: RlConfig) -> Critic | None:
    kind = critic_of(config)
    if kind is None:
        return None
    if kind == "shared":
        return Critic(load_head(folder, model) or value_head(model))
    trunk, _ = load_trainable(folder, base_dtype=DTYPES[resolve(config.precision)])
    head = None
    if isinstance(config, PpoConfig):
        head = load_head(folder, trunk) or value_head(trunk)
    if config.shard:
        sharding.shard(trunk)
    else:
        share_base(trunk, model)
    return Critic(head, trunk)


def _restore(learner: Learner, place: Path) -> None:
    try:
        learner.counters = TrainingState(**json.loads((place / "counters.json").read_text()))
        done = learner.counters.updates
        learner.optimization.resume(_moments(place / "optimizer.safetensors"), done)
        if learner.critic_optimization is not None:
            moments = _moments(place / "critic-optimizer.safetensors")
            learner.critic_optimization.resume(moments, done)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"{place}: the trainer's state cannot be read ({error}); delete that folder to"
            " continue with a fresh optimizer"
        ) from None


def _moments(file: Path) -> Moments:
    found: Moments = load_file(file)
    return found


def _optimization(
    module: torch.nn.Module, config: RlConfig, learning_rate: float, warmup: int = 0
) -> Optimization:
    return Optimization(
        module,
        learning_rate=learning_rate,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        warmup_steps=warmup,
        precision=resolve(config.precision),
    )


def _critic_optimization(critic: Critic, config: RlConfig) -> Optimization:
    if isinstance(config, PpoConfig):
        rate = config.critic_learning_rate or config.learning_rate
    else:
        assert isinstance(config, GroupConfig)
        rate = config.reward_learning_rate
    return _optimization(critic.module(), config, rate)


def _recompute(model: PreTrainedModel) -> None:
    """Let layers compute activations again in the backward pass, dropout off all the same."""
    with catch_warnings(action="ignore", category=FutureWarning):
        model.gradient_checkpointing_enable({"use_reentrant": False})
    for module in model.modules():
        if hasattr(module, "gradient_checkpointing"):
            module.training = True  # Of the layer alone: what it holds stays in eval mode.
