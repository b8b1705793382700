"""A whole small study: every arm, its rerankers, its page, and a kill in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from veritune.benchmarks.supervision.held_out import write_tests
from veritune.benchmarks.supervision.plan import RERANKERS, StudyRecipe, cells
from veritune.cli import main
from veritune.config import load_recipe_as
from veritune.errors import RecipeError

RECIPE = """
name = "small"
threads = 1
[model.scratch]
layers = 1
width = 32
heads = 2
max_length = 64
[problems]
train = 60
test = 10
[problems.chain]
steps = 1
operators = "+"
largest_term = 19
slips = 0.3
[warm_start]
demonstrations = 80
max_steps = 120
batch_size = 32
learning_rate = 5e-3
[rounds]
count = 1
prompts = 20
[sampler]
n = 4
max_tokens = 12
[trainer]
max_steps = 4
batch_size = 8
[evaluation]
n = 1
k = 1
[study]
arms = ["sft", "more-sft", "outcome", "process", "mine"]
seeds = 2
test = 12
candidates = 2
longer = 5
harder = { chain = { steps = 2 } }
rerank = 4
rerank_problems = 8
rollouts = 2
rollout_solutions = 30
reward = { max_steps = 6, batch_size = 8 }
[study.own.mine.selection]
reward = "random"
[[study.contrasts]]
a = "process"
b = "more-sft"
[[study.contrasts]]
a = "prm-min"
b = "majority"
measure = "best_of_n"
[[study.sweeps]]
key = "problems.chain.answer_modulus"
values = [2, 50]
arms = ["outcome"]
seeds = 1
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study, killed once on its way and run again to its end."""
    folder = tmp_path_factory.mktemp("study")
    recipe = folder / "study.toml"
    recipe.write_text(RECIPE)
    command = [sys.executable, "-m", "veritune", "bench", "supervision", str(recipe)]
    command += ["--output", str(folder / "runs"), "--workers"]
    first = subprocess.Popen([*command, "1"], stdout=subprocess.DEVNULL, start_new_session=True)
    marker = folder / "runs" / "small" / "sft-1" / "metrics.jsonl"
    deadline = time.monotonic() + 200
    while not marker.exists() and first.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    again = subprocess.run([*command, "2"], capture_output=True, text=True, timeout=280)
    assert again.returncode == 0, again.stderr
    return folder / "runs" / "small"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_page_has_every_arm_and_its_figures_come_from_the_journals(finished: Path) -> None:
    page = (finished / "index.html").read_text()
    figures = json.loads((finished / "figures.json").read_text())
    assert [row["arm"] for row in figures["arms"]] == [
        *("sft", "more-sft", "outcome", "process", "mine")
    ]
    for row in figures["arms"]:
        assert row["arm"] in page
        assert row["seeds"] == 2
        mean, low, high = row["pass_at_1"]
        assert low <= mean <= high
    spent = {row["arm"]: row["spent"] for row in figures["arms"]}
    assert spent["process"]["samples"] == spent["outcome"]["samples"] == 80
    assert spent["outcome"]["step_labels"] == 0 < spent["process"]["step_labels"]
    assert spent["mine"]["verifier_calls"] == spent["sft"]["samples"] == 0
    assert len(figures["claims"]) == 2
    compared = {row["reranker"] for row in figures["rerank"]}
    assert compared == set(RERANKERS)
    assert "answer_modulus" in page
    assert "<script" not in page


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_all_arms_of_a_seed_have_one_start_and_all_arms_one_test(finished: Path) -> None:
    from veritune.store import Store

    policies, asked = set(), set()
    for arm in ("sft", "more-sft", "outcome", "process", "mine"):
        with Store.open(finished / f"{arm}-1", read_only=True) as store:
            policies.add(store.metrics("evaluate")[0]["policy"])
            own = {p.prompt for split in ("train", "test") for p in store.problems(split)}  # type: ignore[arg-type]
            tested = frozenset(str(p.prompt) for p in store.problems("exam"))
        assert not own & tested
        asked.add(tested)
    assert len(policies) == len(asked) == 1


def study(tmp_path: Path, text: str) -> StudyRecipe:
    path = tmp_path / "s.toml"
    path.write_text(text)
    return load_recipe_as(StudyRecipe, path)


def test_matching_by_labels_gives_outcome_arms_more_samples(tmp_path: Path) -> None:
    text = RECIPE.replace("[study]", '[study]\nmatch = "labels"\nsteps = 3')
    prompts = {c.arm: c.recipe.rounds.prompts for c in cells(study(tmp_path, text))}
    assert prompts["outcome"] == 4 * prompts["process"]


def test_matching_by_tokens_gives_ppo_as_many_sequences_to_learn_from(tmp_path: Path) -> None:
    text = RECIPE.replace("[study]", '[study]\nmatch = "tokens"')
    text = text.replace('"mine"]', '"ppo-min"]').replace("max_steps = 4", "max_steps = 90")
    text = text.split("[study.own")[0] + '[study.ppo.trainer]\ntype = "ppo"\nepochs = 3\n'
    counts = {c.arm: c.recipe.rounds.count for c in cells(study(tmp_path, text))}
    assert counts["process"] == 1
    assert counts["ppo-min"] * 20 * 4 * 3 == 90 * 8


def test_dials_of_another_generator_are_left_alone(tmp_path: Path) -> None:
    assert any(c.sweep is not None for c in cells(study(tmp_path, RECIPE)))
    text = RECIPE.replace("[problems]", '[problems]\nsource = "equations"')
    other = study(tmp_path, text)
    assert not any(c.sweep is not None for c in cells(other))
    write_tests(other, tmp_path / "problems")
    assert [path.name for path in (tmp_path / "problems").iterdir()] == ["test.jsonl"]


def test_ppo_arms_take_their_own_keys(tmp_path: Path) -> None:
    text = RECIPE.replace('"mine"]', '"ppo-min"]').split("[study.own")[0]
    text += '[study.ppo.trainer]\ntype = "ppo"\nepochs = 3\n'
    found = {c.arm: c.recipe.trainer for c in cells(study(tmp_path, text))}
    assert found["ppo-min"].type == "ppo"
    assert found["process"].type == "sft"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"mine"]', '"none"]', "no arm 'none'"),
        ('b = "more-sft"', 'b = "last-2"', "'last-2' is none of"),
        ("seeds = 2", "seeds = 0", "study.seeds"),
    ],
)
def test_wrong_studies_are_refused_in_one_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(RecipeError, match=said):
        study(tmp_path, RECIPE.replace(old, new))


def test_the_shipped_study_can_be_read() -> None:
    path = Path(__file__).resolve().parents[2] / "recipes" / "supervision.toml"
    shipped = load_recipe_as(StudyRecipe, path)
    assert {c.seed for c in cells(shipped)} == {1, 2, 3, 4, 5}


def test_the_command_asks_for_a_recipe() -> None:
    assert main(["bench", "supervision", "--quick"]) == main(["bench", "supervision"]) == 2
