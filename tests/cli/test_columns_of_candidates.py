"""Candidates in columns of any name, and problems that have no known answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.problems import read_problems

PROBLEMS = [f'{{"id": "{name}", "prompt": "A line about {name}."}}' for name in ("rain", "wind")]
OWN = """
def verify(problem, candidate):
    return problem.id in candidate.text
"""
NAMED = ["--columns.problem-id", "thema", "--columns.text", "zeilen"]
NONE = ["--columns.answer", "none"]
VERIFY = ["verify", "--problems", "p.jsonl", "--candidates", "c.jsonl", "--type", "own.py:verify"]
Lines = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Prompts without answers, an own verifier, and candidates in columns of German names."""
    monkeypatch.chdir(tmp_path)
    Path("p.jsonl").write_text("\n".join(PROBLEMS) + "\n")
    Path("own.py").write_text(OWN)
    rows = [{"thema": "rain", "zeilen": ["rain falls", "it pours"]}, {"thema": "wind"}]
    rows[1]["zeilen"] = "a wind"
    Path("c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def outcomes(text: str) -> list[tuple[str, int, str]]:
    rows = map(json.loads, text.splitlines())
    return [(row["problem_id"], row["index"], row["outcome"]) for row in rows]


EXPECTED = [("rain", 0, "passed"), ("rain", 1, "failed"), ("wind", 0, "passed")]


def test_own_code_decides_on_prompts_without_answers(here: Path, capsys: Lines) -> None:
    assert main([*VERIFY, "--out", "v.jsonl"]) == 2
    said = capsys.readouterr().err
    assert "no answer found" in said and "or --columns.answer none where own code" in said
    assert main([*VERIFY, "--out", "v.jsonl", *NONE]) == 2
    said = capsys.readouterr().err
    assert "the row has thema, zeilen; say where it stands: --columns.problem-id COLUMN" in said
    assert said.count("\n") == 1
    assert main([*VERIFY, "--out", "v.jsonl", *NONE, *NAMED]) == 0
    assert outcomes(Path("v.jsonl").read_text()) == EXPECTED
    capsys.readouterr()
    assert main([*VERIFY, "--out", "v.jsonl", *NONE, *NAMED]) == 0
    assert "already holds" in capsys.readouterr().out
    # Others read the same files by the same names.
    files = ["--problems", "p.jsonl", "--candidates", "c.jsonl", *NONE, *NAMED]
    assert main(["audit", "v.jsonl", *files, "--out", "a.jsonl", "--n", "2"]) == 0
    assert len(Path("a.jsonl").read_text().splitlines()) == 3


def test_the_same_from_a_stream(here: Path) -> None:
    words = ["verify", "--problems", "p.jsonl", "--candidates", "-", "--out", "-"]
    done = subprocess.run(
        [sys.executable, "-m", "veritune", *words, "--type", "own.py:verify", *NONE, *NAMED],
        input=Path("c.jsonl").read_text(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert outcomes(done.stdout) == EXPECTED


def test_rules_say_what_they_lack_and_decide_nothing(here: Path, capsys: Lines) -> None:
    words = [*VERIFY[:5], "--out", "v.jsonl", *NONE, *NAMED]
    assert main(words) == 1
    assert "the problem has no known answer; let own code, a judge" in capsys.readouterr().err
    assert {outcome for _, _, outcome in outcomes(Path("v.jsonl").read_text())} == {"error"}


RECIPE = """
threads = 1
[model.scratch]
layers = 1
width = 16
heads = 2
max_length = 64
[problems]
source = "veritune"
path = "p.jsonl"
train = 1
test = 1
columns.answer = "none"
"""
REFUSED = "rules compare with a known answer, and no problem has one; name own code, a judge or"


def test_a_run_whose_verdicts_would_all_be_errors_is_refused_at_its_start(
    here: Path, capsys: Lines
) -> None:
    Path("r.toml").write_text(RECIPE)
    for words in (["--dry-run"], []):
        assert main(["run", "r.toml", *words]) == 2
        said = capsys.readouterr().err
        assert f"verifier.type: {REFUSED}" in said
    assert main(["run", "r.toml", "--dry-run", "--verifier.type", "own.py:verify"]) == 0
    asked = ["bench", "pass-at-k", "--problems", "p.jsonl", "--model", "none", *NONE]
    capsys.readouterr()
    assert main(asked) == 2
    assert f"--type: {REFUSED}" in capsys.readouterr().err


def test_a_column_called_none_is_a_column(here: Path) -> None:
    from veritune.config import ColumnsConfig

    Path("p.jsonl").write_text('{"prompt": "1 + 1?", "none": "2"}\n')
    (problem,) = read_problems("p.jsonl", ColumnsConfig(answer="none"))
    assert problem.reference.answer == "2"  # type: ignore[union-attr]


def test_the_right_option_is_named_for_a_recipes_key(here: Path, capsys: Lines) -> None:
    assert main([*VERIFY[:5], "--out", "v.jsonl", "--verifier.type", "judge"]) == 2
    assert "no option --verifier.type; did you mean --type?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["response", "output", "completion", "completions"])
def test_a_task_id_goes_with_every_usual_name_of_a_text(
    here: Path, name: str, capsys: Lines
) -> None:
    rows = [{"task_id": "rain", name: ["rain falls", "it pours"]}, {"task_id": "wind", name: ["a"]}]
    Path("c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main([*VERIFY, "--out", "v.jsonl", *NONE]) == 0
    made = [("rain", 0, "passed"), ("rain", 1, "failed"), ("wind", 0, "failed")]
    assert outcomes(Path("v.jsonl").read_text()) == made


def test_a_file_of_problems_is_no_file_of_candidates(here: Path, capsys: Lines) -> None:
    Path("c.jsonl").write_text('{"task_id": "rain", "prompt": "A line.", "test": "x"}\n')
    assert main([*VERIFY, "--out", "v.jsonl", *NONE]) == 2
    said = capsys.readouterr().err
    assert "the row has task_id, prompt, test; say where it stands: --columns.text COLUMN" in said


def test_ids_of_which_none_is_known_are_told_with_what_to_type(here: Path, capsys: Lines) -> None:
    Path("p.jsonl").write_text('{"nr": "rain", "prompt": "A line about rain."}\n')
    Path("c.jsonl").write_text('{"problem_id": "rain", "text": "rain falls"}\n')
    assert main([*VERIFY, "--out", "v.jsonl", *NONE]) == 2
    said = capsys.readouterr().err
    assert "'rain' (line 1); the problems have ids such as 'math-" in said
    assert "in problems with --columns.id COLUMN" in said and said.count("\n") == 1
    assert main([*VERIFY, "--out", "v.jsonl", *NONE, "--columns.id", "nr"]) == 0
