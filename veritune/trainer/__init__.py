"""Trainers: each turns a policy and verified examples into the next policy."""

from veritune.trainer.opening import open_dpo, open_policy_gradient
from veritune.trainer.protocol import Example, Rollout, Trainer, steps_a_pass
from veritune.trainer.sft import SftTrainer

__all__ = [
    "Example",
    "Rollout",
    "SftTrainer",
    "Trainer",
    "open_dpo",
    "open_policy_gradient",
    "steps_a_pass",
]
