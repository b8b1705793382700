"""Reward models: a causal LM whose trunk feeds a scalar head, and its own likelihoods.

On disk: a normal Hugging Face folder with `value_head.safetensors` and `reward.json` beside the
weights. The kinds of number:

    preference  of a solution: it is better by so many nats (Bradley-Terry)
    outcome     of a solution: the log-odds that the answer is right
    process     of a step: the log-odds that the step is right

The number of a span of tokens y_first .. y_last, which is a step or a whole solution, is

    z = w . h(y_last) + b + a * sum over t of log p(y_t | y_<t)

with h the trunk's last hidden states and p what the model's own output embeddings say. The head
w, b alone (a = 0) must compare what should have been written with what was, inside the trunk and
after it was written; a trunk that can only just do the task has no depth left for that. The
likelihood is that comparison, made where the trunk predicts; it learns what is right, not what is
usual, since it is trained through the label (Yuan et al. 2024, arXiv 2412.01981, whose reward is
the log-likelihood ratio to a reference; here the head stands in the reference's place).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

import torch

from veritune.errors import ModelError
from veritune.models.checkpoints import save_policy
from veritune.models.forward import output_head, plain
from veritune.models.head import States, token_scores
from veritune.models.hub import model_folder
from veritune.models.loading import load_policy
from veritune.models.value import head_values, hidden_states, load_head, save_head, value_head
from veritune.records import Checkpoint

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

RewardKind = Literal["preference", "outcome", "process"]
# What tells a reward model's folder from a policy's.
KIND_FILE = "reward.json"
# (first, last) token of a step or a solution, both within.
TokenSpan = tuple[int, int]


@dataclass(frozen=True, slots=True)
class RewardModel:
    """`head` reads the trunk of `model`; `likelihood` weighs what the model itself expected."""

    model: PreTrainedModel
    head: torch.nn.Linear
    likelihood: torch.nn.Linear
    tokenizer: PreTrainedTokenizerBase
    kind: RewardKind
    # The last part of where it was loaded from.
    name: str = "reward model"

    def numbers(
        self, rows: Sequence[Sequence[int]], spans: Sequence[Iterable[TokenSpan]]
    ) -> torch.Tensor:
        """(spans of all rows,), at least float32: the number of every span, row after row."""
        hidden, ids = self._read(rows)
        places = [(i, *span) for i, of_row in enumerate(spans) for span in of_row]
        if not places:
            return hidden.new_zeros(0)
        row, _, last = torch.tensor(places, device=hidden.device).unbind(1)
        out = self._head(hidden[row, last])
        # A weight of 0 saves the logits of all tokens.
        if self.likelihood.weight.any():
            logprobs = _span_logprobs(self.model, hidden, ids, places)
            out = out + self.likelihood(logprobs.to(self.likelihood.weight.dtype)[:, None])[:, 0]
        return out

    def logits(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """(rows, longest), at least float32: what the head alone says at every token.

        What stands behind a row's end has no meaning.
        """
        return self._head(self._read(rows)[0])

    def module(self) -> torch.nn.Module:
        """Everything that can be trained."""
        parts = {"trunk": self.model, "head": self.head, "likelihood": self.likelihood}
        return torch.nn.ModuleDict(parts)

    def standardise(
        self, rows: Sequence[Sequence[int]], spans: Sequence[Iterable[TokenSpan]]
    ) -> None:
        """Let the number be the likelihood, in standard deviations over these spans."""
        places = [(i, *span) for i, of_row in enumerate(spans) for span in of_row]
        with torch.no_grad():
            logprobs = _span_logprobs(self.model, *self._read(rows), places)
            # At least 1 nat: likelihoods that hardly differ must not be blown up.
            weight = 1 / max(float(logprobs.std(correction=0)), 1.0)
            self.likelihood.weight.fill_(weight)
            self.head.bias.fill_(-weight * float(logprobs.mean()))

    def _read(self, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Hidden states and ids, padded behind the rows' ends."""
        longest = max(map(len, rows))
        ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
        ids = ids.to(self.model.device)
        return hidden_states(self.model, ids), ids

    def _head(self, hidden: torch.Tensor) -> torch.Tensor:
        out = head_values(self.head, hidden)
        return out.to(torch.promote_types(out.dtype, torch.float32))


def _span_logprobs(
    model: PreTrainedModel,
    hidden: torch.Tensor,
    ids: torch.Tensor,
    places: Sequence[tuple[int, int, int]],
) -> torch.Tensor:
    """(places,): the log-probability of each (row, first, last), in nats.

    The first token of a row has none before it that could predict it, and counts nothing.
    """
    tokens = [
        (row, at, place)
        for place, (row, first, last) in enumerate(places)
        for at in range(max(first, 1), last + 1)
    ]
    row, at, place = torch.tensor(tokens, device=hidden.device).view(-1, 3).unbind(1)
    states = States(hidden[row, at - 1], output_head(plain(model)), None)
    every, _ = token_scores(states, ids[row, at])
    return every.new_zeros(len(places)).index_add(0, place, every)


def _weigher(weight: float, model: PreTrainedModel) -> torch.nn.Linear:
    """Multiplies by one number that can be learned."""
    out = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(out.weight, weight)
    return out.to(model.device)


def fresh_reward_model(path: str | Path, kind: RewardKind, dtype: str = "float32") -> RewardModel:
    """A head of zeros on a model: it has learned nothing yet, and gives 0 everywhere."""
    model, tokenizer = load_policy(path, dtype=dtype)
    return RewardModel(model, value_head(model), _weigher(0.0, model), tokenizer, kind)


def load_reward_model(
    path: str | Path, *, dtype: str = "float32", device: str | None = None
) -> RewardModel:
    """A reward model in eval mode; `ModelError` where the folder holds none."""
    folder = model_folder(path)
    try:
        noted = json.loads((folder / KIND_FILE).read_bytes())
        kind, weight = noted["kind"], float(noted.get("likelihood", 0.0))
    except (OSError, ValueError, KeyError, TypeError):
        kind, weight = None, 0.0
    if kind not in get_args(RewardKind):
        raise ModelError(
            f"{folder}: no reward model ({KIND_FILE}); give the folder that 'veritune train"
            " reward' wrote"
        )
    model, tokenizer = load_policy(folder, dtype=dtype, device=device)
    head = load_head(folder, model)
    if head is None:
        raise ModelError(f"{folder}: the reward model's head is missing; copy the folder again")
    likelihood = _weigher(weight, model)
    kind = cast(RewardKind, kind)
    name = folder.resolve().name
    return RewardModel(model, head.eval(), likelihood, tokenizer, kind, name)


def save_reward_model(reward: RewardModel, folder: Path, *, dtype: str | None = None) -> Checkpoint:
    """Write the folder so that it appears only when whole, its trunk's weights in `dtype`."""

    def beside(aside: Path) -> None:
        save_head(reward.head, aside)
        noted = {"kind": reward.kind, "likelihood": float(reward.likelihood.weight.item())}
        (aside / KIND_FILE).write_text(json.dumps(noted))

    return save_policy(reward.model, reward.tokenizer, folder, beside=beside, dtype=dtype)
