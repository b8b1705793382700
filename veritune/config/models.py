"""The policy that a run starts from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from veritune.config.base import Count, Frozen, PathText, Positive, PositiveFloat


class ScratchConfig(Frozen):
    """A model built from nothing, in a real architecture, with a character tokenizer."""

    architecture: Literal["qwen2", "llama"] = "qwen2"
    """Which transformers architecture to build."""
    layers: Positive = 2
    """Transformer blocks."""
    width: Positive = 128
    """Hidden size."""
    heads: Positive = 4
    """Attention heads; must divide the width."""
    max_length: Positive = 256
    """Longest sequence in tokens, prompt and completion together."""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> ScratchConfig:
        if self.width % (2 * self.heads):
            raise ValueError(f"width ({self.width}) must be a multiple of 2 x heads ({self.heads})")
        return self


class LoraConfig(Frozen):
    """Low-rank adapters beside frozen weights: what is trained and saved in place of the model."""

    rank: Count = 0
    """Rank of the adapters; 0 trains all weights."""
    alpha: PositiveFloat = 16.0
    """Their output is scaled by this over the rank."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout of their input."""
    dora: bool = False
    """Train the magnitude of each weight's columns apart from their direction."""
    target_modules: tuple[str, ...] = ()
    """Names of the layers that get one; left out: every linear layer but the last."""


class ModelConfig(Frozen):
    """The policy that the run starts from."""

    path: PathText | None = None
    """A Hugging Face folder or hub name. Leave it out to build `scratch` instead."""
    adapter: PathText | None = None
    """A PEFT adapter folder or hub name; its weights are merged into the model's at the start."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """What the sampler and the reference compute in, and checkpoints are written in. Trained
    weights are float32 in any case; `trainer.precision` says what training computes in."""
    lora: LoraConfig = LoraConfig()
    scratch: ScratchConfig = ScratchConfig()
    """The model to build where no path is given."""
