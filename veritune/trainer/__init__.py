"""Trainers: each turns a policy and verified examples into the next policy."""

from veritune.trainer.opening import open_dpo, open_policy_gradient
from veritune.trainer.protocol import Example, Rollout, Trainer, minibatches_per_epoch
from veritune.trainer.sft import SftTrainer

__all__ = [
    "Example",
    "Rollout",
    "SftTrainer",
    "Trainer",
    "minibatches_per_epoch",
    "open_dpo",
    "open_policy_gradient",
]
