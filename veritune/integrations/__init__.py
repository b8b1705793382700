"""The verifiers as reward functions of other trainers."""

from veritune.integrations.background import start_verifier
from veritune.integrations.trl import trl_reward
from veritune.integrations.verl import verl_reward

__all__ = ["start_verifier", "trl_reward", "verl_reward"]
