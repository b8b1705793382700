"""The name that a policy would have on disk, found out without writing it.

A policy's name is the hash of files, and of those that one model is saved as, time after time, the
weights alone change, in their values and not in their layout.
"""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Self

import torch

from veritune.models.hashing import policy_hash
from veritune.records import Checkpoint

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# What transformers calls the weights where they are one file.
FILE = "model.safetensors"
# The file's first number: how many bytes of JSON say where each tensor lies.
SIZE = struct.Struct("<Q")


class SavedLayout:
    """How a model's weights lie in a folder that it was saved to. Made by `of`."""

    def __init__(self, folder: Path, header: bytes, names: list[str]) -> None:
        self._folder, self._header, self._names = folder, header, names

    @classmethod
    def of(cls, saved: Checkpoint, model: PreTrainedModel) -> Self | None:
        """The layout of `model`, which was just `saved`; None where names cannot be found out by
        it: of adapters, of several files, of weights written in less than they are trained in.
        """
        folder = Path(saved.path)
        if not (folder / FILE).is_file():
            return None
        with (folder / FILE).open("rb") as stream:
            size = stream.read(SIZE.size)
            header = size + stream.read(*SIZE.unpack(size))
        lying: dict[str, dict[str, list[int]]] = json.loads(header[SIZE.size :])
        lying.pop("__metadata__", None)
        names = sorted(lying, key=lambda name: lying[name]["data_offsets"])
        made = cls(folder, header, names)
        # Proved by what is there: the model must have the name that its folder has.
        return made if made.name(model) == saved.policy else None

    def name(self, model: PreTrainedModel) -> str | None:
        """What `policy_hash` would say of `model`, saved; None where its tensors are others."""
        if not self._folder.is_dir():
            return None
        tensors, total = model.state_dict(), hashlib.sha256(self._header)
        for name in self._names:
            tensor = tensors.get(name)
            if tensor is None or tensor.dtype != torch.float32 or tensor.device.type != "cpu":
                return None
            total.update(tensor.detach().contiguous().numpy())
        return policy_hash(self._folder, known={FILE: total.hexdigest()})
