"""`veritune sample` draws once, verifies if asked, and resumes after a stop."""

import json
import sqlite3
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.config import ScratchConfig
from veritune.errors import UnwritableError
from veritune.files import read_records
from veritune.models import build_scratch, save_policy
from veritune.records import Candidate, Verdict
from veritune.store.pages import write_pages


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    model, tokenizer = build_scratch(ScratchConfig(layers=1, width=16, heads=2, max_length=32), 0)
    save_policy(model, tokenizer, tmp_path / "M")
    rows = [
        {"id": f"p{i}", "kind": "math", "prompt": f"{i}+1=", "reference": {"answer": str(i + 1)}}
        for i in range(4)
    ]
    (tmp_path / "P.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    paths = [f"--{name}" for name in ("model", "problems", "out")]
    files = [str(tmp_path / name) for name in ("M", "P.jsonl", "C.jsonl")]
    pairs = [word for pair in zip(paths, files, strict=True) for word in pair]
    return ["sample", *pairs, "--n", "3", "--sampler.max-tokens", "6"]


def test_candidates_come_in_order_with_their_verdicts(words: list[str], tmp_path: Path) -> None:
    assert main(words) == 0
    plain = read_records(tmp_path / "C.jsonl", Candidate)
    assert [(c.problem_id, c.index) for c in plain] == [
        (f"p{i}", j) for i in range(4) for j in range(3)
    ]
    assert main([*words, "--verdicts", str(tmp_path / "V.jsonl")]) == 0
    assert read_records(tmp_path / "C.jsonl", Candidate) == plain
    verdicts = read_records(tmp_path / "V.jsonl", Verdict)
    assert [(v.problem_id, v.index) for v in verdicts] == [(c.problem_id, c.index) for c in plain]
    assert not (tmp_path / "C.jsonl.part").exists()


def test_prompts_that_are_too_long_are_all_named_and_may_be_left_out(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [json.loads(line) for line in (tmp_path / "P.jsonl").read_text().splitlines()]
    rows[1]["prompt"], rows[3]["prompt"] = "1" * 32, "2" * 40
    (tmp_path / "P.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    benched = ["bench", "pass-at-k", *words[1:5], *words[-2:], "--sampler.n", "2"]
    for command in (words, benched):
        assert main(command) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "2 of 4 prompts" in line and "'p1' (32 tokens), 'p3' (40 tokens)" in line
        assert "at most 32 tokens" in line and line.endswith("--prompt.overlong drop")
        assert main([*command, "--prompt.overlong", "drop"]) == 0
        assert "'p3' (40 tokens); left out" in capsys.readouterr().out
    drawn = read_records(tmp_path / "C.jsonl", Candidate)
    assert {candidate.problem_id for candidate in drawn} == {"p0", "p2"}


def test_a_stopped_sampling_resumes_and_only_with_the_same_settings(
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main(words) == 0
    whole = (tmp_path / "C.jsonl").read_text()
    (tmp_path / "C.jsonl").unlink()

    def full(*_: object) -> int:
        raise UnwritableError("C.jsonl: cannot be written (No space left on device)")

    with monkeypatch.context() as context:  # All is sampled and verified, and the disk is full.
        context.setattr("veritune.rounds.sample_files.write_records", full)
        assert main([*words, "--verdicts", str(tmp_path / "V.jsonl")]) == 2
    part = tmp_path / "C.jsonl.part"
    with sqlite3.connect(part / "journal.sqlite") as store:
        later = "where number in (select number from candidates where idx > 0)"
        store.execute(f"delete from verdicts {later}")
        store.execute("delete from candidates where idx = 2")
    store.close()
    write_pages(part / "journal.sqlite")
    assert main([*words, "--sampler.temperature", "0.5"]) == 2
    assert "unfinished sampling with another temperature" in capsys.readouterr().err
    assert main(words) == 0
    assert (tmp_path / "C.jsonl").read_text() == whole
    assert not part.exists()


def test_no_draw_is_written_over_another(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    whole = (tmp_path / "C.jsonl").read_text()
    assert main(words) == 0
    assert "already holds these candidates" in capsys.readouterr().out
    assert main([*words, "--seed", "1"]) == 2
    assert "was made with another seed" in capsys.readouterr().err
    assert (tmp_path / "C.jsonl").read_text() == whole
    at = words.index(str(tmp_path / "C.jsonl"))
    for out, says in (("C.txt", "the ending decides"), ("P.jsonl/C.jsonl", "cannot be made")):
        assert main([*words[:at], str(tmp_path / out), *words[at + 1 :]]) == 2
        assert says in capsys.readouterr().err
    new = tmp_path / "made" / "for" / "C.parquet"
    assert main([*words[:at], str(new), *words[at + 1 :]]) == 0 and new.is_file()


def test_another_draw_is_never_overwritten(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts = tmp_path / "V.jsonl"
    assert main(words) == 0
    sampled = (tmp_path / "C.jsonl").read_bytes()
    assert main([*words, "--seed", "5"]) == 2
    assert "was made with another seed; name another --out" in capsys.readouterr().err
    assert main(words) == 0
    assert "already holds these candidates" in capsys.readouterr().out
    assert main([*words, "--verdicts", str(verdicts)]) == 0  # verified, and not sampled again
    assert (tmp_path / "C.jsonl").read_bytes() == sampled and len(read_records(verdicts, Verdict))
    verdicts.write_text(verdicts.read_text() + "\n")
    assert main([*words, "--verdicts", str(verdicts)]) == 2
    assert "was changed since it was made" in capsys.readouterr().err


def test_a_model_that_is_not_what_was_saved_is_not_sampled_from(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "M" / "model.safetensors"
    weights = bytearray(path.read_bytes())
    weights[-3] ^= 4
    path.write_bytes(weights)
    assert main(words) == 2
    assert f"{path}: damaged; it is not what was saved" in capsys.readouterr().err
    (tmp_path / "M" / "manifest.json").unlink()
    assert main(words) == 0


def test_ids_must_differ(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = tmp_path / "P.jsonl"
    problems.write_text(problems.read_text() * 2)
    assert main(words) == 2
    assert "line 5: id: 'p0' is a duplicate" in capsys.readouterr().err


def test_the_first_prompt_and_truncation_are_told(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--sampler.max-tokens", "1", "--prompt.instruction", "Briefly."]) == 0
    said = capsys.readouterr()
    assert "first prompt (plain text):\n0+1=\n\nBriefly." in said.out + said.err
    assert "of 12 candidates" in said.out + said.err and "max_tokens = 1;" in said.out + said.err
