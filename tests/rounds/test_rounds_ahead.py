"""Rounds that overlap: what is sampled follows from the recipe alone, whatever is killed."""

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import warm
from test_loop import contents, tiny

from veritune.config import Recipe
from veritune.errors import RecipeError, TrainingError
from veritune.models import policy_hash
from veritune.problems import recipe_problems
from veritune.records import Candidate, Checkpoint, Verdict
from veritune.replies import tree_of
from veritune.rounds import Advance, NullProgress, improve, start_policy
from veritune.rounds.training_process import WORKER, TrainingProcess
from veritune.store import RunFolder, Store, to_toml
from veritune.trainer import Rollout, TrainingOrder

# Ends the process, and all that it started, in the middle of a phase: after so many parts of it.
DIE = """
import asyncio, os, sys
from contextlib import contextmanager
from pathlib import Path
from veritune.config import load_recipe
from veritune.rounds import NullProgress, improve

class Deadly(NullProgress):
    @contextmanager
    def phase(self, title, total):
        done = 0
        def advance(count=1, **figures):
            nonlocal done
            done += count
            if title == sys.argv[2] and 0 < done < total:
                os._exit(9)
        yield advance

asyncio.run(improve(load_recipe(Path(sys.argv[1])), Deadly()))
"""
TRAINERS = {
    "sft": {"max_steps": 4, "batch_size": 8},
    "grpo": {
        "type": "grpo",
        "mini_batch_size": 20,
        "micro_batch_size": 20,
        "learning_rate": 1e-3,
    },
}
KILLS = {
    "sft": ["round 2: sample and verify", "round 2: train"],
    "grpo": ["round 1: train", "round 2: evaluate"],
}


def overlapping(output: Path, kind: str, name: str = "run", **change: object) -> Recipe:
    rounds = {"count": 3, "prompts": 10, "overlap": 1, "keep_checkpoints": 1}
    return tiny(output, name=name, rounds=rounds, trainer=TRAINERS[kind], **change)


@pytest.fixture(scope="module", params=TRAINERS)
def undisturbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    recipe = overlapping(tmp_path_factory.mktemp(request.param), request.param)
    asyncio.run(improve(recipe))
    return recipe


@pytest.mark.slow
def test_every_round_is_sampled_from_the_policy_that_the_recipe_says(undisturbed: Recipe) -> None:
    with Store.open(undisturbed.folder, read_only=True) as store:
        policies = {row.policy: round for round, row in store.policies().items()}
        assert len(policies) == 4
        for round, made in ((1, 0), (2, 0), (3, 1)):
            assert {policies[c.policy or ""] for c in store.candidates(f"train/{round}")} == {made}
            assert {policies[c.policy or ""] for c in store.candidates(f"test/{round}")} == {round}
        assert [row["staleness"] for row in store.metrics("sample")] == [0, 1, 1]
        if undisturbed.trainer.type == "grpo":
            ratios = [row["importance"] for row in store.metrics("train") if row["step"] == 1]
            assert ratios[0] == pytest.approx(1, abs=1e-4)
            assert all(abs(ratio - 1) > 1e-4 for ratio in ratios[1:])
    # One more than the recipe keeps: what a run that is resumed samples from.
    assert RunFolder(undisturbed.folder).rounds() == [2, 3]


@pytest.mark.slow
def test_a_run_killed_anywhere_ends_as_if_it_had_not_been(
    undisturbed: Recipe, tmp_path: Path
) -> None:
    kind = undisturbed.trainer.type
    recipe = overlapping(tmp_path, kind)
    file = tmp_path / "recipe.toml"
    file.write_text(to_toml(recipe))
    for phase in KILLS[kind]:
        done = warm.run("-c", DIE, file, phase)
        assert done.poll() == 9, done.said()[-2000:]
    asyncio.run(improve(recipe))
    assert contents(recipe.folder) == contents(undisturbed.folder)


class Hostile(NullProgress):
    """Sends signals to the process that trains, in the middle of rounds."""

    def __init__(self, signals: dict[str, signal.Signals]) -> None:
        self.signals = signals

    @contextmanager
    def phase(self, title: str, total: int) -> Iterator[Advance]:
        """A signal at the phase's first part."""

        def advance(count: int = 1, **figures: float) -> None:
            if (sent := self.signals.pop(title, None)) is not None:
                os.kill(trainer_pid(), sent)

        yield advance


def trainer_pid() -> int:
    (found,) = [
        pid
        for pid in tree_of(os.getpid(), 2)
        if WORKER.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("undisturbed", ["grpo"], indirect=True)
def test_a_training_process_that_is_killed_or_stopped_is_replaced(
    undisturbed: Recipe, tmp_path: Path
) -> None:
    recipe = overlapping(tmp_path, undisturbed.trainer.type)
    signals = {"round 1: train": signal.SIGKILL, "round 2: train": signal.SIGSTOP}
    asyncio.run(improve(recipe, Hostile(signals)))
    assert not signals
    assert contents(recipe.folder) == contents(undisturbed.folder)


@pytest.mark.slow
@pytest.mark.parametrize("undisturbed", ["sft"], indirect=True)
def test_going_back_keeps_what_was_sampled_ahead(undisturbed: Recipe, tmp_path: Path) -> None:
    before = contents(undisturbed.folder)
    recipe = overlapping(tmp_path, undisturbed.trainer.type)
    shutil.copytree(undisturbed.folder.parent, tmp_path, dirs_exist_ok=True)
    asyncio.run(improve(recipe, from_round=2))
    assert contents(recipe.folder) == before
    shutil.rmtree(recipe.folder / "checkpoints" / "round-2")
    (recipe.folder / "journal.sqlite").unlink()
    with pytest.raises(RecipeError, match="samples what is next from round 2's policy, too"):
        asyncio.run(improve(recipe, from_round=3))
    asyncio.run(improve(recipe, from_round=0))
    assert contents(recipe.folder) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trainer": {"type": "grpo", "importance_cap": 0}}, "needs importance weights"),
        ({"trainer": {"type": "ppo"}, "sampler": {"temperature": 0.7}}, "sampler.temperature 1"),
        ({"rounds": {"overlap": 1, "save_every": 2}}, "leave rounds.save_every at 1"),
    ],
    ids=["weights", "temperature", "checkpoints"],
)
def test_what_cannot_overlap_is_refused(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    with pytest.raises(RecipeError, match=said):
        tiny(tmp_path, **({"rounds": {"overlap": 1}} | change))


def test_under_torchrun_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    recipe = tiny(tmp_path, rounds={"overlap": 1}, warm_start={"demonstrations": 0})
    with pytest.raises(RecipeError, match="leave torchrun out"):
        asyncio.run(improve(recipe))


@pytest.mark.slow
def test_what_the_trainer_refuses_is_said_here(tmp_path: Path) -> None:
    recipe = overlapping(tmp_path, "grpo", warm_start={"demonstrations": 0})
    start = start_policy(recipe, NullProgress())
    train, _ = recipe_problems(recipe.problems, recipe.seed, lambda text: None)
    problem = train[0]
    candidate = Candidate(
        problem_id=problem.id, index=0, text="3", token_ids=[5, 6], policy="another"
    )
    verdict = Verdict(problem_id=problem.id, index=0, outcome="passed", score=1.0, reason="")
    order = TrainingOrder(
        round=1,
        start=start,
        policy=start,
        sampled_by=start.policy,
        batch=[Rollout(problem=problem, candidate=candidate, verdict=verdict)],
        out=tmp_path / "out",
        maker={},
    )

    async def trained() -> Checkpoint:
        async with TrainingProcess.opened(recipe) as process:
            with pytest.raises(
                TrainingError, match=f"was sampled by policy another, .*{start.policy}"
            ):
                await process.update(order, lambda step: None)
            given = replace(candidate, policy="older", logprobs=[-1.0, -1.0])
            rollout = Rollout(problem=problem, candidate=given, verdict=verdict)
            stale = replace(order, sampled_by="older", batch=[rollout])
            return await process.update(stale, lambda step: None)

    assert asyncio.run(trained()).policy == policy_hash(tmp_path / "out")
