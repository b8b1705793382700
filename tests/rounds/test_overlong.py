"""Prompts that are too long for the model are named before a run draws anything."""

import json
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.config import Recipe, check_recipe
from veritune.errors import InputError
from veritune.rounds.overlong import run_problems
from veritune.rounds.progress import NullProgress
from veritune.rounds.resume import begin_or_resume, open_store
from veritune.rounds.start import teaching_examples
from veritune.store import RunFolder


def recipe(folder: Path, **change: object) -> Recipe:
    """Twelve problems, of which 3, 7 and 11 are too long."""
    long = {3: 40, 7: 50, 11: 60}
    texts = [f"{i}+1=".ljust(long.get(i, 0), str(i)[0]) for i in range(12)]
    rows = [
        {"id": f"p{i}", "question": text, "solution": f"#### {i}"} for i, text in enumerate(texts)
    ]
    (folder / "P.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    values: dict[str, object] = {
        "output": str(folder),
        "model": {"scratch": {"layers": 1, "width": 32, "heads": 2, "max_length": 40}},
        "problems": {"path": str(folder / "P.jsonl"), "train": 8, "test": 4},
    }
    return check_recipe(values | change, "test")


def test_all_of_both_splits_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="3 of 12 prompts") as caught:
        run_problems(recipe(tmp_path), lambda text: None)
    told = str(caught.value)
    assert all(f"'p{i}' ({n} tokens)" in told for i, n in ((3, 40), (7, 50), (11, 60)))
    assert "training" in told and "held-out" in told and "--prompt.overlong drop" in told


def test_they_are_left_out_where_one_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    kept = recipe(tmp_path, prompt={"overlong": "drop"}, warm_start={"demonstrations": 8})
    train, test = run_problems(kept, said.append)
    assert len(train) + len(test) == 9 and "3 of 12 prompts" in said[-1]
    assert {one.problem.id for one in teaching_examples(kept)} <= {p.id for p in train}


def test_nothing_left_is_one_line(tmp_path: Path) -> None:
    scratch = {"layers": 1, "width": 32, "heads": 2, "max_length": 3}
    tight = recipe(tmp_path, model={"scratch": scratch}, prompt={"overlong": "drop"})
    with pytest.raises(InputError, match="no training prompt fits the model"):
        run_problems(tight, lambda text: None)


def test_a_dry_run_and_a_run_refuse_them_and_leave_nothing_in_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe(tmp_path)
    (tmp_path / "r.toml").write_text(
        f"""output = "{tmp_path}"
model.scratch = {{layers = 1, width = 32, heads = 2, max_length = 40}}
problems = {{path = "{tmp_path / "P.jsonl"}", train = 8, test = 4}}
"""
    )
    words = ["run", str(tmp_path / "r.toml")]
    for command in ([*words, "--dry-run"], words):
        assert main(command) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "3 of 12 prompts" in line
    assert main([*words, "--prompt.overlong", "drop", "--dry-run"]) == 0
    assert "left out" in capsys.readouterr().out
    kept = recipe(tmp_path, prompt={"overlong": "drop"})
    with open_store(RunFolder(kept.folder)) as store:
        train, test = begin_or_resume(kept, store, NullProgress())
    assert len(train) + len(test) == 9
