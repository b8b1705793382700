"""Prompts that are too long for the model: all of them are named before anything is sampled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from veritune.config import PromptConfig, Recipe, SamplerConfig
from veritune.errors import InputError
from veritune.models import PromptLengths, prompt_lengths
from veritune.problems import recipe_problems
from veritune.records import Problem
from veritune.rounds.putting import put
from veritune.rounds.unanswered import check_answered
from veritune.text import shown

# Enough to find them by; thousands would hide the count.
MOST_NAMED = 10
Say = Callable[[str], None]
Problems = list[Problem]


def run_problems(recipe: Recipe, say: Say) -> tuple[Problems, Problems]:
    """A recipe's (training, held-out) problems, as its model gets them.

    Those too long for the model are left out or refused, as `prompt.overlong` says: then
    `InputError` names them. Raises `RecipeError` where rules must decide without any answer.
    """
    train, test = recipe_problems(recipe.problems, recipe.seed, say, put(recipe))
    for split in (train, test):
        check_answered(recipe.verifier, split)
    return fitting_splits(recipe, train, test, say)


def fitting_splits(
    recipe: Recipe, train: Problems, test: Problems, say: Say
) -> tuple[Problems, Problems]:
    """What fits of problems that are put as the recipe says."""
    if (lengths := _lengths(recipe)) is None:
        return train, test
    parts = {"training": train, "held-out": test}
    found = _fitting(parts, lengths, recipe.prompt, say)
    return found["training"], found["held-out"]


def fitting(
    problems: Sequence[Problem],
    config: PromptConfig,
    model: str,
    sampler: SamplerConfig,
    say: Say,
) -> Problems:
    """The problems of a file that fit the model; raises `InputError` as `run_problems` does."""
    if not problems or not _is_here(model, sampler):
        return list(problems)
    return _fitting({"": problems}, prompt_lengths(model), config, say)[""]


def overlong_ids(recipe: Recipe, problems: Sequence[Problem]) -> set[str]:
    """The problems that are too long for the recipe's model."""
    lengths = _lengths(recipe) if problems else None
    return set(lengths.overlong(problems)) if lengths else set()


def _lengths(recipe: Recipe) -> PromptLengths | None:
    """How the recipe's model counts; None where a server alone knows."""
    if recipe.model.path is None:
        return prompt_lengths(recipe.model.scratch)
    known = _is_here(recipe.model.path, recipe.sampler)
    return prompt_lengths(recipe.model.path) if known else None


def _is_here(model: str, sampler: SamplerConfig) -> bool:
    return sampler.type != "server" or Path(model).expanduser().is_dir()


def _fitting(
    parts: Mapping[str, Sequence[Problem]], lengths: PromptLengths, config: PromptConfig, say: Say
) -> dict[str, Problems]:
    """What fits of each part; the rest is told or refused."""
    overlong = {part: lengths.overlong(problems) for part, problems in parts.items()}
    if any(overlong.values()):
        what = _told(parts, overlong, lengths.longest)
        if config.overlong == "refuse":
            raise InputError(f"{what}; shorten them, or leave them out: --prompt.overlong drop")
        say(f"{what}; left out")
    kept = {part: [p for p in parts[part] if p.id not in overlong[part]] for part in parts}
    for part, problems in kept.items():
        if not problems:
            name = f"{part} prompt" if part else "prompt"
            raise InputError(
                f"no {name} fits the model, which reads at most {lengths.longest} tokens; take"
                " shorter problems, or a model that reads more"
            )
    return kept


def _told(
    parts: Mapping[str, Sequence[Problem]], overlong: Mapping[str, Mapping[str, int]], longest: int
) -> str:
    """How many there are, and the first of them with their tokens."""
    found = {id: tokens for named in overlong.values() for id, tokens in named.items()}
    counts = ", ".join(f"{len(named)} {part}" for part, named in overlong.items() if part)
    first = [f"{shown(id)} ({tokens} tokens)" for id, tokens in [*found.items()][:MOST_NAMED]]
    more = ["..."] if len(found) > MOST_NAMED else []
    return (
        f"{len(found)} of {sum(map(len, parts.values()))} prompts{f' ({counts})' if counts else ''}"
        f" leave no room for an answer, as the model reads at most {longest} tokens:"
        f" {', '.join([*first, *more])}"
    )
