"""What a study compares: a recipe with a `[study]` table, and the arms that follow from it.

An arm is the recipe with a few keys changed, so whatever a recipe can say can be an arm. The
recipe's own held-out problems are the validation split, on which a run's checkpoint is chosen; the
test problems are the study's, the same for every arm and seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from veritune.config import (
    Count,
    Frozen,
    Positive,
    Recipe,
    RewardConfig,
    SftTrainerConfig,
    check_recipe_as,
    explain,
)
from veritune.errors import RecipeError
from veritune.problems import GENERATORS

Measure = Literal["pass_at_1", "trace_error", "longer_pass_at_1", "length", "best_of_n"]
Override = dict[str, Any]

# The arms that a study can name without describing them.
ARMS: dict[str, Override] = {
    "sft": {"rounds": {"count": 0}, "trainer": {"type": "sft"}},
    "more-sft": {"selection": {"reward": "demonstrations"}},
    "random-accept": {"selection": {"reward": "random"}},
    "outcome": {"selection": {"reward": "outcome"}},
    "visible": {"selection": {"reward": "visible"}},
    "last-2": {"selection": {"reward": "last", "last": 2}},
    "process": {"selection": {"reward": "process"}},
    "outcome-labels": {"selection": {"reward": "outcome"}},
    "process-aa": {"selection": {"reward": "process"}},
    "outcome-noise": {"selection": {"reward": "outcome", "false_accepts": 0.1}},
    "process-noise": {"selection": {"reward": "process", "false_accepts": 0.1}},
    "ppo-outcome": {"trainer": {"credit": {"outcome": 1.0, "process": 0.0}}},
    "ppo-sum": {"trainer": {"credit": {"outcome": 0.0, "process": 1.0, "form": "sum"}}},
    "ppo-delta": {"trainer": {"credit": {"outcome": 0.0, "process": 1.0, "form": "delta"}}},
    "ppo-min": {"trainer": {"credit": {"outcome": 0.0, "process": 1.0, "form": "min"}}},
    "ppo-all": {"trainer": {"credit": {"outcome": 0.0, "process": 1.0, "form": "all"}}},
}
DEFAULT_ARMS = (
    *("sft", "more-sft", "random-accept", "outcome", "last-2", "process", "outcome-labels"),
    *("ppo-outcome", "ppo-sum", "ppo-delta", "ppo-min", "ppo-all"),
)
# What picks one of n: by votes, by an outcome or process reward model, by votes that the
# process model weighs, or by the truth. The noisy ones learned from labels of which a share was
# flipped, the hard and soft ones from labels by rollouts, the same ones from the checker's of
# the same samples.
RERANKERS = (
    *("majority", "orm", "orm-noisy", "prm-min", "prm-product", "prm-last", "prm-min-noisy"),
    *("orm-same", "prm-min-same", "prm-min-hard", "prm-min-soft", "weighted-vote", "oracle"),
)
# `process-aa` is `process` with other seeds, for A/A tests.
AA_SEEDS = 10_000


class Contrast(Frozen):
    """A claim that is declared before the run: `a` differs from `b`, or equals it.

    `a` and `b` are arms; for `measure = "best_of_n"` they are rerankers.
    """

    a: str
    b: str
    measure: Measure = "pass_at_1"
    claim: Literal["differs", "equal"] = "differs"
    margin: Annotated[float, Field(gt=0, lt=1)] = 0.02
    """equal: the largest difference that still counts as none."""


class Sweep(Frozen):
    """The same arms along one key of the recipe."""

    key: str
    """Such as problems.chain.answer_modulus."""
    values: Annotated[tuple[int | float | str, ...], Field(min_length=2)]
    arms: tuple[str, ...] = ("outcome", "process")
    seeds: Positive = 2


class StudyConfig(Frozen):
    """Which arms, how often, measured on what, and which claims are to be tested."""

    arms: Annotated[tuple[str, ...], Field(min_length=1)] = DEFAULT_ARMS
    seeds: Annotated[int, Field(ge=1, lt=AA_SEEDS)] = 5
    """Full pipelines an arm, warm start included."""
    test: Positive = 2000
    """Test problems, shared by all arms and seeds."""
    candidates: Positive = 2
    """Candidates a test problem."""
    longer: Count = 500
    """Test problems that are harder than those trained on."""
    harder: Override = Field(default_factory=dict)
    """What makes them harder: keys of [problems], such as chain = { steps = 8 }."""
    match: Literal["samples", "labels", "tokens"] = "samples"
    """What arms have equally much of: candidates sampled, labels bought, or tokens trained on. A
    process label of a candidate counts one a step and one for the answer, an outcome label counts
    one. By tokens, ppo arms take as many rounds as learn from what the others' updates hold."""
    steps: Positive = 5
    """Steps of a typical solution, for matching by labels."""
    ppo: Override = Field(default_factory=dict)
    """Keys of the recipe that every ppo arm changes."""
    own: dict[str, Override] = Field(default_factory=dict)
    """More arms: name to the keys of the recipe that it changes."""
    contrasts: tuple[Contrast, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    rerank: Count = 16
    """Candidates a test problem for the comparison of rerankers; 0 leaves it out."""
    rerank_problems: Positive = 500
    """Test problems of that comparison."""
    reward: RewardConfig = RewardConfig(max_steps=200, warmup_steps=20)
    """How its reward models are trained."""
    flip: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """Share of wrong labels in the rerankers' noisy source; 0 leaves that source out."""
    rollouts: Count = 0
    """Completions a prefix for step labels by rollouts; 0 leaves these sources out."""
    rollout_solutions: Positive = 500
    """Solutions that are labelled so."""

    @model_validator(mode="after")
    def _arms_are_known(self) -> StudyConfig:
        known = set(ARMS) | set(self.own)
        named = {*self.arms, *(arm for sweep in self.sweeps for arm in sweep.arms)}
        if unknown := sorted(named - known):
            raise ValueError(f"no arm '{unknown[0]}'; there are: {', '.join(sorted(known))}")
        for contrast in self.contrasts:
            names = RERANKERS if contrast.measure == "best_of_n" else self.arms
            for name in (contrast.a, contrast.b):
                if name not in names:
                    raise ValueError(f"contrasts: '{name}' is none of {', '.join(names)}")
        return self


class StudyRecipe(Recipe):
    """A recipe with a study over it."""

    study: StudyConfig = StudyConfig()


class Cell(Frozen):
    """One run of the study: an arm under one seed, at one point of a sweep or at none."""

    arm: str
    seed: int
    recipe: Recipe
    sweep: int | None = None
    value: int | float | str | None = None


def cells(study: StudyRecipe) -> list[Cell]:
    """Every run of the study; those that build a seed's warm start stand first."""
    out = [
        cell(study, arm, seed)
        for arm in study.study.arms
        for seed in range(1, study.study.seeds + 1)
    ]
    out += list(_swept(study))
    first = out[0].arm
    return [c for c in out if c.arm == first and c.sweep is None] + [
        c for c in out if not (c.arm == first and c.sweep is None)
    ]


def cell(
    study: StudyRecipe,
    arm: str,
    seed: int,
    extra: Override | None = None,
    sweep: int | None = None,
    value: int | float | str | None = None,
) -> Cell:
    """The recipe of one arm under one seed."""
    values = study.model_dump(mode="json", exclude={"study"})
    if arm.startswith("ppo-"):
        values = merged(values, study.study.ppo)
    values = merged(values, study.study.own.get(arm) or ARMS[arm])
    values = merged(values, extra or {})
    if arm == "outcome-labels" or (study.study.match == "labels" and _by_outcome(values)):
        values["rounds"]["prompts"] *= 1 + study.study.steps
        values["problems"]["train"] *= 1 + study.study.steps
    if study.study.match == "tokens" and values["trainer"].get("type", "sft") != "sft":
        values["rounds"]["count"] = _rounds_of_as_many(study, values)
    where = f"{arm}-{seed}" if sweep is None else f"{arm}-{seed}-{sweep}-{value}"
    values |= {
        "output": f"{study.output}/{study.name}",
        "name": where,
        "seed": seed + AA_SEEDS * (arm == "process-aa"),
        "threads": study.threads or 1,
    }
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        said = explain(error, Recipe)
        if arm.startswith("ppo-") and values["trainer"].get("type", "sft") == "sft":
            said = 'give [study.ppo.trainer] with type = "ppo", or leave it out (--arms sft ...)'
        raise RecipeError(f"study: arm '{arm}' makes no recipe: {said}") from None
    return Cell(arm=arm, seed=seed, recipe=recipe, sweep=sweep, value=value)


def _rounds_of_as_many(study: StudyRecipe, values: Override) -> int:
    """Rounds in which a policy gradient learns from as many sequences as the recipe's own updates.

    Every arm samples alike, so sequences stand for tokens, which no one knows before the run.
    """
    trainer = study.trainer
    if not isinstance(trainer, SftTrainerConfig):
        raise RecipeError("study.match: 'tokens' needs trainer.type = 'sft', whose updates count")
    drawn: int = values["rounds"]["prompts"] * values["sampler"]["n"] * values["trainer"]["epochs"]
    return max(1, round(study.rounds.count * trainer.max_steps * trainer.batch_size / drawn))


def merged(values: Override, changes: Override) -> Override:
    """`values` with `changes` laid over, table by table; another trainer replaces the old one."""
    out = dict(values)
    for key, change in changes.items():
        old = out.get(key)
        fresh = key == "trainer" and isinstance(change, dict) and _another_trainer(old, change)
        if isinstance(old, dict) and isinstance(change, dict) and not fresh:
            out[key] = merged(old, change)
        else:
            out[key] = change
    return out


def _another_trainer(old: Override | None, change: Override) -> bool:
    return "type" in change and change["type"] != (old or {}).get("type", "sft")


def _by_outcome(values: Override) -> bool:
    if values["trainer"].get("type", "sft") == "sft":
        return bool(values["selection"]["reward"] == "outcome")
    return not values["trainer"]["credit"]["process"]


def says_something(key: str, source: str) -> bool:
    """Whether a key of the recipe changes anything: the tables of other generators do not."""
    table, _, name = key.partition(".")
    name = name.partition(".")[0]
    return table != "problems" or name not in GENERATORS or name == source


def _swept(study: StudyRecipe) -> Iterator[Cell]:
    for number, sweep in enumerate(study.study.sweeps):
        if not says_something(sweep.key, study.problems.source):
            continue
        for value in sweep.values:
            *tables, key = sweep.key.split(".")
            change: Override = {key: value}
            for part in reversed(tables):
                change = {part: change}
            for arm in sweep.arms:
                for seed in range(1, sweep.seeds + 1):
                    yield cell(study, arm, seed, change, number, value)


def _labelled_arms(judge_url: str | None, reward_model: str | None) -> dict[str, Override]:
    """Arms that learn from a model's verdicts or labels; the rules examine them as all others."""
    arms: dict[str, Override] = {}
    if judge_url is not None:
        arms["judge"] = {"verifier": {"type": "judge", "judge": {"url": judge_url}}}
    if reward_model is not None:
        arms["reward-model"] = {
            "verifier": {"steps": ["reward_model"], "reward_model": reward_model},
            "selection": {"reward": "process"},
        }
    return arms


# Those of the main claims.
QUICK_ARMS = ("sft", "more-sft", "visible", "outcome", "process")


def narrowed(
    study: StudyRecipe,
    *,
    quick: bool,
    arms: tuple[str, ...],
    seeds: int | None,
    name: str | None,
    output: str | None,
    judge_url: str | None = None,
    reward_model: str | None = None,
) -> StudyRecipe:
    """The study with what a command line changes; its claims are about the arms that are left.

    A judge's address adds the arm `judge`, a process reward model the arm `reward-model`.
    """
    values = study.model_dump(mode="json")
    inner = values["study"]
    if quick:
        values["name"] = f"{study.name}-quick"
        values["evaluation"]["n"] = values["evaluation"]["k"] = 1
        values["rounds"]["count"] = min(2, study.rounds.count)
        needed = 2 * (study.rounds.prompts or 0)
        values["problems"]["train"] = min(study.problems.train, max(6000, needed))
        # Three: the least that gives a spread between seeds.
        inner |= {"seeds": 3, "test": min(500, study.study.test), "sweeps": []}
        inner |= {"longer": min(200, study.study.longer), "rerank_problems": 100}
        inner |= {"flip": 0, "rollouts": 0}
        inner["reward"]["max_steps"] = min(120, study.study.reward.max_steps)
        known = {*QUICK_ARMS, *study.study.own}
        arms = arms or tuple(arm for arm in study.study.arms if arm in known)
    labelled = _labelled_arms(judge_url, reward_model)
    inner["own"] |= labelled
    inner["seeds"] = seeds or inner["seeds"]
    inner["arms"] = list(dict.fromkeys([*(arms or study.study.arms), *labelled]))
    there = set(inner["arms"]) | set(RERANKERS)
    inner["contrasts"] = [c for c in inner["contrasts"] if {c["a"], c["b"]} <= there]
    values |= {"name": name or values["name"], "output": output or values["output"]}
    return check_recipe_as(StudyRecipe, values, "command line")
