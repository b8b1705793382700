"""A verifier that was mended is heard by the same command, and one that changed is never silent."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from test_loop import contents, tiny

from veritune.config import Recipe
from veritune.errors import TrainingError
from veritune.rounds import improve
from veritune.rounds.progress import NullProgress
from veritune.store import Store

RIGHT = """
from veritune.verifiers import rewards

def verify(problem, candidate):
    answer = candidate.text.rsplit(" ", 1)[-1].strip().strip(".")
    return bool(answer) and int(answer.encode()[-1]) % 2 == 0
"""
BROKEN = "def verify(problem, candidate):\n    return candidate.nothing\n"
# An error for some candidates alone.
HALF = RIGHT.replace("    answer", "    assert candidate.index % 2, 'down'\n    answer", 1)


class Said(NullProgress):
    """What a run said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def about(self, word: str) -> list[str]:
        return [line for line in self.lines if word in line]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "own.py"


def recipe(output: Path, **rounds: object) -> Recipe:
    verifier = {"type": "own.py:verify", "workers": 1}
    return tiny(output, verifier=verifier, rounds={"count": 1, "prompts": 10} | rounds)


def run(asked: Recipe) -> Said:
    said = Said()
    asyncio.run(improve(asked, said))
    return said


def outcomes(asked: Recipe, name: str) -> dict[str, int]:
    with Store.open(asked.folder, read_only=True) as store:
        return store.outcomes(name)


def test_a_mended_verifier_gives_the_run_that_it_would_have_given(own: Path) -> None:
    asked = recipe(own.parent / "mended")
    own.write_text(BROKEN)
    with pytest.raises(TrainingError, match=r"^test/0: every verdict .*no attribute 'nothing'"):
        run(asked)
    assert outcomes(asked, "test/0") == {"error": 20}
    own.write_text(RIGHT)
    assert run(asked).about("verdicts of test/0 are made again")
    own.write_text(RIGHT)
    whole = recipe(own.parent / "whole")
    run(whole)
    assert contents(asked.folder) == contents(whole.folder)


def test_errors_of_an_unfinished_round_are_verified_again_by_unchanged_code(own: Path) -> None:
    asked = recipe(own.parent / "runs")
    own.write_text("import os\n" + RIGHT.replace("    answer", "    os.stat('up')\n    answer", 1))
    with pytest.raises(TrainingError, match="FileNotFoundError"):
        run(asked)
    (own.parent / "up").touch()
    assert run(asked).about("20 verifier errors of test/0 are made again")
    assert "error" not in outcomes(asked, "test/0")


def test_verdicts_of_finished_rounds_stay_and_that_is_said(own: Path) -> None:
    asked = recipe(own.parent / "runs")
    own.write_text(HALF)
    run(asked)
    before = outcomes(asked, "train/1")
    assert before["error"] == 20
    assert not run(asked).about("own.py")
    own.write_text(RIGHT)
    (line,) = run(asked).about("own.py")
    assert line.startswith("warning: own.py changed since the verdicts of rounds 0 to 1; they stay")
    more = recipe(own.parent / "runs", count=2)
    (line,) = run(more).about("own.py")
    assert "rounds 0 to 1; they stay" in line
    assert outcomes(asked, "train/1") == before
    assert set(outcomes(asked, "train/2")) <= {"passed", "failed"}


def test_a_round_in_which_nothing_could_be_selected_is_verified_again(own: Path) -> None:
    asked = recipe(own.parent / "runs")
    fails = "    if problem.id in open('train').read():\n        assert candidate.index, 'down'\n"
    never = f"{fails}        return False\n    answer"
    (own.parent / "train").write_text("")
    own.write_text(RIGHT)
    run(recipe(own.parent / "ids"))
    with Store.open(recipe(own.parent / "ids").folder, read_only=True) as store:
        (own.parent / "train").write_text(" ".join(p.id for p in store.problems("train")))
    own.write_text(RIGHT.replace("    answer", never, 1))
    with pytest.raises(TrainingError, match="none of 40 candidates was selected"):
        run(asked)
    assert outcomes(asked, "train/1") == {"error": 10, "failed": 30}
    own.write_text(RIGHT)
    said = run(asked)
    assert said.about("warning: own.py changed since the verdicts of round 0; they stay")
    assert said.about("40 verdicts of train/1 are made again")
    with Store.open(asked.folder, read_only=True) as store:
        rows = store.metrics("sample")
        assert [(row["errors"], row.get("step", 0)) for row in rows] == [(10, 0), (0, 1)]
        selected = store.selected("train/1")
        passed = [v for _, _, v in store.verified("train/1") if v.outcome == "passed"]
        assert len(selected) == rows[-1]["selected"] and 0 < len(selected) <= len(passed)
