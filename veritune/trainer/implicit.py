"""The model whose likelihoods are process rewards (`algorithms.prime`), and how it learns online.

It stands in the learner's place for a critic, without a head, and is kept, resumed and cut into
pieces as one is.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from veritune.config import GroupConfig
from veritune.trainer.learner import Learner
from veritune.trainer.losses import kept
from veritune.trainer.policies import Policies
from veritune.trainer.rollouts import mask_rows, minibatches
from veritune.trainer.rows import TokenRow
from veritune.trainer.scoring import score

REWARD_EPOCH = 1 << 41
"""Where the shuffles of its batches begin, apart from the policy's."""


def learn_implicit(
    policies: Policies,
    learner: Learner,
    rows: Sequence[TokenRow],
    reference: torch.Tensor,
    config: GroupConfig,
    seed: int,
) -> torch.Tensor:
    """(rows, width): log phi of every token after one pass over a round; `reference` is ref's."""
    assert learner.critic is not None and learner.critic.model is not None
    model, width = learner.critic.model, reference.shape[1]
    groups = [row.group for row in rows]
    shuffle = REWARD_EPOCH + learner.counters.iteration
    for chosen in minibatches(groups, config.mini_batch_size, seed, shuffle):
        for part, counts in learner.turns(learner.parts(chosen, rows)):
            some = [rows[i] for i in part]
            longest = max(row.length for row in some)
            with learner.optimization.forward():
                logprobs = score(model, some, longest, 1.0, fp32=config.fp32_head).logprobs
            here = logprobs.device
            passed = torch.tensor([row.solved for row in some], device=here)
            loss = implicit_loss(
                logprobs,
                reference[part, :longest].to(here),
                mask_rows(some, longest).to(here),
                passed,
                config.beta,
            )
            (loss * (counts / len(chosen))).backward()
        learner.critic_step()
    return policies.logprobs(model, rows, width, 1.0)


def implicit_loss(
    other: Tensor, reference: Tensor, mask: Tensor, passed: Tensor, beta: float
) -> Tensor:
    """The loss of phi, summed over rows; `other`, `reference`, `mask` are (rows, width)."""
    odds = beta * kept(other - reference, mask > 0).sum(1)
    return binary_cross_entropy_with_logits(odds, passed.to(odds.dtype), reduction="sum")
