"""The next checkpoint of one model needs nothing but its weights read.

A trained policy differs from the one before in its weights alone. What stays, the modules, the
tokenizer and what follows from it, is kept, where everything beside the weights is the same on
disk to the byte.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from veritune.models import MANIFEST, WEIGHTS
from veritune.sampler.weights import Weights, arrange, unmap

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class WeightReloader:
    """A supported model without its weights, as it stood in `folder`."""

    def __init__(self, model: PreTrainedModel, folder: Path) -> None:
        self._beside, self._dtype = _beside_weights(folder), model.dtype
        self._model = model
        self._empty()

    def fits(self, folder: Path) -> bool:
        """Whether all beside the weights in `folder` is the same."""
        return _beside_weights(folder) == self._beside

    def read_weights(self, folder: Path) -> Weights | None:
        """The weights in `folder`, which `fits`; None where they are not those of the model."""
        tensors: dict[str, torch.Tensor] = {}
        try:
            for file in folder.glob("*.safetensors"):
                tensors |= load_file(file)
            tensors = {name: tensor.to(self._dtype) for name, tensor in tensors.items()}
            # Not strict: tied weights are saved once.
            lost, unknown = self._model.load_state_dict(tensors, strict=False, assign=True)
            if lost:
                self._model.tie_weights()
            whole = not unknown and not any(one.is_meta for one in self._model.parameters())
            if not whole:
                return None
            unmap(self._model)
            return arrange(self._model)
        except (OSError, RuntimeError, SafetensorError):
            return None
        finally:
            self._empty()

    def _empty(self) -> None:
        for module in self._model.modules():
            for name, one in module.named_parameters(recurse=False):
                bare = torch.nn.Parameter(one.to("meta"), requires_grad=False)
                module.register_parameter(name, bare)


def _beside_weights(folder: Path) -> str:
    """sha256 over all files that hold no weights."""
    total = hashlib.sha256()
    # The manifest holds the weights' hashes, so it differs whenever they do.
    skipped = (*WEIGHTS, MANIFEST)
    for file in sorted(folder.iterdir()):
        if file.is_file() and not any(file.match(pattern) for pattern in skipped):
            total.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
