"""Single tensors of a saved model, read without its code."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import safe_open

from veritune.errors import ModelError


def tensor_names(folder: Path) -> list[str]:
    """The names of all tensors of a folder's safetensors files."""
    return [name for _, names in _files(folder) for name in names]


def tensors(folder: Path, prefix: str) -> dict[str, torch.Tensor]:
    """The tensors whose names begin with `prefix`, by the rest of the name."""
    found: dict[str, torch.Tensor] = {}
    for path, names in _files(folder):
        wanted = [name for name in names if name.startswith(prefix)]
        if wanted:
            with safe_open(path, "pt") as file:
                found |= {name.removeprefix(prefix): file.get_tensor(name) for name in wanted}
    return found


def _files(folder: Path) -> list[tuple[Path, list[str]]]:
    found = []
    for path in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(path, "pt") as file:
                found.append((path, list(file.keys())))
        except Exception as error:
            cause = str(error).partition("\n")[0]
            raise ModelError(f"{path}: cannot be read ({cause}); copy the folder again") from None
    return found
