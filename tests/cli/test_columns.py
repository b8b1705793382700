"""Columns of unusual names: none is guessed, and every command that reads problems maps them."""

import re
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.config import ColumnsConfig, ScratchConfig
from veritune.errors import RecordError
from veritune.files import write_records
from veritune.models import build_scratch, save_policy
from veritune.records import Candidate, Verdict
from veritune.serve import ServeSettings, make_service

ROWS = [f"{n},What is {n} + 1?,{n + 1}" for n in range(1, 5)]
# Its answer is the longer text of the two.
ROWS.append('5,And 5 + 1?,"The answer is the number that follows five: 6"')
MAPPED = ["--columns.prompt", "frage", "--columns.answer", "antwort", "--columns.id", "nr"]
FIT = ["--max-steps", "1", "--batch-size", "4", "--warmup-steps", "0"]
VERDICTS = ["--verdicts", "v.jsonl"]
TRAIN = [*["--model", "start", "--out", "out"], *VERDICTS, *FIT]
BARE = ["--model", "start", "--out", "out", *VERDICTS]
COMMANDS = {
    "audit": (["audit", "v.jsonl", "--out", "a.jsonl"], 0, ""),
    "sft": (["train", "sft", *TRAIN], 0, ""),
    "dpo": (["train", "dpo", *TRAIN], 0, ""),
    "reward": (["train", "reward", "--kind", "outcome", *TRAIN], 0, ""),
    # What they say of candidates that were not sampled here, they say when problems are read.
    "ppo": (["train", "ppo", *BARE], 1, "no token_ids"),
    "group": (["train", "group", *BARE], 1, "no token_ids"),
    "rollouts": (
        ["bench", "rollouts", "--model", "./none", "--out", "o.jsonl"],
        2,
        "./none: no such folder",
    ),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with problems whose columns go by German names, and verified candidates."""
    monkeypatch.chdir(tmp_path)
    Path("p.csv").write_text("\n".join(["nr,frage,antwort", *ROWS]) + "\n")
    candidates, verdicts = [], []
    for n in range(1, 6):
        for index in range(2):
            key = {"problem_id": str(n), "index": index}
            candidates.append(Candidate(**key, text=str(n + 1 + index)))  # type: ignore[arg-type]
            outcome = "failed" if index else "passed"
            made = Verdict(**key, outcome=outcome, score=1.0 - index, reason="")  # type: ignore[arg-type]
            verdicts.append(made)
    write_records("c.jsonl", candidates)
    write_records("v.jsonl", verdicts)
    tiny = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
    save_policy(*build_scratch(tiny, 0), tmp_path / "start")
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_reads_problems_maps_columns(
    here: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    words, code, says = COMMANDS[name]
    words = [*words, "--problems", "p.csv", "--candidates", "c.jsonl"]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "columns are nr, frage, antwort" in said
    assert re.findall(r"--columns\S* \S+", said) == [
        "--columns.prompt COLUMN",
        "--columns.answer COLUMN",
    ]
    assert said.count("\n") == 1
    assert main([*words, *MAPPED]) == code
    said = capsys.readouterr().err
    assert says in said and "columns" not in said


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("view run --columns.prompt a", "--columns: are for a file of verdicts"),
        ("audit --labels a.jsonl --columns.prompt a", "to draw a sample, or --labels"),
        ("serve --columns.prompt a", "columns: map those of a file; give --problems"),
        ("train dpo --model start --out o --preferences h --columns.prompt a", "--columns map"),
    ],
)
def test_a_mapping_of_nothing_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], line: str, says: str
) -> None:
    Path("run").mkdir()
    assert main(line.split()) == 2
    assert says in capsys.readouterr().err


def test_the_service_reads_problems_by_mapped_columns(here: Path) -> None:
    with pytest.raises(RecordError, match="columns are nr, frage, antwort"):
        make_service(ServeSettings(problems="p.csv"), None)
    columns = ColumnsConfig(prompt="frage", answer="antwort", id="nr")
    assert make_service(ServeSettings(problems="p.csv", columns=columns), None).routes
