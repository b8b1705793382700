"""Types of keys, and the base of every part of a recipe."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(gt=0, lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Rate = Annotated[float, Field(ge=0, le=1)]
PositiveFloat = Annotated[float, Field(gt=0)]
Options = dict[str, int | float | bool | str]
"""Options of own code or of a template, passed to it by name."""
TrackerName = Literal["tensorboard", "wandb", "trackio"]


class Frozen(BaseModel):
    """Base of every part of a recipe: immutable, unknown keys refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), allow_inf_nan=False
    )


RENAMED = {
    "trainer.recompute": "trainer.activation_checkpointing",
    "trainer.updates": "trainer.max_steps",
    "trainer.clip": "trainer.max_grad_norm",
    "trainer.micro_batch": "trainer.micro_batch_size",
    "trainer.minibatch": "trainer.mini_batch_size",
    "trainer.warmup": "trainer.warmup_steps",
    "trainer.clip_low": "trainer.clip_eps_low",
    "trainer.clip_high": "trainer.clip_eps_high",
    "trainer.entropy": "trainer.entropy_coef",
    "trainer.kl": "trainer.kl_coef",
    "trainer.kl_place": "trainer.kl_in_reward",
    "trainer.whiten": "trainer.whiten_advantages",
    "trainer.critic_warmup": "trainer.critic_warmup_epochs",
    "trainer.value_weight": "trainer.value_coef",
    "trainer.value_clip": "trainer.value_clip_eps",
    "trainer.sft": "trainer.rpo_alpha",
    "sampler.batch": "sampler.max_num_seqs",
    "sampler.gpu_memory": "sampler.gpu_memory_utilization",
    "selection.keep": "selection.max_per_problem",
    "model.lora.targets": "model.lora.target_modules",
    "problems.chat": "prompt.chat",
    "problems.system": "prompt.system",
    "problems.instruction": "prompt.instruction",
    "problems.template": "prompt.template",
}
"""Keys of earlier versions, by their path in a recipe; they are refused with the new name."""


def renamed(key: str) -> str | None:
    """The new name of an old key of a recipe, or of an option that is named without its section."""
    section, dot, name = key.rpartition(".")
    place = section.rpartition(".")[2]
    place = "trainer" if place in ("warm_start", "reward") else place
    for old, new in RENAMED.items():
        of, _, was = old.rpartition(".")
        there, _, now = new.rpartition(".")
        if was == name and place in ({of} if of != there else {"", of.rpartition(".")[2]}):
            return f"{section if of == there else there}{dot}{now}"
    return None
