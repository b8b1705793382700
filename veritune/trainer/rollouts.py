"""Rollouts: what was sampled and verified, as token rows with their rewards, in padded batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from veritune.config import CreditConfig
from veritune.errors import TrainingError
from veritune.models import encode_problem, token_ends
from veritune.plugins import is_plugin
from veritune.trainer.credit import assign_credit, own_credit
from veritune.trainer.precision import Computed
from veritune.trainer.protocol import Rollout, minibatches_per_epoch
from veritune.trainer.rows import TokenRow
from veritune.use import use_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def check_sampled_by(rollouts: Sequence[Rollout], policy: str) -> None:
    """Raise `TrainingError` for a candidate that says another policy sampled it."""
    for rollout in rollouts:
        candidate = rollout.candidate
        if candidate.policy not in (None, policy):
            raise TrainingError(
                f"candidate {candidate.index} of problem {candidate.problem_id} was sampled by"
                f" policy {candidate.policy}, and what is trained on is {policy}'s; sample from"
                " that one"
            )


def read_rows(
    rollouts: Sequence[Rollout], tokenizer: PreTrainedTokenizerBase, config: CreditConfig
) -> tuple[list[TokenRow], int]:
    """(rows, how many rollouts carry no gradient because of a verifier error).

    The candidate's own token ids stand as they were sampled. Raises `TrainingError` where there are
    none, or nothing is left.
    """
    prompts: dict[str, list[int]] = {}
    pieces: dict[int, str] = {}
    rows: list[TokenRow] = []
    for rollout in rollouts:
        problem, candidate = rollout.problem, rollout.candidate
        ids = candidate.token_ids
        if ids is None:
            raise TrainingError(
                f"candidate {candidate.index} of problem {candidate.problem_id} has no token_ids;"
                " policy gradients need the tokens as they were sampled: sample with native or vllm"
            )
        # Where tokens end matters to steps alone.
        ends = [0] * len(ids)
        own = is_plugin(config.reward)
        if config.process or own:
            ends = token_ends(tokenizer, ids, candidate.text, pieces)
        credit = (
            own_credit(rollout, ends, config)
            if own
            else assign_credit(rollout.verdict, ends, config)
        )
        if credit is None:
            continue
        if problem.id not in prompts:
            prompts[problem.id] = encode_problem(tokenizer, problem)
        prompt = prompts[problem.id]
        rows.append(
            TokenRow(
                ids=[*prompt, *ids],
                prompt=len(prompt),
                credit=credit,
                group=problem.id,
                solved=use_of(rollout.verdict).solved,
                engine_logprobs=candidate.logprobs,
                truncated=candidate.truncated,
            )
        )
    if not rows:
        raise TrainingError(
            f"none of {len(rollouts)} candidates can be trained on: all have verifier errors"
        )
    return rows, len(rollouts) - len(rows)


def pad_rows(values: Sequence[Sequence[float]], width: int) -> torch.Tensor:
    """Ragged rows as (rows, width) float32, left-aligned, 0 behind their ends."""
    out = torch.zeros(len(values), width)
    for i, row in enumerate(values):
        out[i, : len(row)] = torch.tensor(row, dtype=torch.float32)
    return out


def mask_rows(rows: Sequence[TokenRow], width: int) -> torch.Tensor:
    """(rows, width): 1 on completion tokens. It follows from lengths, never from token ids."""
    lengths = torch.tensor([row.length for row in rows])
    return (torch.arange(width)[None] < lengths[:, None]).float()


def minibatches(
    groups: Sequence[str], size: int, seed: int, epoch_index: int
) -> Iterator[list[int]]:
    """All of `range(len(groups))` once, shuffled by (seed, epoch_index), about `size` at a time.

    Those of one group stay beside each other: what they share is computed once (`layout`).
    """
    # Philox by key: the shuffle of an epoch does not depend on the ones before it, so a resumed run
    # has the same.
    order = np.random.Generator(np.random.Philox(key=[seed, epoch_index])).permutation(len(groups))
    members: dict[str, list[int]] = {}
    for i in order.tolist():
        members.setdefault(groups[i], []).append(i)
    shuffled = [i for group in members.values() for i in group]
    for part in np.array_split(np.array(shuffled), minibatches_per_epoch(len(shuffled), size)):
        yield part.tolist()


def micro_batches(
    chosen: Sequence[int], rows: Sequence[TokenRow], size: int
) -> Iterator[list[int]]:
    """`chosen` in parts of about equal lengths, groups together, so that little is padding."""
    longest: dict[str, int] = {}
    for i in chosen:
        longest[rows[i].group] = max(longest.get(rows[i].group, 0), len(rows[i].ids))
    # The group's longest first, then the group: candidates of one prompt stay together.
    order = sorted(chosen, key=lambda i: (longest[rows[i].group], rows[i].group, i))
    for start in range(0, len(order), size):
        yield order[start : start + size]


# Largest gap of a token's log-probabilities that arithmetic alone explains, in nats.
RATIO_TOLERANCE: dict[Computed, float] = {"float32": 1e-3, "bf16": 0.5}


def check_ratio(
    logprobs: torch.Tensor, old: torch.Tensor, weights: torch.Tensor, precision: Computed
) -> None:
    """Raise `TrainingError` where the policy that learns is not the one that was scored."""
    gap = float((logprobs.detach() - old)[weights > 0].abs().max())
    if not gap <= RATIO_TOLERANCE[precision]:
        raise TrainingError(
            f"the probability ratio is not 1 before the first step: a token's log-probability is"
            f" {gap:.2g} nats from the one computed before (at most {RATIO_TOLERANCE[precision]:g})"
        )
