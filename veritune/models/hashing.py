"""The name of a policy is the hash of what it is made of."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from veritune.errors import ModelError
from veritune.models.hub import model_folder

WEIGHTS = ("*.safetensors", "*.bin")
# What decides on a text's tokens, besides the weights.
TEXT = ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja")
CONFIGS = ("config.json", "adapter_config.json")
# What save_pretrained notes about the program and the place, not about the model.
INCIDENTAL = {"transformers_version", "_name_or_path", "peft_version", "base_model_name_or_path"}
WRITTEN_IN = {"dtype", "torch_dtype"}
# ns: a file system's clock may stand still for so long, and two changes then look like one.
TICK = 10_000_000
# A run has a handful of folders of a few files; more are of somebody who scans.
REMEMBERED = 256
_DIGESTS: dict[tuple[int, ...], str] = {}


def _where_weights_are(folder: Path) -> str:
    """What to give in the place of a folder without weights, such as a run's."""
    rounds = [one for one in folder.glob("checkpoints/round-*") if one.name[6:].isdigit()]
    if not rounds:
        return "give the folder of a saved model"
    newest = max(rounds, key=lambda one: int(one.name[6:]))
    return f"it is a run's folder; its newest policy is {newest}"


def policy_hash(path: str | Path, known: Mapping[str, str] | None = None) -> str:
    """sha256 over weights, tokenizer and config on disk, 16 hex digits.

    An adapter's hash covers its base model too. `known` gives hashes of files that were just read.
    Raises `ModelError` where there are no weights.
    """
    folder = model_folder(path)
    weights = sorted(file for pattern in WEIGHTS for file in folder.glob(pattern))
    if not weights:
        raise ModelError(f"{path}: no weights (*.safetensors); {_where_weights_are(folder)}")
    total = hashlib.sha256()
    for file in [*weights, *(folder / name for name in TEXT)]:
        if file.is_file():
            digest = (known or {}).get(file.name) or file_digest(file)
            total.update(f"{file.name} {digest}\n".encode())
    for name in CONFIGS:
        total.update(_config_text(folder / name))
    base = adapter_base(folder)
    if base is not None:
        total.update(policy_hash(base).encode())
    # 64 bits name policies; nobody gains by a collision, and people read them.
    return total.hexdigest()[:16]


def generation_settings(path: str | Path) -> bytes:
    """How a folder says that sampling ends, which a policy's hash leaves out; may be empty."""
    file = model_folder(path) / "generation_config.json"
    return file.read_bytes() if file.is_file() else b""


def file_digest(file: Path) -> str:
    """sha256 of a file's content; not read again where the file is as it was."""
    try:
        return _digest(file)
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror})") from None


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        state = os.fstat(stream.fileno())
        name = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        known, now = _DIGESTS.get(name), time.time_ns()
        if known is not None:
            return known
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    # A file that was changed just now may be changed again within the same tick.
    if now - state.st_ctime_ns > TICK:
        if len(_DIGESTS) >= REMEMBERED:
            _DIGESTS.clear()
        _DIGESTS[name] = digest
    return digest


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
    """The model's config, without what is incidental: folders of one shape can trade weights.

    What their weights are written in does not matter to one that computes in a type of its own.
    """
    config = json.loads(_config_text(folder / "config.json") or "{}")
    return json.dumps({k: v for k, v in config.items() if k not in WRITTEN_IN}).encode()


def _config_text(file: Path) -> bytes:
    if not file.is_file():
        return b""
    kept = {key: value for key, value in _read_json(file).items() if key not in INCIDENTAL}
    return json.dumps(kept, sort_keys=True).encode()


def _read_json(file: Path) -> dict[str, object]:
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: cannot be read as JSON ({error})") from None
    if not isinstance(value, dict):
        raise ModelError(f"{file}: expected a JSON object")
    return value
