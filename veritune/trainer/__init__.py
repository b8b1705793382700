"""Trainers: each turns a policy and verified examples into the next policy."""

from veritune.trainer.protocol import Example, Trainer
from veritune.trainer.sft import SftTrainer

__all__ = ["Example", "SftTrainer", "Trainer"]
