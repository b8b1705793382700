"""A journal that is made compact holds the same, in less room, whenever its writer is killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.records import Candidate, MathProblem, MathReference, Verdict
from veritune.store import Store
from veritune.store.pages import PAGE

PROBLEMS = [
    MathProblem(id=f"p{i}", prompt="1+1", reference=MathReference(answer="2")) for i in range(200)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A journal most of whose rows were deleted."""
    run = tmp_path / "run"
    run.mkdir()
    with Store.open(run) as store:
        store.begin({}, {"train": PROBLEMS})
        for round in range(1, 7):
            rows = [
                (
                    Candidate(problem_id=problem.id, index=0, text=f"{i}{i * 7919}" * 60),
                    Verdict(problem_id=problem.id, index=0, outcome="passed", score=1.0, reason=""),
                )
                for i, problem in enumerate(PROBLEMS)
            ]
            store.add_verified(f"train/{round}", rows)
        store.drop_after(1)
    return run


def size(folder: Path) -> int:
    return (folder / "journal.sqlite").stat().st_size


def contents(folder: Path) -> list[tuple[str, str]]:
    with Store.open(folder) as store:
        store.check_structure()
        return [(p.id, c.text) for p, c, _ in store.verified("train/1")]


def test_room_of_deleted_rows_is_given_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, held = size(folder), contents(folder)
    assert main(["compact", str(folder)]) == 0
    assert "MB ->" in capsys.readouterr().out
    assert size(folder) < 0.8 * before
    assert contents(folder) == held and len(held) == len(PROBLEMS)
    assert main(["compact", str(folder.parent / "none")]) == 2


@pytest.mark.parametrize("where", ["noted", "moved"])
def test_a_kill_in_the_middle_leaves_a_whole_journal(folder: Path, where: str) -> None:
    """Before the commit is listed in `journal.pages`, and before the list is written anew."""
    before, held = size(folder), contents(folder)
    name = {"noted": "PageLog.note", "moved": "PageLog.shorten"}[where]
    code = (
        "import os, sys\n"
        "from veritune.store import Store\n"
        "from veritune.store.pages import PageLog\n"
        "store = Store.open(sys.argv[1])\n"
        f"{name} = lambda *_, **__: os._exit(9)\n"
        "store.compact()\nstore.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert done.returncode == 9
    assert contents(folder) == held
    with Store.open(folder) as store:
        store.compact()
    assert contents(folder) == held and size(folder) < before


def test_a_compact_journal_that_is_cut_short_is_noticed(folder: Path) -> None:
    with Store.open(folder) as store:
        store.compact()
    with (folder / "journal.sqlite").open("r+b") as stream:
        stream.truncate(size(folder) - PAGE)
    with pytest.raises(Exception, match="pages are missing"):
        Store.open(folder)
