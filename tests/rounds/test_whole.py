"""A run proves that it is whole: whatever is flipped, lost or put beside it is noticed."""

import asyncio
import os
import random
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import warm
from rounds.test_loop import tiny
from warm import Warm

from veritune.cli import main
from veritune.config import Recipe
from veritune.errors import (
    DamagedRunError,
    JournalError,
    ModelError,
    RecipeError,
    UnwritableError,
    VerituneError,
)
from veritune.problems import recipe_problems
from veritune.rounds import improve
from veritune.store import RunFolder, Store
from veritune.store.folder import to_toml
from veritune.store.lock import Lock
from veritune.viewer import write_report

MORE = {"count": 3, "prompts": 20}


def run(recipe: Recipe, from_round: int | None = None) -> list[dict[str, Any]]:
    return asyncio.run(improve(recipe, from_round=from_round))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("original")
    run(tiny(home))
    return home


@pytest.fixture
def home(original: Path, tmp_path: Path) -> Path:
    """A copy of a finished run and its start, to be damaged."""
    return shutil.copytree(original, tmp_path / "home")


def policies(home: Path) -> dict[int, str]:
    with Store.open(home / "run", read_only=True) as store:
        return {round: row.policy for round, row in store.policies().items()}


def flip(file: Path, rng: random.Random) -> None:
    data = bytearray(file.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    file.write_bytes(data)


@pytest.mark.parametrize(
    "pattern",
    ["run/journal.[sp]*", "run/checkpoints/**/*", "run/[cm]*.*l*", "starts/**/*"],
)
def test_a_flipped_byte_in_any_file_is_noticed(
    original: Path, tmp_path: Path, pattern: str
) -> None:
    rng = random.Random(pattern)
    for number in range(6):
        home = shutil.copytree(original, tmp_path / str(number))
        files = sorted(p for p in home.glob(pattern) if p.is_file() and p.stat().st_size)
        file = rng.choice([p for p in files if "-shm" not in p.name])
        flip(file, rng)
        for recipe in (tiny(home), tiny(home, rounds=MORE)):
            with pytest.raises((DamagedRunError, ModelError, JournalError), match=str(home)):
                run(recipe)


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def flipped(file: Path) -> None:
    flip(file, random.Random(0))


def other_journal(file: Path) -> None:
    for old in file.parent.glob("journal.*"):
        old.unlink()
    with Store.open(file.parent) as store:
        store.begin({"config": (file.parent / "config.toml").read_text()}, {})


def older_journal(file: Path) -> None:
    with Store.open(file.parent) as store:
        store.drop_after(1)


def another_runs(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"round": 2', '"round": 1'))


@pytest.mark.parametrize(
    ("name", "damage", "lasts"),
    [
        ("journal.sqlite", Path.unlink, True),
        ("journal.sqlite", emptied, True),
        ("journal.sqlite", other_journal, True),
        ("journal.sqlite", older_journal, True),
        ("journal.pages", Path.unlink, True),
        ("journal.sqlite", flipped, True),
        ("metrics.jsonl", Path.unlink, True),
        ("metrics.jsonl", emptied, True),
        ("config.toml", Path.unlink, True),
        ("checkpoints/round-1", shutil.rmtree, True),
        ("checkpoints/round-2", shutil.rmtree, False),
        ("checkpoints/round-2", another_runs, False),
    ],
)
def test_what_is_lost_is_said_and_the_command_that_is_named_goes_on(
    home: Path, name: str, damage: Callable[[Path], object], lasts: bool
) -> None:
    before = policies(home)
    damage(home / "run" / name)
    with pytest.raises(DamagedRunError) as error:
        run(tiny(home))
    assert "\n" not in str(error.value)
    named = re.search(r"--from-round (\d+)", str(error.value))
    assert named and int(named[1]) == (2 if lasts else 1)
    rows = run(tiny(home), int(named[1]))
    assert rows[-1]["policy"] == before[2] == policies(home)[2]
    run(tiny(home))


def test_a_journal_that_begins_anew_says_what_is_compared_with(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "run/journal.sqlite").unlink()
    path = home / "recipe.toml"
    path.write_text(to_toml(tiny(home, rounds=MORE)))
    assert main(["run", str(path), "--from-round", "2"]) == 0
    said = capsys.readouterr().out
    assert "pass@1 is compared with that of round 2, measured again; " in said
    assert re.search(r"done: pass@1 \d+\.\d% of round 2 -> \d+\.\d% on", said)


def test_going_back_moves_aside_and_trains_the_same_again(home: Path) -> None:
    before = policies(home)
    run(tiny(home), 1)
    assert policies(home) == before
    aside = home / "run" / "aside-1"
    assert {p.name for p in aside.iterdir()} >= {"checkpoints", "journal.sqlite", "metrics.jsonl"}
    with pytest.raises(RecipeError, match="no whole checkpoint of it; there is 0, 1, 2"):
        run(tiny(home), 7)


def test_going_back_with_another_recipe_is_refused_before_anything_moves(home: Path) -> None:
    def files() -> list[str]:
        return sorted(str(p) for p in (home / "run").rglob("*") if "sqlite-" not in p.name)

    before = files(), policies(home)
    for round in (0, 1):
        with pytest.raises(RecipeError, match=r"sampler\.n is"):
            run(tiny(home, sampler={"n": 5, "max_tokens": 8}), round)
        assert (files(), policies(home)) == before


def test_a_checkpoint_that_was_saved_just_before_a_kill_is_taken(home: Path) -> None:
    before = policies(home)
    with Store.open(home / "run") as store:
        with store._db.writing() as db:
            db.execute("delete from policies where round = 2")
            db.execute("delete from metrics where round = 2 and phase = 'evaluate'")
        store._metrics.export()
    run(tiny(home))
    assert policies(home) == before


def test_foreign_folders_are_left_alone(home: Path) -> None:
    shutil.copytree(home / "run/checkpoints/round-2", home / "run/checkpoints/round-2-best")
    run(tiny(home, rounds=MORE))
    assert (home / "run/checkpoints/round-2-best").is_dir()
    shutil.copytree(home / "run/checkpoints/round-2", home / "run/checkpoints/round-4")
    with pytest.raises(DamagedRunError, match="round-4: the journal knows no such checkpoint"):
        run(tiny(home, rounds=MORE))


def test_a_refused_process_touches_nothing(home: Path) -> None:
    lock = Lock(home / "run/journal.lock")
    before = {p: p.read_bytes() for p in (home / "run").rglob("*") if p.is_file()}
    with pytest.raises(JournalError, match="another process is working on this run"):
        run(tiny(home, rounds=MORE))
    lock.release()
    with pytest.raises(RecipeError, match=r"sampler\.n is 4 there and 5 here"):
        run(tiny(home, sampler={"n": 5, "max_tokens": 8}))
    after = {p: p.read_bytes() for p in (home / "run").rglob("*") if p.is_file()}
    assert {p: after[p] for p in before} == before


def test_what_may_change_does_and_is_measured_beside_what_was(home: Path) -> None:
    rows = run(tiny(home, evaluation={"n": 3, "k": 1}, verifier={"workers": 1}))
    assert [(row["round"], row["n"], row["k"]) for row in rows] == [(0, 2, 2), (1, 2, 2), (2, 3, 1)]
    with Store.open(home / "run") as store:
        assert [row["n"] for row in store.metrics("evaluate")] == [2, 2, 2, 3]
        with pytest.raises(JournalError, match="was measured of policy"):
            store.put_metrics([rows[-1] | {"policy": "of other weights"}])


def test_problems_that_changed_under_the_same_path_are_refused(tmp_path: Path) -> None:
    train, test = recipe_problems(tiny(tmp_path).problems, 0)
    files = {}
    for name, problems in (("train", train), ("test", test)):
        files[name] = tmp_path / f"{name}.jsonl"
        files[name].write_text("".join(f"{p.to_line()}\n" for p in problems))
    given = {"source": "veritune", "train": 40, "test": 10}
    given |= {"path": str(files["train"]), "test_path": str(files["test"])}
    recipe = tiny(
        tmp_path, problems=given, warm_start={"demonstrations": 0}, rounds={"prompts": 10}
    )
    with pytest.raises(VerituneError, match="none of 40 candidates"):
        run(recipe)
    files["train"].write_text(files["train"].read_text().replace(train[3].id, "another"))
    with pytest.raises(RecipeError, match=r"1 are new.*1 are gone"):
        run(recipe)


STARTER = """
import sys
import time
from pathlib import Path
from veritune.config import load_recipe
from veritune.rounds.start import start_policy
from veritune.rounds.progress import NullProgress
print(start_policy(load_recipe(Path(sys.argv[1])), NullProgress()).policy)
"""


@pytest.mark.slow
def test_arms_that_begin_together_share_one_start(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    warm_start = {"demonstrations": 20, "max_steps": 5}
    recipe.write_text(to_toml(tiny(tmp_path, begun=False, warm_start=warm_start)))
    arms = [Warm("-c", STARTER, recipe) for _ in range(4)]
    assert [arm.wait() for arm in arms] == [0] * 4
    assert len({arm.printed() for arm in arms}) == 1
    assert len(list((tmp_path / "starts").iterdir())) == 1


@pytest.mark.slow
def test_a_signal_that_ends_a_run_is_named_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(to_toml(tiny(tmp_path)))
    for sign in (signal.SIGHUP, signal.SIGTERM):
        process = Warm("-m", "veritune", "run", path, "--name", sign.name)
        while not (tmp_path / sign.name / "journal.sqlite").exists():
            time.sleep(0.05)
        process.send(sign)
        assert process.wait() == 128 + sign
        line = f"veritune: stopped by {sign.name}; run the same command again to resume\n"
        assert process.said() == line
        with Store.open(tmp_path / sign.name) as store:
            assert store.run_id


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_finished_run_is_read_from_a_read_only_medium(home: Path, tmp_path: Path) -> None:
    folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o555)
    try:
        assert run(tiny(home))[-1]["round"] == 2
        assert write_report([home / "run"], tmp_path / "page.html").is_file()
        with pytest.raises(UnwritableError, match="cannot be written"):
            run(tiny(home, rounds=MORE))
    finally:
        for path in folders:
            path.chmod(0o755)


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
from veritune.cli import main
sys.exit(main(["run", sys.argv[2]]))
"""


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_the_run_is_resumed_when_there_is_room(
    original: Path, tmp_path: Path
) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(to_toml(tiny(tmp_path, begun=False)))
    for limit in (300, 5_000, 40_000, 90_000):
        done = warm.run("-c", LIMITED, limit, path)
        assert done.poll() in (1, 2), done.printed()
        assert done.said().count("\n") == 1 and "Traceback" not in done.said(), done.said()
    run(tiny(tmp_path))
    assert policies(tmp_path) == policies(original)
    assert RunFolder(tmp_path / "run").rounds() == [1, 2]
