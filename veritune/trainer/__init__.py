"""Trainers: each turns a policy and verified examples into the next policy."""

from typing import TYPE_CHECKING

from veritune.lazy import lazily
from veritune.trainer.opening import open_dpo, open_policy_gradient
from veritune.trainer.orders import Trainers, TrainingOrder, TrainingReply, follow, set_threads
from veritune.trainer.protocol import (
    Example,
    PolicyGradientTrainer,
    Rollout,
    Trainer,
    minibatches_per_epoch,
)
from veritune.trainer.sft import SftTrainer

if TYPE_CHECKING:
    from veritune.trainer.advantages import center
    from veritune.trainer.dpo import DpoTrainer
    from veritune.trainer.example_files import read_examples
    from veritune.trainer.fitting import state_folder
    from veritune.trainer.groups import GroupTrainer
    from veritune.trainer.losses import policy_loss
    from veritune.trainer.paid import CreditPiece, credit_pieces
    from veritune.trainer.pairs import PreferencePair, read_pairs_file, verdict_pairs
    from veritune.trainer.ppo import PpoTrainer
    from veritune.trainer.processes import alone as train_alone
    from veritune.trainer.processes import gathered, receive_order, send_order
    from veritune.trainer.processes import join as join_processes
    from veritune.trainer.processes import rank as process_rank
    from veritune.trainer.processes import wait as wait_for_processes
    from veritune.trainer.reward_models import RewardTrainer
else:
    __getattr__ = lazily(
        __name__,
        {
            "advantages": ("center",),
            "paid": ("CreditPiece", "credit_pieces"),
            "losses": ("policy_loss",),
            "dpo": ("DpoTrainer",),
            "example_files": ("read_examples",),
            "fitting": ("state_folder",),
            "groups": ("GroupTrainer",),
            "pairs": (
                "PreferencePair",
                "read_pairs_file",
                "verdict_pairs",
            ),
            "ppo": ("PpoTrainer",),
            "reward_models": ("RewardTrainer",),
            "processes": (
                "gathered",
                "join_processes=join",
                "process_rank=rank",
                "receive_order",
                "send_order",
                "train_alone=alone",
                "wait_for_processes=wait",
            ),
        },
    )

__all__ = [
    "CreditPiece",
    "DpoTrainer",
    "Example",
    "GroupTrainer",
    "PolicyGradientTrainer",
    "PpoTrainer",
    "PreferencePair",
    "RewardTrainer",
    "Rollout",
    "SftTrainer",
    "Trainer",
    "Trainers",
    "TrainingOrder",
    "TrainingReply",
    "center",
    "credit_pieces",
    "follow",
    "gathered",
    "join_processes",
    "minibatches_per_epoch",
    "open_dpo",
    "open_policy_gradient",
    "policy_loss",
    "process_rank",
    "read_examples",
    "read_pairs_file",
    "receive_order",
    "send_order",
    "set_threads",
    "state_folder",
    "train_alone",
    "verdict_pairs",
    "wait_for_processes",
]
