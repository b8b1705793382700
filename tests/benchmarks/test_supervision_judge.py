"""A study with an arm that a language model judges: it selects by it, and the rules examine it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from http_server import Handler, served
from test_supervision_study import RECIPE

from veritune.benchmarks.supervision.plan import StudyRecipe, cells, narrowed
from veritune.cli import main
from veritune.config import ScratchConfig, load_recipe_as
from veritune.models import build_scratch, save_policy
from veritune.models.reward import fresh_reward_model, save_reward_model
from veritune.records import Verdict
from veritune.store import Store


class Kind(Handler):
    """A judge that calls everything right."""

    def do_GET(self) -> None:
        self.answer({"data": [{"id": "kind-judge", "owned_by": "test"}]})

    def do_POST(self) -> None:
        self.body()
        said = {"message": {"content": "STEP 1: correct\nANSWER: correct"}, "finish_reason": "stop"}
        self.answer({"choices": [said]})


@pytest.fixture
def judge() -> Iterator[str]:
    with served(Kind) as (url, _):
        yield f"{url}/v1"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(RECIPE.replace("rerank = 4", "rerank = 0"))
    return path


def test_a_quick_study_has_the_recipes_own_arms_and_those_of_models(recipe: Path) -> None:
    study = narrowed(
        load_recipe_as(StudyRecipe, recipe),
        quick=True,
        arms=(),
        seeds=1,
        name=None,
        output=None,
        judge_url="http://localhost:8000/v1",
        reward_model="models/prm",
    )
    found = {cell.arm: cell.recipe for cell in cells(study)}
    assert [*found] == ["sft", "more-sft", "outcome", "process", "mine", "judge", "reward-model"]
    assert found["judge"].verifier.type == "judge"
    labelled = found["reward-model"]
    assert labelled.verifier.labellers == ("reward_model",)
    assert labelled.selection.reward == "process"
    assert found["process"].verifier.reward_model is None


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_judge_selects_and_the_rules_examine(recipe: Path, tmp_path: Path, judge: str) -> None:
    words = ["bench", "supervision", str(recipe), "--quick", "--seeds", "1", "--workers", "1"]
    words += ["--output", str(tmp_path / "runs"), "--arms", "sft", "--judge-url", judge]
    assert main(words) == 0
    folder = tmp_path / "runs" / "small-quick"
    figures = json.loads((folder / "figures.json").read_text())
    assert [row["arm"] for row in figures["arms"]] == ["sft", "judge"]
    with Store.open(folder / "judge-1", read_only=True) as store:
        drawn = [verdict for _, _, verdict in store.verified("train/1")]
        assert {verdict.outcome for verdict in drawn} == {"passed"}
        assert all("kind-judge" in verdict.reason for verdict in drawn)
        exams = [v for round in (0, 1, 2) for *_, v in store.verified(f"exam/{round}")]
        assert exams and not any("kind-judge" in verdict.reason for verdict in exams)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_reward_model_labels_and_the_rules_examine(recipe: Path, tmp_path: Path) -> None:
    shape = ScratchConfig(layers=1, width=16, heads=2, max_length=64)
    start = save_policy(*build_scratch(shape, 0), tmp_path / "M")
    reward = fresh_reward_model(start.path, "process")
    torch.manual_seed(0)
    torch.nn.init.normal_(reward.head.weight, std=0.3)
    torch.nn.init.constant_(reward.head.bias, 2.0)  # It calls most steps right.
    save_reward_model(reward, tmp_path / "prm")
    words = ["bench", "supervision", str(recipe), "--quick", "--seeds", "1", "--workers", "1"]
    words += ["--output", str(tmp_path / "runs"), "--arms", "sft", "process"]
    assert main([*words, "--reward-model", str(tmp_path / "prm")]) == 0
    folder = tmp_path / "runs" / "small-quick"
    figures = json.loads((folder / "figures.json").read_text())
    arms = {row["arm"]: row for row in figures["arms"]}
    assert [*arms] == ["sft", "process", "reward-model"]
    spent = {arm: row["spent"] for arm, row in arms.items()}
    assert spent["reward-model"]["samples"] == spent["process"]["samples"] > 0
    assert spent["reward-model"]["step_labels"] > 0
    assert "reward-model" in (folder / "index.html").read_text()
    with Store.open(folder / "reward-model-1", read_only=True) as store:
        drawn = {kind for *_, v in store.verified("train/1") for kind in kinds(v)}
        exams = {k for r in (0, 1) for *_, v in store.verified(f"exam/{r}") for k in kinds(v)}
    assert drawn == {"probability"} and exams == {"trace"}


def kinds(verdict: Verdict) -> set[str]:
    return {step.evidence.kind for step in verdict.steps if step.evidence is not None}
