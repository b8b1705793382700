"""The store: exactly once, one writer, readable beside it."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from veritune.config import Recipe
from veritune.errors import (
    DamagedRunError,
    JournalError,
    NoRunError,
    RecipeError,
    UnwritableError,
)
from veritune.records import Candidate, MathProblem, MathReference, Problem, Verdict
from veritune.store import RunFolder, Store
from veritune.store.database import make_database
from veritune.store.folder import changed_keys, to_toml
from veritune.store.pages import PAGE, write_pages


def problem(name: str) -> Problem:
    return MathProblem(id=name, prompt="1+1", reference=MathReference(answer="2"))


def verified(name: str, index: int, outcome: str = "passed") -> tuple[Candidate, Verdict]:
    score = {"passed": 1.0, "failed": 0.0, "error": None}[outcome]
    return Candidate(problem_id=name, index=index, text="2"), Verdict(
        problem_id=name,
        index=index,
        outcome=outcome,  # type: ignore[arg-type]
        score=score,
        reason="",
    )


def test_what_is_written_twice_is_there_once(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.add_problems("train", [problem("a"), problem("b")])
        store.add_problems("train", [problem("a"), problem("b")])
        for _ in range(2):
            store.add_verified(
                "train/1", [verified("b", 0), verified("a", 1), verified("a", 0, "failed")]
            )
        rows = list(store.verified("train/1"))
        assert [(p.id, c.index, v.outcome) for p, c, v in rows] == [
            ("a", 0, "failed"),
            ("a", 1, "passed"),
            ("b", 0, "passed"),
        ]
        assert store.outcomes("train/1") == {"passed": 2, "failed": 1}
        assert store.verified_keys("test/1") == set()


def test_a_commit_may_hold_what_is_there_beside_what_is_new(tmp_path: Path) -> None:
    rows = [verified("a", 0), verified("a", 1, "failed"), verified("b", 0), verified("b", 1)]
    with Store.open(tmp_path) as store:
        store.add_problems("train", [problem("a"), problem("b")])
        store.add_candidates("train/1", [rows[1][0]])
        store.add_verified("train/1", rows[:1])
        store.add_verified("train/1", rows)
        found = [(c, v) for _, c, v in store.verified("train/1")]
        assert found == rows
        assert store.count_verified("train/1") == 4 and not store.unverified("train/1")
        assert store.indices("train/1") == {"a": [0, 1], "b": [0, 1]}
        store.select("train/1", [("a", 1), ("b", 1)])
        chosen = [(c, v) for _, c, v in store.verified("train/1", selected=True)]
        assert chosen == [rows[1], rows[3]]


def test_sampled_but_unjudged_candidates_are_found(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.add_problems("test", [problem("a")])
        store.add_candidates("test/2", [verified("a", i)[0] for i in range(3)])
        store.add_verified("test/2", [verified("a", 1)])
        assert [c.index for c in store.unverified("test/2")] == [0, 2]
        assert store.unverified("test/1") == []


def test_metrics_are_exported_and_stay_as_they_were_written(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.put_metrics([{"round": 1, "phase": "train", "step": s, "loss": 9} for s in (2, 1)])
        store.put_metrics([{"round": 1, "phase": "train", "step": 2, "loss": 3}])
    lines = [json.loads(x) for x in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [(row["step"], row["loss"]) for row in lines] == [(1, 9), (2, 9)]


def test_one_writer_and_any_reader(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.put_metrics([{"round": 0, "phase": "evaluate"}])
        with pytest.raises(JournalError, match="another process"):
            Store.open(tmp_path)
        with Store.open(tmp_path, read_only=True) as reader:
            assert len(reader.metrics("evaluate")) == 1
    Store.open(tmp_path).close()


def test_not_a_run_and_damaged_files(tmp_path: Path) -> None:
    with pytest.raises(NoRunError, match="not a run"):
        Store.open(tmp_path, read_only=True)
    (tmp_path / "journal.sqlite").write_bytes(b"no database at all, for sure" * 100)
    for read_only in (True, False):
        with pytest.raises(JournalError, match=r"journal\.sqlite"):
            Store.open(tmp_path, read_only=read_only)


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_store import verified, problem
from veritune.store import Store
with Store.open(Path(sys.argv[1])) as store:
    store.add_problems("train", [problem("a")])
    for index in range(100000):
        store.add_verified("train/1", [verified("a", index)])
        print(index, flush=True)
"""


def test_a_killed_writer_loses_nothing_it_had_written(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), here], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for _ in range(50):
            last = writer.stdout.readline()
        time.sleep(0.05)
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().split()
    acknowledged = int(rest[-1] if rest else last)
    with Store.open(tmp_path) as store:
        assert len(store.verified_keys("train/1")) >= acknowledged
        assert {i for _, i in store.verified_keys("train/1")} >= set(range(acknowledged))


def test_what_may_change_on_resume_and_what_may_not() -> None:
    recipe, here = Recipe(), Path("here")
    more = recipe.model_copy(update={"rounds": recipe.rounds.model_copy(update={"count": 9})})
    assert changed_keys(here, to_toml(recipe), recipe) == []
    assert changed_keys(here, to_toml(recipe), more) == ["rounds.count 2 -> 9"]
    with pytest.raises(RecipeError, match="seed is 0 there and 1 here"):
        changed_keys(here, to_toml(recipe), recipe.model_copy(update={"seed": 1}))


def test_unwritable_run_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableError, match="choose another --output"):
        RunFolder(tmp_path / "file").make()


KILLED = WRITER.replace("range(100000)", "range(60)") + "    import os; os._exit(9)\n"


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The folder of a writer that was killed with all it wrote in the write-ahead log."""
    here = str(Path(__file__).parent)
    folder = tmp_path / "killed"
    folder.mkdir()
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), here], capture_output=True)
    assert done.returncode == 9
    return folder


def test_a_lost_or_shortened_write_ahead_log_is_noticed(killed: Path) -> None:
    wal = killed / "journal.sqlite-wal"
    whole = wal.read_bytes()
    for left in (None, whole[:-5000], whole[:32], b""):
        wal.unlink() if left is None else wal.write_bytes(left)
        for read_only in (True, False):
            with pytest.raises(DamagedRunError):
                Store.open(killed, read_only=read_only)
    wal.write_bytes(whole)
    with Store.open(killed) as store:
        assert len(store.keys("train/1")) == 60


def test_every_flipped_byte_is_noticed(killed: Path) -> None:
    rng = random.Random(0)
    for at_rest in (False, True):
        if at_rest:
            Store.open(killed).close()
        # Of the list of a killed writer the last group may be one that it was writing.
        for name in ("journal.sqlite", "journal.pages" if at_rest else "journal.sqlite-wal"):
            file = killed / name
            whole = file.read_bytes() if file.exists() else b""
            for _ in range(60 if whole else 0):
                data = bytearray(whole)
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
                file.write_bytes(data)
                with pytest.raises(JournalError):
                    Store.open(killed, read_only=True)
            if whole:
                file.write_bytes(whole)
    with Store.open(killed, read_only=True) as store:
        assert len(store.keys("train/1")) == 60


def test_sqlite_itself_may_move_the_log_into_the_database(killed: Path) -> None:
    db = sqlite3.connect(killed / "journal.sqlite")
    assert db.execute("select count(*) from candidates").fetchone() == (60,)
    db.close()
    assert not (killed / "journal.sqlite-wal").exists()
    with Store.open(killed) as store:
        assert len(store.keys("train/1")) == 60
    with sqlite3.connect(killed / "journal.sqlite") as db:
        db.execute("update verdicts set outcome = 'failed' where number = 7")
    db.close()
    with pytest.raises(DamagedRunError, match="is not what was written there"):
        Store.open(killed)


def test_a_long_journal_is_moved_into_its_database_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veritune.store.connection.LONGEST_WAL", 20)
    with Store.open(tmp_path) as store:
        store.add_problems("train", [problem("a")])
        for index in range(200):
            store.add_verified("train/1", [verified("a", index)])
            if index == 100:
                reader = Store.open(tmp_path, read_only=True)
                assert len(reader.keys("train/1")) == 101
    reader.close()
    with Store.open(tmp_path) as store:
        assert len(store.keys("train/1")) == 200


def test_a_journal_of_before_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        db.execute("create table problems (id text primary key)")
    db.close()
    for read_only in (True, False):
        with pytest.raises(JournalError, match="journal version 1, and this one writes 6"):
            Store.open(tmp_path, read_only=read_only)


@pytest.mark.parametrize("version", [2, 5])
def test_a_journal_of_an_earlier_version_is_refused(tmp_path: Path, version: int) -> None:
    make_database(tmp_path / "journal.sqlite")
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        db.execute(f"pragma user_version = {version}")
        db.execute("pragma journal_mode = delete")
    db.close()
    write_pages(tmp_path / "journal.sqlite")
    for read_only in (True, False):
        with pytest.raises(JournalError, match=f"journal version {version}, and this one writes 6"):
            Store.open(tmp_path, read_only=read_only)


def test_sets_are_apart_and_sets_of_one_stem_share_their_problems(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.add_problems("train/1", [problem("a"), problem("b")])
        other = MathProblem(id="a", prompt="2+2", reference=MathReference(answer="4"))
        store.add_problems("exam", [other])
        for name in ("train/1", "train/2", "exam"):
            store.add_verified(name, [verified("a", 0)])
        store.add_verified("train/2", [verified("b", 0)])
        store.select("train/2", [("b", 0)])
        assert [p.id for p, _, _ in store.verified("train/2")] == ["a", "b"]
        assert [p.prompt for p, _, _ in store.verified("exam")] == ["2+2"]
        assert store.selected("train/2") == {("b", 0)} and not store.selected("train/1")
        store.drop_after(1)
        assert sorted(store.names()) == ["exam", "train/1"]
        assert store.selected("train/2") == store.verified_keys("train/2") == set()


def test_a_structure_that_is_damaged_is_noticed_beside_the_work(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.add_problems("train", [problem(f"p{number}") for number in range(500)])
    path = tmp_path / "journal.sqlite"
    data = bytearray(path.read_bytes())
    data[-PAGE + 8 : -PAGE + 40] = b"\xff" * 32  # Where the rows of the last page begin.
    path.write_bytes(data)
    write_pages(path)
    with (
        Store.open(tmp_path, read_only=True) as store,
        pytest.raises(DamagedRunError, match=r"damaged \(.*--from-round"),
    ):
        store.check_structure()
    with Store.open(tmp_path) as store, pytest.raises(DamagedRunError, match="damaged"):
        for number in range(10_000):
            store.add_fact(f"a{number}", "later")
            time.sleep(0.001)
