"""LoRA (Hu et al. 2021, arXiv 2106.09685) and DoRA (Liu et al. 2024, arXiv 2402.09353) adapters.

An adapter is a PEFT folder that names its base model by path. Every trainer and sampler takes such
a folder for a policy: it trains the adapter alone and saves an adapter again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast
from warnings import catch_warnings

from veritune.config import LoraConfig
from veritune.errors import ModelError
from veritune.models.checkpoints import save_policy
from veritune.models.forward import merged
from veritune.models.hashing import adapter_base
from veritune.models.hub import model_folder
from veritune.models.loading import load_policy
from veritune.records import Checkpoint

if TYPE_CHECKING:
    from peft import LoraConfig as PeftConfig
    from peft import PeftModel
    from transformers import PreTrainedModel


def save_adapter(base: str | Path, config: LoraConfig, seed: int, folder: Path) -> Checkpoint:
    """Write a fresh adapter on `base`; it changes nothing yet. `seed` draws its down-projections.

    Raises `ModelError` where `base` is an adapter itself, or has no layers of the names given.
    """
    import torch
    from peft import LoraConfig as PeftConfig
    from peft import get_peft_model

    place = model_folder(base).resolve()
    if adapter_base(place) is not None:
        raise ModelError(f"{base}: is an adapter itself; merge it first")
    model, tokenizer = load_policy(place)
    wanted = PeftConfig(
        r=config.rank,
        lora_alpha=config.alpha,  # type: ignore[arg-type]  # PEFT computes with any number
        lora_dropout=config.dropout,
        use_dora=config.dora,
        # All linear layers but the output, as the DoRA and QLoRA papers have it.
        target_modules=list(config.target_modules) or "all-linear",
        task_type="CAUSAL_LM",
    )
    # PEFT asks transformers by names that it renamed.
    with torch.random.fork_rng(), catch_warnings(action="ignore", category=FutureWarning):
        torch.manual_seed(seed)
        try:
            adapted = get_peft_model(model, wanted)
        except ValueError as error:
            raise ModelError(f"{base}: no adapter fits ({str(error).partition('. ')[0]})") from None
    for part in adapted.peft_config.values():
        # The absolute path, so that the adapter can be used from anywhere on this machine.
        part.base_model_name_or_path = str(place)
    return save_policy(cast("PreTrainedModel", adapted), tokenizer, folder)


def share_base(model: PreTrainedModel, other: PreTrainedModel) -> bool:
    """Let two adapters of one base hold its frozen weights once; False where they are not that.

    `model` then reads those of `other`, and its own are freed.
    """
    if not (hasattr(model, "peft_config") and hasattr(other, "peft_config")):
        return False
    adapted = [cast("PeftModel", each).peft_config.values() for each in (model, other)]
    bases = [{str(one.base_model_name_or_path) for one in adapters} for adapters in adapted]
    if {Path(name).resolve() for name in bases[0]} != {Path(name).resolve() for name in bases[1]}:
        return False
    named = {n: p for n, p in other.named_parameters() if not p.requires_grad}
    frozen = {n: p for n, p in model.named_parameters() if not p.requires_grad}
    # An adapter of other modules wraps other layers, whose weights have other names.
    plain = {name.replace(".base_layer.", "."): p for name, p in named.items()}
    for name, parameter in frozen.items():
        held = plain.get(name.replace(".base_layer.", "."))
        if held is not None and held.shape == parameter.shape and held.dtype == parameter.dtype:
            parameter.data = held.data
    return True


def merge_adapter(adapter: str | Path, folder: Path) -> Checkpoint:
    """Write an adapter and its base as one model, a normal Hugging Face folder."""
    if adapter_base(model_folder(adapter)) is None:
        raise ModelError(f"{adapter}: is not an adapter; there is nothing to merge")
    model, tokenizer = load_policy(adapter)
    return save_policy(merged(model), tokenizer, folder)


def adapter_rank(model: PreTrainedModel) -> int:
    """The largest rank of the adapters on a model."""
    adapters = cast("PeftModel", model).peft_config.values()
    # PEFT's own annotation leaves out what only LoRA's adapters have, and there are no others here.
    return max(int(cast("PeftConfig", adapter).r) for adapter in adapters)
