"""Rounds without a checkpoint: a run killed among them trains them again, to the same weights."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import warm
from test_loop import contents, tiny

from veritune.config import Recipe, load_recipe
from veritune.errors import JournalError
from veritune.models import policy_hash
from veritune.records import Checkpoint
from veritune.rounds import NullProgress, improve, loop
from veritune.rounds.run import Earlier, Run
from veritune.store import RunFolder, Store, to_toml
from veritune.trainer import Example

DIE = """
import asyncio, os, sys
from contextlib import contextmanager
from pathlib import Path
from veritune.config import load_recipe
from veritune.rounds import NullProgress, improve

class Deadly(NullProgress):
    @contextmanager
    def phase(self, title, total):
        if title == sys.argv[2]:
            os._exit(9)
        with super().phase(title, total) as advance:
            yield advance

asyncio.run(improve(load_recipe(Path(sys.argv[1])), Deadly()))
"""
GROUP = {"type": "grpo", "mini_batch_size": 40, "micro_batch_size": 40, "learning_rate": 1e-3}
PPO = GROUP | {"type": "ppo", "critic": "own"}


class Heard(NullProgress):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        """One line."""
        self.lines.append(text)


def seldom(output: Path, name: str, **change: object) -> Recipe:
    rounds = {"count": 5, "prompts": 10, "save_every": 2}
    return tiny(output, name=name, rounds=rounds, **change)


def killed(recipe: Recipe, at: str, folder: Path) -> None:
    file = folder / f"{recipe.name}.toml"
    file.write_text(to_toml(recipe))
    done = warm.run("-c", DIE, file, at)
    assert done.poll() == 9, done.said()[-2000:]
    assert load_recipe(file) == recipe


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [{}, {"trainer": GROUP}, {"trainer": PPO}, {"model": {"dtype": "bfloat16"}}],
    ids=["sft", "grpo", "ppo", "bf16"],
)
def test_a_run_killed_between_two_checkpoints_ends_with_the_same_weights(
    tmp_path: Path, change: dict[str, object]
) -> None:
    if "model" in change:
        shape = {"layers": 1, "width": 32, "heads": 2, "max_length": 64}
        change = {"model": {"dtype": "bfloat16", "scratch": shape}}
    whole, broken = seldom(tmp_path, "whole", **change), seldom(tmp_path, "broken", **change)
    asyncio.run(improve(whole))
    assert RunFolder(whole.folder).rounds() == [4, 5]
    killed(broken, "round 4: train", tmp_path)
    assert RunFolder(broken.folder).rounds() == [2]
    heard = Heard()
    asyncio.run(improve(broken, heard))
    assert any(line.startswith("rounds 3 to 3 have no checkpoint") for line in heard.lines)
    assert contents(broken.folder) == contents(whole.folder)
    assert not RunFolder(broken.folder).between.exists()
    assert RunFolder(broken.folder).rounds() == [4, 5]


def test_a_round_that_gives_another_policy_the_second_time_is_refused(tmp_path: Path) -> None:
    recipe = seldom(tmp_path, "run")
    killed(recipe, "round 4: train", tmp_path)
    with Store.open(recipe.folder) as store:
        row = store.policies()[3]
        assert not row.kept
        store.add_policy(replace(row, policy="0" * 16))
    with pytest.raises(JournalError, match="round 3: trained again it gives policy"):
        asyncio.run(improve(recipe))


@pytest.mark.parametrize(
    ("save_every", "kept"), [pytest.param(1, {3, 4}, marks=pytest.mark.slow), (3, {4})]
)
def test_only_the_newest_checkpoints_are_kept(
    tmp_path: Path, save_every: int, kept: set[int]
) -> None:
    rounds = {"count": 4, "prompts": 5, "on_empty": "skip", "save_every": save_every}
    recipe = tiny(tmp_path, rounds=rounds)
    asyncio.run(improve(recipe))
    assert kept <= set(RunFolder(recipe.folder).rounds()) <= {3, 4}
    with Store.open(recipe.folder, read_only=True) as store:
        known = {round: row.kept for round, row in store.policies().items() if round}
    assert {round for round, there in known.items() if there} == set(
        RunFolder(recipe.folder).rounds()
    )
    assert len(asyncio.run(improve(recipe))) == 5


@pytest.mark.parametrize(
    "trainer", [GROUP, pytest.param(PPO, marks=pytest.mark.slow)], ids=["grpo", "ppo"]
)
def test_a_policy_between_two_checkpoints_is_in_memory_alone(
    tmp_path: Path, trainer: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    gather = loop.gather_batch
    between: list[bool] = []

    async def nothing_at_last(
        run: Run, round: int, policy: Checkpoint, earlier: Earlier
    ) -> Sequence[Example]:
        batch = await gather(run, round, policy, earlier)
        between.append(run.folder.between.is_dir())
        return batch if round < 4 else []

    monkeypatch.setattr(loop, "gather_batch", nothing_at_last)
    rounds = {"count": 4, "prompts": 5, "save_every": 4}
    recipe = tiny(tmp_path, rounds=rounds, trainer=trainer)
    asyncio.run(improve(recipe))
    # The first one is written, which shows how the others would be.
    assert between == [False, True, True, True]
    folder = RunFolder(recipe.folder)
    with Store.open(recipe.folder, read_only=True) as store:
        names = [store.policies()[round].policy for round in (1, 2, 3, 4)]
    assert len(set(names)) == 3 and names[3] == names[2]
    assert policy_hash(folder.checkpoint(4)) == names[3]
