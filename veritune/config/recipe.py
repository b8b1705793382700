"""A recipe: one TOML file, checked against frozen models before anything runs.

`load_recipe` reads the file; `RecipeError` names the file, the key and the fix in one line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, Field, Tag, ValidationError, model_validator

from veritune.config.base import Count, Frozen, PathText, TrackerName, renamed
from veritune.config.cluster import ClusterConfig
from veritune.config.models import ModelConfig
from veritune.config.problems import ProblemsConfig, PromptConfig
from veritune.config.rounds import (
    EvaluationConfig,
    RoundsConfig,
    SamplerConfig,
    SelectionConfig,
    VerifierConfig,
)
from veritune.config.trainers import (
    RewardConfig,
    RlConfig,
    SftTrainerConfig,
    TrainerConfig,
    WarmStartConfig,
)
from veritune.errors import MissingFileError, RecipeError


class RewardStageConfig(RewardConfig):
    """A reward model made from the start policy before the first round, which then verifies."""

    preferences: str | None = None
    """Human preferences: jsonl of prompt, chosen, rejected. Left out: no reward model is made."""


class Recipe(Frozen):
    """One run: what to improve, on what, and how."""

    name: str = Field(default="run", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """The run's folder is `output`/`name`."""
    output: PathText = "runs"
    """Folder that holds runs."""
    seed: Count = 0
    """Random seed: every random choice follows from it."""
    threads: Count = 0
    """CPU threads for torch; 0 means one a core."""
    tracker: TrackerName | None = None
    """Where measurements also go, beside `metrics.jsonl`. Left out: nowhere."""
    model: ModelConfig = ModelConfig()
    problems: ProblemsConfig = ProblemsConfig()
    prompt: PromptConfig = PromptConfig()
    warm_start: WarmStartConfig = WarmStartConfig()
    reward: RewardStageConfig = RewardStageConfig()
    rounds: RoundsConfig = RoundsConfig()
    sampler: SamplerConfig = SamplerConfig()
    verifier: VerifierConfig = VerifierConfig()
    selection: SelectionConfig = SelectionConfig()
    trainer: TrainerConfig = SftTrainerConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    cluster: ClusterConfig = ClusterConfig()

    @model_validator(mode="after")
    def _verifier_is_whole(self) -> Recipe:
        made, named = self.reward.preferences is not None, self.verifier.reward_model is not None
        deciders = self.verifier.deciders
        if "judge" in deciders and self.verifier.judge.url is None:
            raise ValueError("verifier.type judge needs verifier.judge.url")
        if "reward_model" in deciders and made == named:
            raise ValueError(
                "verifier.type reward_model needs verifier.reward_model, or reward.preferences to"
                " make one from, and not both"
            )
        if made and "reward_model" not in deciders:
            raise ValueError("reward.preferences needs verifier.type reward_model")
        return self

    @model_validator(mode="after")
    def _signal_is_for_gradients(self) -> Recipe:
        if self.rounds.dynamic_sampling and isinstance(self.trainer, SftTrainerConfig):
            raise ValueError(
                "rounds.dynamic_sampling is for trainers that compare candidates, not for sft,"
                " which trains on those that passed; set trainer.type, or leave it out"
            )
        return self

    @model_validator(mode="after")
    def _samples_on_policy(self) -> Recipe:
        sampler, trainer = self.sampler, self.trainer
        if not isinstance(trainer, RlConfig):
            return self
        if not sampler.temperature or (sampler.top_p, sampler.top_k, sampler.min_p) != (1, 0, 0):
            raise ValueError(
                f"trainer.type {trainer.type} needs candidates from the policy's own probabilities:"
                " sampler.temperature above 0, top_p 1, top_k 0 and min_p 0"
            )
        if sampler.type == "server":
            raise ValueError(
                f"trainer.type {trainer.type} needs the tokens that were sampled, and a policy that"
                " changes: set sampler.type to native or vllm"
            )
        return self

    @model_validator(mode="after")
    def _overlap_can(self) -> Recipe:
        sampler, trainer = self.sampler, self.trainer
        if not self.rounds.overlap:
            return self
        if self.rounds.save_every > 1:
            raise ValueError(
                "rounds.overlap samples from earlier rounds' checkpoints, which a killed run needs"
                " again: leave rounds.save_every at 1"
            )
        if isinstance(trainer, RlConfig) and trainer.importance_cap == 0:
            raise ValueError(
                f"rounds.overlap with trainer.type {trainer.type} needs importance weights for an"
                " older policy's candidates: leave trainer.importance_cap out, or set it above 0"
            )
        if isinstance(trainer, RlConfig) and sampler.temperature != 1:
            raise ValueError(
                f"rounds.overlap with trainer.type {trainer.type} needs sampler.temperature 1: an"
                " older policy's log-probabilities are known for no other"
            )
        return self

    @model_validator(mode="after")
    def _cluster_can(self) -> Recipe:
        self.cluster.check(self.sampler, self.verifier)
        if self.cluster.address and self.cluster.trainers and self.rounds.save_every > 1:
            raise ValueError(
                "cluster.trainers train a round whose worker was lost again, from the checkpoint"
                " before it: leave rounds.save_every at 1"
            )
        return self

    @model_validator(mode="after")
    def _length_is_known(self) -> Recipe:
        type = self.trainer.type
        if self.sampler.max_tokens is None and (type in ("dr_grpo", "dapo") or ":" in type):
            raise ValueError(f"trainer.type {type} counts in sampler.max_tokens; set it")
        return self

    @property
    def folder(self) -> Path:
        """Where the run lives on disk."""
        return Path(self.output) / self.name


R = TypeVar("R", bound=Recipe)
# How pydantic names a member of a union in the place of a complaint, beside `literal[...]`.
MEMBERS = {"str", "int", "float", "bool"}


def load_recipe(path: Path) -> Recipe:
    """Read and check a TOML recipe."""
    return load_recipe_as(Recipe, path)


def load_recipe_as(kind: type[R], path: Path) -> R:
    """As `load_recipe`, for a recipe with more tables."""
    try:
        text = path.read_bytes().decode("utf-8-sig")  # Some editors set a mark before the text.
    except FileNotFoundError:
        raise MissingFileError(f"{path}: no such recipe; give the path of a TOML file") from None
    except IsADirectoryError:
        raise RecipeError(f"{path}: is a folder; give the path of a TOML file") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{path}: not UTF-8 text; a recipe is a TOML file") from None
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise RecipeError(f"{str(path)!r}: no name of a file ({error})") from None
    try:
        return check_recipe_as(kind, tomllib.loads(text), str(path))
    except RecursionError:
        raise RecipeError(f"{path}: not valid TOML: nested too deeply") from None
    except ValueError as error:
        if isinstance(error, RecipeError):
            raise
        raise RecipeError(f"{path}: not valid TOML: {error}") from None


def check_recipe(values: dict[str, object], where: str) -> Recipe:
    """Build a recipe; `where` names the file or command line in errors."""
    return check_recipe_as(Recipe, values, where)


def check_recipe_as(kind: type[R], values: dict[str, object], where: str) -> R:
    """As `check_recipe`, for a recipe with more tables."""
    try:
        made = kind.model_validate(values)
    except ValidationError as error:
        raise RecipeError(f"{where}: {explain(error, kind)}") from None
    for key, given, wanted in _mistyped(values, made, ""):
        raise RecipeError(f"{where}: {key}: expected a {wanted} (got {given!r})")
    return made


def _mistyped(given: object, made: object, key: str) -> Iterator[tuple[str, object, str]]:
    """Values that only became numbers or flags when they were read: "64" for 64, 1 for true."""
    if isinstance(given, dict):
        inside = made if isinstance(made, dict) else getattr(made, "__dict__", {})
        for name in filter(inside.__contains__, given):
            yield from _mistyped(given[name], inside[name], f"{key}.{name}" if key else name)
    elif isinstance(given, list) and isinstance(made, tuple | list):
        for at, pair in enumerate(zip(given, made, strict=False)):
            yield from _mistyped(*pair, f"{key}.{at}")
    elif isinstance(made, bool) != isinstance(given, bool):
        yield key, given, "flag, true or false" if isinstance(made, bool) else "number"
    elif isinstance(made, int | float) and isinstance(given, str):
        yield key, given, "number"


def explain(error: ValidationError, root: type[BaseModel], *, typed: bool = False) -> str:
    """The first complaint about a config in one line: key, what is wrong, the fix.

    `typed`: the key is named as an option of the command line.
    """
    first = error.errors(include_url=False)[0]
    path, known = _walk(root, [str(part) for part in first["loc"]])
    key = ".".join(path)
    if typed and key:
        # One of a list has no option of its own.
        option = re.sub(r"[.]\d+$", "", key).replace("_", "-")
        key = f"--{option}"
    if first["type"] == "extra_forbidden":
        if new := renamed(key):
            return f"{key}: renamed to {new}"
        near = get_close_matches(path[-1], known, 1)
        fix = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}"
        return f"{key}: unknown key; {fix}"
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    got = "" if isinstance(first["input"], (dict, BaseModel)) else f" (got {first['input']!r})"
    return f"{key}: {message}{got}" if key else message


def _walk(model: type[BaseModel], loc: list[str]) -> tuple[list[str], list[str]]:
    """The key path of a complaint, without the tags of unions, and the keys known there."""
    path: list[str] = []
    known = list(model.model_fields)
    kinds: dict[str, type[BaseModel]] = {}
    for part in loc:
        if part in kinds:
            model, kinds = kinds[part], {}
            known = list(model.model_fields)
            continue
        if part in MEMBERS or "[" in part:
            continue
        path.append(part)
        spec = model.model_fields.get(part)
        inner = spec.annotation if spec else None
        kinds = tagged_kinds(inner)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
            known = list(model.model_fields)
    return path, known


def tagged_kinds(annotation: object) -> dict[str, type[BaseModel]]:
    """The models of a tagged union by their tags; empty for any other annotation."""
    return {
        tag.tag: get_args(option)[0]
        for option in get_args(annotation)
        for tag in get_args(option)[1:]
        if isinstance(tag, Tag)
    }
