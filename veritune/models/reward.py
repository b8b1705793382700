"""A reward model: a causal LM's trunk with a scalar head.

On disk it is a normal Hugging Face folder (or PEFT adapter) with the head and its kind beside the
weights, so it also serves as the start of a critic. The kinds differ in where the number stands
and what it means:

    preference  at the last token: a solution is better by so many nats (Bradley-Terry)
    outcome     at the last token: the log-odds that the answer is right
    process     at each step's last token: the log-odds that the step is right
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import torch

from veritune.errors import ModelError
from veritune.models.checkpoints import save_policy
from veritune.models.forward import hidden_states
from veritune.models.loading import load_policy
from veritune.models.places import model_folder
from veritune.models.value import load_head, save_head, value_head
from veritune.records import Checkpoint

RewardKind = Literal["preference", "outcome", "process"]
KIND_FILE = "reward.json"


@dataclass(frozen=True, slots=True)
class RewardModel:
    """`head` reads the trunk of `model`."""

    model: Any
    head: Any
    tokenizer: Any
    kind: RewardKind

    def logits(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """(rows, longest), at least float32: the head's number at every token.

        What stands behind a row's end has no meaning.
        """
        longest = max(map(len, rows))
        ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
        hidden = hidden_states(self.model, ids.to(self.model.device))
        out: torch.Tensor = self.head(hidden.to(self.head.weight.dtype))[..., 0]
        return out.to(torch.promote_types(out.dtype, torch.float32))

    def last(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """(rows,): the number at each row's last token."""
        every = self.logits(rows)
        ends = torch.tensor([len(row) - 1 for row in rows], device=every.device)
        return every.gather(1, ends[:, None])[:, 0]


def fresh_reward_model(path: str | Path, kind: RewardKind, dtype: str = "float32") -> RewardModel:
    """A head of zeros on a model: it has learned nothing yet, and gives 0 everywhere."""
    model, tokenizer = load_policy(path, dtype=dtype)
    return RewardModel(model, value_head(model), tokenizer, kind)


def load_reward_model(
    path: str | Path, *, dtype: str = "float32", device: str | None = None
) -> RewardModel:
    """A reward model in eval mode; `ModelError` where the folder holds none."""
    folder = model_folder(path)
    try:
        kind = json.loads((folder / KIND_FILE).read_bytes())["kind"]
    except (OSError, ValueError, KeyError, TypeError):
        kind = None
    if kind not in get_args(RewardKind):
        raise ModelError(
            f"{folder}: no reward model ({KIND_FILE}); give the folder that 'veritune train"
            " reward' wrote"
        )
    model, tokenizer = load_policy(folder, dtype=dtype, device=device)
    head = load_head(folder, model)
    if head is None:
        raise ModelError(f"{folder}: the reward model's head is missing; copy the folder again")
    return RewardModel(model, head.eval(), tokenizer, cast(RewardKind, kind))


def save_reward_model(reward: RewardModel, folder: Path) -> Checkpoint:
    """Write the folder so that it appears only when whole."""

    def beside(aside: Path) -> None:
        save_head(reward.head, aside)
        (aside / KIND_FILE).write_text(json.dumps({"kind": reward.kind}))

    return save_policy(reward.model, reward.tokenizer, folder, beside=beside)
