"""Loading a policy from disk or the hub, with every fault said in one line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast
from warnings import catch_warnings

from veritune.errors import ModelError
from veritune.models.hashing import WEIGHTS, adapter_base
from veritune.models.hub import model_folder
from veritune.models.manifest import check_saved
from veritune.models.tokenizers import load_tokenizer
from veritune.models.transformers_logging import silence_transformers

# Any of these is a tokenizer.
TOKENIZERS = ("tokenizer.json", "tokenizer_config.json", "*.model", "vocab.*")

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def load_policy(
    path: str | Path,
    *,
    dtype: str = "float32",
    adapter: str | Path | None = None,
    device: str | None = None,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """(model in eval mode, tokenizer) of a folder, a hub name, or a PEFT adapter folder.

    An adapter stays a PEFT model, its weights apart from the base's and they alone trainable. The
    model goes to `device`, by default the GPU where there is one. Raises `ModelError` or
    `MissingFileError`. The model is a PreTrainedModel, or a PeftModel that stands in for one; only
    at run time is it known which. A folder that was saved here is compared with its manifest.
    """
    import torch

    from veritune.models.linear import use_onednn

    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    folder = model_folder(path)
    base = adapter_base(folder)
    if base is not None:
        if adapter is not None:
            raise ModelError(f"{path}: is an adapter itself; give the base model, or no adapter")
        adapter, folder = folder, model_folder(base)
    for used in (folder, adapter):
        if used is not None:
            check_saved(model_folder(used))
    # It prints bars and advice, which are not for our users.
    with silence_transformers():
        model = _load_model(folder, getattr(torch, dtype))
        if place == "cpu":
            use_onednn(model)
        vocabulary = cast("torch.nn.Embedding", model.get_input_embeddings()).num_embeddings
        tokenizer = load_tokenizer(folder, vocabulary)
        if adapter is not None:
            model = _apply_adapter(model, model_folder(adapter))
    # `PreTrainedModel.to` is annotated as a function that has lost its model.
    return torch.nn.Module.to(model, place).eval(), tokenizer


def check_parts(path: str | Path) -> None:
    """Raise `ModelError` for a model's or an adapter's folder in which a part is missing; nothing
    is loaded."""
    folder = model_folder(path)
    if adapter_base(folder) is not None:
        return
    lacking = [
        name
        for name, patterns in (
            ("config.json", ("config.json",)),
            ("weights (*.safetensors)", WEIGHTS),
            ("tokenizer (tokenizer.json, or the files of its class)", TOKENIZERS),
        )
        if not any(True for pattern in patterns for _ in folder.glob(pattern))
    ]
    if not lacking:
        return
    if any(folder.glob("*.gguf")):
        raise ModelError(
            f"{path}: holds GGUF files, which cannot be trained; give the folder of safetensors"
        )
    raise ModelError(f"{path}: no {', no '.join(lacking)}; give the whole folder of a saved model")


def _load_model(folder: Path, dtype: torch.dtype) -> PreTrainedModel:
    from transformers import AutoModelForCausalLM

    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: no config.json; give the folder of a saved model")
    if not any(True for pattern in WEIGHTS for _ in folder.glob(pattern)):
        raise ModelError(f"{folder}: no weights (*.safetensors); copy or save the model again")
    try:
        # Typed as giving the model alone, it gives a pair where it is asked to report.
        loaded: object = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, output_loading_info=True
        )
        model, report = cast("tuple[PreTrainedModel, dict[str, set[str]]]", loaded)
    except Exception as error:
        raise ModelError(
            f"{folder}: cannot be loaded ({_first_line(error)}); copy or save the model again"
        ) from None
    # transformers fills such tensors with random numbers, and only warns.
    lost = sorted(report["missing_keys"]) or sorted(map(str, report["mismatched_keys"]))
    if lost:
        raise ModelError(
            f"{folder}: weights lack or misshape {len(lost)} tensors, {lost[0]} first; "
            "copy or save the model again"
        )
    return model


def _apply_adapter(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    from peft import PeftModel

    if adapter_base(folder) is None:
        raise ModelError(f"{folder}: no adapter_config.json; give the folder of a PEFT adapter")
    try:
        # PEFT asks transformers by names that it renamed.
        with catch_warnings(action="ignore", category=FutureWarning):
            adapted: object = PeftModel.from_pretrained(model, folder, is_trainable=True)
    except Exception as error:
        raise ModelError(
            f"{folder}: the adapter does not fit the model ({_first_line(error)})"
        ) from None
    # No subclass, but it answers all that is asked of a model here.
    return cast("PreTrainedModel", adapted)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__
