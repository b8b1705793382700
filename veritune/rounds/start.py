"""The policy that a run starts from: a model as it is, or one warm-started on demonstrations.

A warm start follows from the recipe alone, so runs that share it (the arms of a comparison) share
one folder under `output/starts`, named by the hash of what it follows from.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from veritune.config import Recipe
from veritune.errors import MissingFileError
from veritune.models import (
    build_scratch,
    load_policy,
    model_folder,
    policy_hash,
    save_adapter,
    save_policy,
)
from veritune.problems import demonstrations
from veritune.records import Candidate, Checkpoint
from veritune.rounds.watch import Watch, heed_cancellation
from veritune.trainer import Example, SftTrainer


def start_policy(recipe: Recipe, watch: Watch) -> Checkpoint:
    """The policy of round 0, built or found; with `model.lora` a fresh adapter on it."""
    base = _base_policy(recipe, watch)
    if not recipe.model.lora.rank:
        return base
    folder = Path(recipe.output) / "starts" / f"{_fingerprint(recipe)}-adapter"
    if folder.is_dir():
        return Checkpoint(path=str(folder), policy=policy_hash(folder))
    return save_adapter(base.path, recipe.model.lora, recipe.seed, folder)


def _base_policy(recipe: Recipe, watch: Watch) -> Checkpoint:
    as_it_is = recipe.model.adapter is None and not recipe.warm_start.demonstrations
    if recipe.model.path is not None and as_it_is:
        folder = model_folder(recipe.model.path)
        return Checkpoint(path=str(folder), policy=policy_hash(folder))
    folder = Path(recipe.output) / "starts" / _fingerprint(recipe)
    if folder.is_dir():
        watch.say(f"start: {folder}, made by an earlier run from the same recipe")
        return Checkpoint(path=str(folder), policy=policy_hash(folder))
    return _build(recipe, folder, watch)


def reward_folder(recipe: Recipe) -> Path:
    """Where the reward model of a recipe's preferences is, or will be."""
    preferences = recipe.reward.preferences
    assert preferences is not None
    try:
        content = hashlib.sha256(Path(preferences).read_bytes()).hexdigest()
    except OSError as error:
        raise MissingFileError(f"{preferences}: cannot be read ({error.strerror})") from None
    parts = f"{_fingerprint(recipe)} {recipe.reward.model_dump_json()} {content}"
    name = hashlib.sha256(parts.encode()).hexdigest()[:12]
    return Path(recipe.output) / "starts" / f"{name}-reward"


def make_reward_model(recipe: Recipe, start: Checkpoint, watch: Watch) -> None:
    """Train the reward model of the recipe's preferences from the start policy, unless it is there.

    The first two stages of RLHF, then: a policy that was shown how, and a model of what is
    preferred (Ouyang et al. 2022, arXiv 2203.02155).
    """
    config = recipe.reward
    if config.preferences is None or (out := reward_folder(recipe)).is_dir():
        return
    from veritune.trainer.pairs import read_pairs_file
    from veritune.trainer.reward_models import RewardTrainer

    with watch.phase("reward model", config.updates) as advance:

        def on_step(step: dict[str, Any]) -> None:
            advance(1, loss=step["loss"], accuracy=step["accuracy"])
            heed_cancellation()

        trainer = RewardTrainer(config, seed=recipe.seed, dtype=recipe.model.dtype, on_step=on_step)
        trainer.preference(start.path, read_pairs_file(config.preferences), out)


def teaching_examples(recipe: Recipe) -> list[Example]:
    """The warm start's demonstrations as training examples."""
    count = recipe.warm_start.demonstrations
    return [
        Example(problem=problem, candidate=Candidate(problem_id=problem.id, index=0, text=text))
        for problem, text in demonstrations(recipe.problems, recipe.seed, count)
    ]


def _build(recipe: Recipe, folder: Path, watch: Watch) -> Checkpoint:
    if recipe.model.path is None:
        model, tokenizer = build_scratch(recipe.model.scratch, recipe.seed)
    else:
        # In float32, since it is trained; written in the recipe's dtype.
        model, tokenizer = load_policy(recipe.model.path, adapter=recipe.model.adapter)
        if recipe.model.adapter is not None:
            model = model.merge_and_unload()
    if recipe.warm_start.demonstrations:
        with watch.phase("warm start", recipe.warm_start.updates) as advance:

            def on_step(step: dict[str, Any]) -> None:
                advance(1, loss=step["loss"])
                heed_cancellation()

            trainer = SftTrainer(recipe.warm_start, seed=recipe.seed, on_step=on_step)
            trainer.fit(model, tokenizer, teaching_examples(recipe))
    folder.parent.mkdir(parents=True, exist_ok=True)
    return save_policy(model, tokenizer, folder, dtype=recipe.model.dtype)


def _fingerprint(recipe: Recipe) -> str:
    parts = recipe.model_dump(mode="json", include={"seed", "model", "problems", "warm_start"})
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
