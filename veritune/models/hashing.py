"""The name of a policy is the hash of what it is made of."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from veritune.errors import ModelError
from veritune.models.places import model_folder

WEIGHTS = ("*.safetensors", "*.bin")
TEXT = ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja")
CONFIGS = ("config.json", "adapter_config.json")
# What save_pretrained notes about the program and the place, not about the model.
INCIDENTAL = {"transformers_version", "_name_or_path", "peft_version", "base_model_name_or_path"}


def policy_hash(path: str | Path) -> str:
    """sha256 over weights, tokenizer and config on disk, 16 hex digits.

    An adapter's hash covers its base model too. Raises `ModelError` where there are no weights.
    """
    folder = model_folder(path)
    weights = sorted(file for pattern in WEIGHTS for file in folder.glob(pattern))
    if not weights:
        raise ModelError(f"{path}: no weights (*.safetensors); give the folder of a saved model")
    total = hashlib.sha256()
    for file in [*weights, *(folder / name for name in TEXT)]:
        if file.is_file():
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            total.update(f"{file.name} {digest}\n".encode())
    for name in CONFIGS:
        total.update(_config_text(folder / name))
    base = adapter_base(folder)
    if base is not None:
        total.update(policy_hash(base).encode())
    return total.hexdigest()[:16]


def adapter_base(folder: Path) -> str | None:
    """The base model that a PEFT adapter folder names; None for a folder that is no adapter."""
    file = folder / "adapter_config.json"
    if not file.is_file():
        return None
    base = _read_json(file).get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        raise ModelError(f"{file}: names no base model (base_model_name_or_path)")
    return base


def model_shape(folder: Path) -> bytes:
    """The model's config, without what is incidental: folders of one shape can trade weights."""
    return _config_text(folder / "config.json")


def _config_text(file: Path) -> bytes:
    if not file.is_file():
        return b""
    kept = {key: value for key, value in _read_json(file).items() if key not in INCIDENTAL}
    return json.dumps(kept, sort_keys=True).encode()


def _read_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: cannot be read as JSON ({error})") from None
    if not isinstance(value, dict):
        raise ModelError(f"{file}: expected a JSON object")
    return value
