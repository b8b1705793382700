"""The policy that a run starts from: a model as it is, or one warm-started on demonstrations.

A warm start follows from the recipe alone, so runs that share it (the arms of a comparison) share
one folder under `output/starts`, named by the hash of what it follows from.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from veritune.config import Recipe
from veritune.errors import MissingFileError, UnwritableError
from veritune.models import (
    build_scratch,
    load_policy,
    merged,
    model_folder,
    policy_hash,
    save_adapter,
    save_policy,
)
from veritune.problems import GENERATORS, demonstrations
from veritune.records import Candidate, Checkpoint, MetricsRow, number
from veritune.rounds.overlong import overlong_ids
from veritune.rounds.progress import Progress, raise_if_cancelled
from veritune.rounds.putting import put
from veritune.rounds.whole import check_shared
from veritune.trainer import Example, SftTrainer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Seconds from one look at a start that another run makes to the next.
WAIT = 0.1


def start_policy(recipe: Recipe, progress: Progress) -> Checkpoint:
    """The policy of round 0, built or found; with `model.lora` a fresh adapter on it."""
    base = _base_policy(recipe, progress)
    if not recipe.model.lora.rank:
        return base
    folder = Path(recipe.output) / "starts" / f"{_fingerprint(recipe)}-adapter"
    made_once(
        folder, lambda: save_adapter(base.path, recipe.model.lora, recipe.seed, folder), progress
    )
    return Checkpoint(path=str(folder), policy=policy_hash(folder))


def _base_policy(recipe: Recipe, progress: Progress) -> Checkpoint:
    as_it_is = recipe.model.adapter is None and not recipe.warm_start.demonstrations
    if recipe.model.path is not None and as_it_is:
        folder = model_folder(recipe.model.path)
        return Checkpoint(path=str(folder), policy=policy_hash(folder))
    folder = Path(recipe.output) / "starts" / _fingerprint(recipe)
    if made_once(folder, lambda: _build(recipe, folder, progress), progress):
        progress.say(f"start: {folder}, made by an earlier run from the same recipe")
    return Checkpoint(path=str(folder), policy=policy_hash(folder))


def made_once(folder: Path, make: Callable[[], object], progress: Progress) -> bool:
    """Make a folder that several runs share, or check it; whether it was there.

    One process makes it and the others wait, until it is done or that one has died. Raises
    `ModelError` where what is there is not what was saved.
    """
    if not folder.is_dir():
        with _alone(folder, progress):
            if not folder.is_dir():
                make()
                return False
    check_shared(folder)
    return True


@contextmanager
def _alone(folder: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock of a shared folder; it goes with its holder, however that ends."""
    path = folder.with_name(f".{folder.name}.lock")
    said = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while (handle := _locked(path)) is None:
            if not said:
                progress.say(f"start: another run is making {folder}; waiting for it")
            said = True
            raise_if_cancelled()
            time.sleep(WAIT)
    except OSError as error:
        raise UnwritableError(f"{folder}: cannot be made ({error.strerror})") from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _locked(path: Path) -> int | None:
    """The lock of this file; None while another holds it, or took it and removed it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.exists() and path.stat().st_ino == os.fstat(handle).st_ino:
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(handle)
    return None


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


def make_reward_model(recipe: Recipe, start: Checkpoint, progress: Progress) -> None:
    """Train the reward model of the recipe's preferences from the start policy, unless it is there.

    The first two stages of RLHF, then: a policy that was shown how, and a model of what is
    preferred (Ouyang et al. 2022, arXiv 2203.02155).
    """
    if recipe.reward.preferences is not None:
        out = reward_folder(recipe)
        made_once(out, lambda: _train_reward_model(recipe, start, out, progress), progress)


def _train_reward_model(recipe: Recipe, start: Checkpoint, out: Path, progress: Progress) -> None:
    from veritune.trainer import RewardTrainer, read_pairs_file

    config = recipe.reward
    assert config.preferences is not None
    with progress.phase("reward model", config.max_steps) as advance:

        def on_step(step: MetricsRow) -> None:
            advance(1, loss=number(step, "loss"), accuracy=number(step, "accuracy"))
            raise_if_cancelled()

        trainer = RewardTrainer(config, seed=recipe.seed, dtype=recipe.model.dtype, on_step=on_step)
        trainer.preference(start.path, read_pairs_file(config.preferences), out)


def teaching_examples(recipe: Recipe) -> list[Example]:
    """The warm start's demonstrations as training examples."""
    count = recipe.warm_start.demonstrations
    shown = demonstrations(recipe.problems, recipe.seed, count, put(recipe))
    if recipe.prompt.overlong == "drop":
        overlong = overlong_ids(recipe, [problem for problem, _ in shown])
        shown = [(problem, text) for problem, text in shown if problem.id not in overlong]
    return [
        Example(problem=problem, candidate=Candidate(problem_id=problem.id, index=0, text=text))
        for problem, text in shown
    ]


def _build(recipe: Recipe, folder: Path, progress: Progress) -> Checkpoint:
    if recipe.model.path is None:
        model: PreTrainedModel
        tokenizer: PreTrainedTokenizerBase
        model, tokenizer = build_scratch(recipe.model.scratch, recipe.seed)
    else:
        # In float32, since it is trained; written in the recipe's dtype.
        model, tokenizer = load_policy(recipe.model.path, adapter=recipe.model.adapter)
        if recipe.model.adapter is not None:
            model = merged(model)
    if recipe.warm_start.demonstrations:
        with progress.phase("warm start", recipe.warm_start.max_steps) as advance:

            def on_step(step: MetricsRow) -> None:
                advance(1, loss=number(step, "loss"))
                raise_if_cancelled()

            trainer = SftTrainer(recipe.warm_start, seed=recipe.seed, on_step=on_step)
            trainer.fit(model, tokenizer, teaching_examples(recipe))
    return save_policy(model, tokenizer, folder, dtype=recipe.model.dtype)


def _fingerprint(recipe: Recipe) -> str:
    """Names what a start follows from: the recipe's keys, and the content of the files it names."""
    parts = recipe.model_dump(
        mode="json", include={"seed", "model", "problems", "prompt", "warm_start"}
    )
    named = [path for path in (recipe.model.path, recipe.model.adapter) if path is not None]
    content = [policy_hash(path) for path in named]
    if recipe.warm_start.demonstrations and recipe.problems.source not in GENERATORS:
        shown = teaching_examples(recipe)
        content += [f"{e.problem.to_line()} {e.candidate.text}" for e in shown]
    text = json.dumps(parts, sort_keys=True) + "".join(f"\n{part}" for part in content)
    # 48 bits name the few starts of one output folder.
    return hashlib.sha256(text.encode()).hexdigest()[:12]
