"""A value head: one number from a causal LM's last hidden state at every position.

A critic on disk is a normal Hugging Face folder with `value_head.safetensors` beside the weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from safetensors.torch import load_file, save_file

from veritune.errors import ModelError
from veritune.models.forward import in_pieces, output_head, plain

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Beside the weights, and not in them: the folder stays a normal one.
HEAD_FILE = "value_head.safetensors"


def value_head(model: PreTrainedModel) -> torch.nn.Linear:
    """A linear map from the model's hidden size to 1, float32, all zeros: V = 0 everywhere."""
    head = torch.nn.Linear(output_head(model).weight.shape[1], 1)
    # V = 0 is the honest start: a random head would be noise in the first advantages.
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    return head.to(model.device)


def head_values(head: torch.nn.Linear, hidden: torch.Tensor) -> torch.Tensor:
    """(...,) from hidden states (..., hidden size), in the head's precision under any autocast."""
    with torch.autocast(hidden.device.type, enabled=False):
        out: torch.Tensor = head(hidden.to(head.weight.dtype))[..., 0]
    return out


def save_head(head: torch.nn.Linear, folder: Path) -> None:
    """Write a head beside the weights in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: t.detach().cpu() for name, t in head.state_dict().items()}, folder / HEAD_FILE)


def load_head(folder: Path, model: PreTrainedModel) -> torch.nn.Linear | None:
    """The head in `folder`, for `model`; None where there is none."""
    if not (folder / HEAD_FILE).is_file():
        return None
    head = value_head(model)
    try:
        head.load_state_dict(load_file(folder / HEAD_FILE))
    except Exception as error:
        cause = str(error).partition("\n")[0]
        raise ModelError(f"{folder / HEAD_FILE}: does not fit the model ({cause})") from None
    return head.to(model.device)


@contextmanager
def reading_at(
    model: torch.nn.Module, states: torch.Tensor, *, bare: bool = False
) -> Iterator[list[torch.Tensor]]:
    """Inside, a call of `model` makes logits (1, states, vocabulary) for these states alone.

    `states` are places in the flattened (rows, length). What the output embeddings read there,
    (states, hidden size), is left in the list. With `bare` no logits are made at all.
    """
    seen: list[torch.Tensor] = []

    def pick(module: object, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor]:
        seen[:] = [inputs[0].flatten(0, 1)[states]]
        return (seen[0][None, :0] if bare else seen[0][None],)

    head = cast("PreTrainedModel", model).get_output_embeddings()
    hook = head.register_forward_pre_hook(pick)
    try:
        yield seen
    finally:
        hook.remove()


def hidden_states(model: PreTrainedModel, input_ids: object, **inputs: object) -> torch.Tensor:
    """(rows, length, hidden size): what the output embeddings would read.

    Padding stands behind the rows' ends, where causal attention hides it from every token; other
    layouts come with their `inputs`.
    """
    if not in_pieces(model):
        trunk = plain(model).base_model
        found: torch.Tensor = trunk(
            input_ids=input_ids, use_cache=False, **inputs
        ).last_hidden_state
        return found
    # Pieces are gathered where the whole model is called, and nowhere else.
    ids = cast(torch.Tensor, input_ids)
    every = torch.arange(ids.numel(), device=ids.device)
    with reading_at(model, every, bare=True) as seen:
        empty = model(input_ids=ids, use_cache=False, **inputs).logits
    whole: torch.Tensor = (seen[0] + empty.sum()).view(*ids.shape, -1)
    return whole
