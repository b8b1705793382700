"""Where commands keep what they asked models for: beside the file that they write."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from veritune.config import VerifierConfig

C = TypeVar("C", bound=VerifierConfig)


def with_caches(config: C, out: str | Path) -> C:
    """The configuration with a judge's replies in OUT.judge and completions in OUT.rollouts, where
    it names no other place."""
    judge = config.judge.model_copy(update={"cache": config.judge.cache or f"{out}.judge"})
    rollouts = config.rollouts.model_copy(
        update={"cache": config.rollouts.cache or f"{out}.rollouts"}
    )
    return config.model_copy(update={"judge": judge, "rollouts": rollouts})
