"""From a recipe's trainer section to the trainer that it asks for."""

from __future__ import annotations

from veritune.config import DpoTrainerConfig, GroupConfig, PpoConfig, Recipe
from veritune.records import Checkpoint, OnStep
from veritune.trainer.protocol import PolicyGradientTrainer, Rollout, Trainer

# Largest importance weight where what sampled is not what is trained: an engine with arithmetic of
# its own, or the policy of an earlier round. As in verl.
CAP = 2.0


def open_dpo(
    config: DpoTrainerConfig, *, seed: int, dtype: str, on_step: OnStep
) -> Trainer[Rollout]:
    """DPO on the pairs of one round's candidates."""
    from veritune.trainer.dpo import DpoTrainer

    return DpoTrainer(config, config, seed=seed, dtype=dtype, on_step=on_step)


def open_policy_gradient(
    recipe: Recipe,
    config: PpoConfig | GroupConfig,
    reference: Checkpoint,
    on_step: OnStep,
) -> PolicyGradientTrainer:
    """PPO or a group baseline, for all rounds of a run that starts from `reference`."""
    temperature, dtype = recipe.sampler.temperature, recipe.model.dtype
    if config.importance_cap is None:
        differs = recipe.sampler.type == "vllm" or recipe.rounds.overlap > 0
        cap = CAP if differs else 0.0
        config = config.model_copy(update={"importance_cap": cap})
    if isinstance(config, PpoConfig):
        from veritune.trainer.ppo import PpoTrainer

        return PpoTrainer(
            config,
            reference=reference,
            temperature=temperature,
            seed=recipe.seed,
            dtype=dtype,
            on_step=on_step,
        )
    from veritune.trainer.groups import GroupTrainer

    return GroupTrainer(
        config,
        reference=reference,
        temperature=temperature,
        max_tokens=recipe.sampler.max_tokens or 1,  # Those that read it are given one.
        seed=recipe.seed,
        dtype=dtype,
        on_step=on_step,
    )
