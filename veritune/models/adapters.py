"""LoRA (Hu et al. 2021, arXiv 2106.09685) and DoRA (Liu et al. 2024, arXiv 2402.09353) adapters.

An adapter is a PEFT folder that names its base model by path. Every trainer and sampler takes such
a folder for a policy: it trains the adapter alone and saves an adapter again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from veritune.config import LoraConfig
from veritune.errors import ModelError
from veritune.models.checkpoints import save_policy
from veritune.models.hashing import adapter_base
from veritune.models.hub import model_folder
from veritune.models.loading import load_policy
from veritune.records import Checkpoint


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
        target_modules=list(config.target_modules) or "all-linear",
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        try:
            adapted = get_peft_model(model, wanted)
        except ValueError as error:
            raise ModelError(f"{base}: no adapter fits ({str(error).partition('. ')[0]})") from None
    for part in adapted.peft_config.values():
        part.base_model_name_or_path = str(place)
    return save_policy(adapted, tokenizer, folder)


def share_base(model: Any, other: Any) -> bool:
    """Let two adapters of one base hold its frozen weights once; False where they are not that.

    `model` then reads those of `other`, and its own are freed.
    """
    if not (hasattr(model, "peft_config") and hasattr(other, "peft_config")):
        return False
    (ours,), (theirs,) = model.peft_config.values(), other.peft_config.values()
    bases = [Path(str(each.base_model_name_or_path)).resolve() for each in (ours, theirs)]
    named = {n: p for n, p in other.named_parameters() if not p.requires_grad}
    frozen = {n: p for n, p in model.named_parameters() if not p.requires_grad}
    # An adapter of other modules wraps other layers, whose weights have other names.
    plain = {name.replace(".base_layer.", "."): p for name, p in named.items()}
    if bases[0] != bases[1]:
        return False
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
    return save_policy(model.merge_and_unload(), tokenizer, folder)
