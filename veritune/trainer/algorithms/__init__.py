"""Policy gradients whose baseline is the group: one short file an algorithm."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from veritune.config import GroupConfig
from veritune.errors import RecipeError

if TYPE_CHECKING:
    from veritune.trainer.algorithms.parts import Algorithm

__all__ = ["algorithm_of"]


def algorithm_of(config: GroupConfig, max_tokens: int) -> Algorithm:
    """The algorithm that `type` names: one of ours, or a class by its path, `package.module:Class`.

    An own class is made as `Class(config)`, and has the methods of `algorithms.parts.Algorithm`.
    """
    from veritune.trainer.algorithms.cispo import Cispo
    from veritune.trainer.algorithms.dapo import Dapo
    from veritune.trainer.algorithms.distillation import Distillation
    from veritune.trainer.algorithms.dr_grpo import DrGrpo
    from veritune.trainer.algorithms.grpo import Grpo
    from veritune.trainer.algorithms.gspo import Gspo
    from veritune.trainer.algorithms.maxrl import MaxRl
    from veritune.trainer.algorithms.pass_at_k import PassAtK
    from veritune.trainer.algorithms.prime import Prime
    from veritune.trainer.algorithms.reinforce import ReinforcePlusPlus
    from veritune.trainer.algorithms.rloo import Rloo

    if config.type == "dapo":
        return Dapo(config, max_tokens)
    ours: dict[str, type] = {
        "rloo": Rloo,
        "grpo": Grpo,
        "dr_grpo": DrGrpo,
        "gspo": Gspo,
        "cispo": Cispo,
        "reinforce_pp": ReinforcePlusPlus,
        "reinforce_pp_baseline": ReinforcePlusPlus,
        "maxrl": MaxRl,
        "pass_at_k": PassAtK,
        "distillation": Distillation,
        "prime": Prime,
    }
    found: Algorithm = (ours.get(config.type) or _imported(config.type))(config)
    return found


def _imported(path: str) -> type:
    module, _, name = path.partition(":")
    try:
        found: type = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise RecipeError(f"trainer.type {path}: cannot be imported ({error})") from None
    lacking = [
        one for one in ("whitens", "advantages", "weights", "loss") if not hasattr(found, one)
    ]
    if lacking:
        raise RecipeError(
            f"trainer.type {path}: has no {lacking[0]}; see algorithms.parts.Algorithm"
        )
    return found
