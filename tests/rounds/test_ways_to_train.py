"""Rounds with adapters, from the base, with replay, by DPO, and the classic RLHF chain."""

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from veritune.config import ChainConfig, Recipe, check_recipe
from veritune.errors import RecipeError
from veritune.problems.datasets.chain import draw
from veritune.rounds import improve
from veritune.rounds.progress import NullProgress
from veritune.rounds.run import open_run
from veritune.rounds.start import start_policy
from veritune.store import Store

SHAPE = {"layers": 1, "width": 32, "heads": 2, "max_length": 64}
EASY = {"steps": 1, "operators": "+", "largest_term": 19, "misconception": 0.0}


def tiny(output: Path, **change: Any) -> Recipe:
    values: dict[str, Any] = {
        "output": str(output),
        "threads": 1,
        "model": {"scratch": SHAPE},
        "problems": {"source": "chain", "train": 40, "test": 10, "chain": EASY},
        "warm_start": {
            "demonstrations": 80,
            "max_steps": 100,
            "batch_size": 32,
            "learning_rate": 5e-3,
        },
        "rounds": {"count": 2, "prompts": 20},
        "sampler": {"n": 4, "max_tokens": 8},
        "trainer": {"max_steps": 4, "batch_size": 8},
        "evaluation": {"n": 2, "k": 2},
    }
    return check_recipe(values | change, "test")


def metrics(recipe: Recipe, phase: str) -> list[dict[str, Any]]:
    with Store.open(recipe.folder, read_only=True) as store:
        return store.metrics(phase)


def test_rounds_of_an_adapter_from_the_base_with_replay(tmp_path: Path) -> None:
    recipe = tiny(
        tmp_path,
        model={"scratch": SHAPE, "lora": {"rank": 2}},
        trainer={"max_steps": 4, "batch_size": 8, "start": "base"},
        selection={"replay": 1, "weight": "inverse_pass_rate", "distinct": "path"},
    )
    rows = asyncio.run(improve(recipe))
    assert [row["round"] for row in rows] == [0, 1, 2]
    for round in (1, 2):
        folder = recipe.folder / "checkpoints" / f"round-{round}"
        named = json.loads((folder / "adapter_config.json").read_text())
        assert Path(named["base_model_name_or_path"]).is_dir()
    assert len({row["policy"] for row in rows}) == 3


def test_rationalisation_of_failures_trains_without_the_hint(tmp_path: Path) -> None:
    recipe = tiny(
        tmp_path,
        model={"scratch": SHAPE | {"max_length": 96}},
        warm_start={"demonstrations": 80, "max_steps": 60, "batch_size": 32, "learning_rate": 5e-3},
        rounds={"count": 1, "prompts": 12},
        sampler={"n": 2, "max_tokens": 8},
        selection={"reward": "any", "rationalise": True},
    )

    async def batch() -> tuple[list[Any], list[Any], list[str]]:
        async with open_run(recipe, NullProgress()) as run:
            policy = start_policy(recipe, run.progress)
            problems = run.prompts(1)
            await run.fill("train", 1, problems, 2, policy)
            drawn_plainly = run.store.verified_keys("train/1")
            solved = sorted(key for key in drawn_plainly if key[0] == problems[0].id)
            found = await run.rationalise(1, problems, solved, policy)
            run.record_selection(1, [*solved, *found])
            drawn = list(run.store.verified("hint/1"))
            return run.examples(1), drawn, [str(p.prompt) for p in problems]

    chosen, drawn, prompts = asyncio.run(batch())
    posed = {f"{p}\n\n(Hint: the answer is {answer(p)}.)\n": p for p in prompts[1:]}
    assert {problem.prompt for problem, *_ in drawn} == set(posed)
    whole = {posed[str(p.prompt)] for p, candidate, _ in drawn if not candidate.truncated}
    assert whole
    assert {str(e.problem.prompt) for e in chosen} == {prompts[0], *whole}


def answer(prompt: str) -> str:
    return str(sum(map(int, prompt.rstrip("=").split("+"))) % 100 % 10)


def test_rounds_of_dpo(tmp_path: Path) -> None:
    recipe = tiny(
        tmp_path, trainer={"type": "dpo", "max_steps": 4, "batch_size": 8, "warmup_steps": 0}
    )
    rows = asyncio.run(improve(recipe))
    assert len({row["policy"] for row in rows}) == 3
    assert all("margin" in row for row in metrics(recipe, "train"))


def preferences(file: Path, count: int) -> None:
    """People who prefer the right trace to one whose value is wrong."""
    rng = Random(0)
    with file.open("w") as stream:
        for _ in range(count):
            problem = draw(ChainConfig(**EASY), rng)
            right = problem.reference.solution
            wrong = f"{rng.randrange(100):02d};#{rng.randrange(10)}"
            if wrong != right:
                row = {"prompt": problem.prompt, "chosen": right, "rejected": wrong}
                stream.write(json.dumps(row) + "\n")


@pytest.mark.slow
def test_from_a_preference_file_to_a_policy_that_is_preferred(tmp_path: Path) -> None:
    preferences(tmp_path / "preferences.jsonl", 600)
    recipe = tiny(
        tmp_path,
        seed=3,
        reward={
            "preferences": str(tmp_path / "preferences.jsonl"),
            "max_steps": 300,
            "batch_size": 32,
            "learning_rate": 5e-3,
        },
        verifier={"type": "reward_model"},
        rounds={"count": 10, "prompts": 40},
        trainer={
            "type": "ppo",
            "learning_rate": 1e-3,
            "mini_batch_size": 40,
            "epochs": 2,
            "kl_coef": 0.2,
            "kl_target": 2.0,
        },
    )
    asyncio.run(improve(recipe))
    with Store.open(recipe.folder, read_only=True) as store:

        def score(round: int) -> float:
            scores = [v.score or 0.0 for _, _, v in store.verified(f"train/{round}")]
            return sum(scores) / len(scores)

        first, last = score(1), (score(9) + score(10)) / 2
    assert last > first + 0.1
    assert max(row["kl"] for row in metrics(recipe, "train")) < 2.0


def test_a_judge_that_nobody_named_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="reward_model needs"):
        tiny(tmp_path, verifier={"type": "reward_model"})
    with pytest.raises(RecipeError, match=r"needs verifier\.type"):
        tiny(tmp_path, reward={"preferences": "p.jsonl"})
