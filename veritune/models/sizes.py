"""How large a model is, from its config alone: no more than that one file is fetched or read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from veritune.errors import ModelError
from veritune.models.hub import hub_answers, hub_parts, is_hub_name
from veritune.models.transformers_logging import silence_transformers


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSizes:
    """Counts of numbers.

    `parameters`: in all; `linear`: the sum of inputs and outputs of the layers that an adapter may
    stand beside; `queries`, `keys`: those of a token in one layer, with as many values as keys.
    """

    parameters: int
    linear: int
    layers: int
    hidden: int
    queries: int
    keys: int
    inner: int
    vocabulary: int


def read_sizes(path: str | Path) -> ModelSizes:
    """The sizes of a folder's or a hub model's config.json; raises `ModelError`.

    The model is laid out without memory (torch's meta device), so that whatever transformers can
    build is counted exactly.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    file = _config_file(path)
    try:
        with silence_transformers(), torch.device("meta"):
            config = AutoConfig.from_pretrained(file.parent)
            model = AutoModelForCausalLM.from_config(config)
    except Exception as error:
        cause = str(error).strip().partition("\n")[0][:200]
        raise ModelError(f"{file}: no model can be laid out from it ({cause})") from None
    text, heads = config.get_text_config(), model.get_output_embeddings()
    queries: int = text.num_attention_heads
    width = getattr(text, "head_dim", None) or text.hidden_size // queries
    linear = [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m is not heads]
    return ModelSizes(
        parameters=sum(p.numel() for p in model.parameters()),
        linear=sum(m.in_features + m.out_features for m in linear),
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        queries=queries * width,
        keys=(getattr(text, "num_key_value_heads", None) or queries) * width,
        inner=getattr(text, "intermediate_size", None) or 4 * text.hidden_size,
        vocabulary=text.vocab_size,
    )


def _config_file(path: str | Path) -> Path:
    folder = Path(path).expanduser()
    if (folder / "config.json").is_file():
        return folder / "config.json"
    if folder.exists() or not is_hub_name(path):
        raise ModelError(f"{path}: has no config.json")
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    repository, revision = hub_parts(str(path))
    cached = try_to_load_from_cache(repository, "config.json", revision=revision)
    if isinstance(cached, str):
        return Path(cached)
    if not hub_answers(str(path)):
        raise ModelError(f"{path}: not on this machine, and the hub does not answer")
    try:
        return Path(hf_hub_download(repository, "config.json", revision=revision))
    except (OSError, RuntimeError, ValueError) as error:
        cause = str(error).strip().partition("\n")[0]
        raise ModelError(f"{path}: the hub gives no config.json ({cause})") from None
