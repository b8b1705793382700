"""Float32 master weights: what is trained, whatever the forward pass or the sampler computes in.

AdamW at a learning rate of 1e-5 moves a weight by about 1e-5 a step. Between numbers near 0.1
bfloat16 has a gap of 5e-4: added to bfloat16 weights, most steps change nothing (Micikevicius et
al. 2018, arXiv 1710.03740, section 3.1). So weights and moments are float32 here. A checkpoint
whose weights are written in bfloat16, for the sampler, carries the float32 ones in `trainer/`, so
that no round begins from rounded weights.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file, save_file

from veritune.errors import ModelError
from veritune.models.checkpoints import save_policy
from veritune.models.hashing import adapter_base
from veritune.models.hub import model_folder
from veritune.models.loading import load_policy
from veritune.records import Checkpoint

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Folder beside a checkpoint's weights: what its trainer resumes from, no part of its hash.
STATE = "trainer"
# In the trainer's folder, which is no part of the policy's hash.
MASTERS = "masters.safetensors"


def load_trainable(
    path: str | Path, *, base_dtype: str = "float32", device: str | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """(model, tokenizer) as `load_policy` gives them, with every trainable weight in float32.

    The frozen base of an adapter is loaded in `base_dtype`. Raises `ModelError`.
    """
    folder = model_folder(path)
    adapter = adapter_base(folder) is not None
    model, tokenizer = load_policy(
        folder, dtype=base_dtype if adapter else "float32", device=device
    )
    file = folder / STATE / MASTERS
    for parameter in model.parameters():  # In memory of their own: kernels round by alignment.
        wanted = torch.float32 if parameter.requires_grad else parameter.dtype
        parameter.data = parameter.data.to(wanted, copy=True)
    if file.is_file():
        _put(model, file)
    return model, tokenizer


def save_trained(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    folder: Path,
    dtype: str,
    beside: Callable[[Path], None] | None = None,
) -> Checkpoint:
    """As `save_policy`, with weights in `dtype`, and the float32 ones beside where that is less."""
    # An adapter's weights are written as they are trained.
    rounded = dtype != "float32" and not hasattr(model, "peft_config")

    def write(aside: Path) -> None:
        if rounded:
            (aside / STATE).mkdir(exist_ok=True)
            named = {n: p for n, p in model.named_parameters() if p.requires_grad}
            tensors = {name: p.detach().cpu().contiguous() for name, p in named.items()}
            save_file(tensors, aside / STATE / MASTERS)
        if beside is not None:
            beside(aside)

    return save_policy(model, tokenizer, folder, beside=write, dtype=dtype)


def _put(model: PreTrainedModel, file: Path) -> None:
    named = dict(model.named_parameters())
    try:
        with torch.no_grad():
            for name, value in load_file(file).items():
                named[name].copy_(value)
    except Exception as error:
        raise ModelError(
            f"{file}: does not fit the weights beside it ({error}); remove it to train from them"
        ) from None
