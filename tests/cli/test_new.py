"""What `veritune new` writes runs as it is."""

from pathlib import Path

import pytest

from veritune.cli import main
from veritune.config import load_recipe
from veritune.problems import read_file


def test_a_new_verifier_verifies_new_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "problems", "problems.jsonl"]) == 0
    assert main(["new", "verifier", "checks.py"]) == 0
    assert main(["new", "recipe", "my.toml"]) == 0
    assert len(read_file("problems.jsonl").problems) == 5
    assert main(["validate", "problems.jsonl", "--type", "checks.py:verify"]) == 0
    assert "5/5 passed" in capsys.readouterr().out
    recipe = load_recipe(Path("my.toml"))
    assert recipe.name == "my" and recipe.problems.source == "file"
    assert [part.weight for part in recipe.verifier.parts] == [0.9, 0.1]


def test_nothing_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("mine")
    for words in (["verifier", "a.py"], ["verifier", "a.txt"], ["verifier"], ["sandwich", "a"]):
        assert main(["new", *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert Path("a.py").read_text() == "mine"
