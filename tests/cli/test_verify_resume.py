"""`veritune verify` resumes after a kill, and never overwrites the output of other inputs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.files import read_records
from veritune.records import Verdict

COUNT = 3000


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    problems = [
        {"id": f"p{i}", "kind": "math", "prompt": "?", "reference": {"answer": str(i)}}
        for i in range(10)
    ]
    candidates = [
        {"problem_id": f"p{i % 10}", "index": i // 10, "text": f"so it is \\boxed{{{i % 7}}}"}
        for i in range(COUNT)
    ]
    for name, rows in (("P", problems), ("C", candidates)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    names = [("problems", "P.jsonl"), ("candidates", "C.jsonl"), ("out", "V.jsonl")]
    return ["verify", *(w for key, name in names for w in (f"--{key}", str(tmp_path / name)))]


def check(out: Path) -> None:
    verdicts = read_records(out, Verdict)
    assert [(v.problem_id, v.index) for v in verdicts] == [
        (f"p{i % 10}", i // 10) for i in range(COUNT)
    ]
    assert [v.outcome == "passed" for v in verdicts] == [i % 7 == i % 10 for i in range(COUNT)]


def test_a_killed_command_resumes(words: list[str], tmp_path: Path, capsys: object) -> None:
    part = tmp_path / "V.jsonl.part"
    process = subprocess.Popen([sys.executable, "-m", "veritune", *words])
    while process.poll() is None and not (part.exists() and part.stat().st_size > 20_000):
        time.sleep(0.01)
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    torn = part.read_bytes()
    part.write_bytes(torn + b"0badc0de 2999 passed {")
    whole = torn[: torn.rfind(b"\n")].count(b"\n")
    assert not (tmp_path / "V.jsonl").exists()
    again = subprocess.run(
        [sys.executable, "-m", "veritune", *words], capture_output=True, text=True, check=True
    )
    assert f"resuming: {whole} candidates" in again.stdout
    check(tmp_path / "V.jsonl")
    assert not part.exists()


def test_a_damaged_line_is_verified_again(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    made = json.loads((tmp_path / ".V.jsonl.made-of").read_text())["made_of"]
    from veritune.store import Partial

    part = tmp_path / "V.jsonl.part"
    with Partial(part, made, COUNT) as partial:
        for at, verdict in enumerate(read_records(tmp_path / "V.jsonl", Verdict)[:100]):
            partial.add(at, verdict)
    (tmp_path / "V.jsonl").unlink()
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    assert main(words) == 0
    heard = capsys.readouterr().out
    assert "1 damaged lines" in heard and "resuming: 99 " in heard
    check(tmp_path / "V.jsonl")


def test_other_inputs_and_options_are_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    assert main(words) == 0  # There is nothing left to do.
    before = (tmp_path / "V.jsonl").read_bytes()
    assert main([*words, "--partial-credit"]) == 2
    assert "another partial_credit" in capsys.readouterr().err
    candidates = tmp_path / "C.jsonl"
    candidates.write_text(candidates.read_text().replace("so it", "So it"))
    assert main(words) == 2
    assert "another candidates" in capsys.readouterr().err
    assert (tmp_path / "V.jsonl").read_bytes() == before
    assert main([*words[:-1], str(candidates)]) == 2
    assert "one of the files to read" in capsys.readouterr().err
    stranger = tmp_path / "mine.jsonl"
    stranger.write_text("mine")
    assert main([*words[:-1], str(stranger)]) == 2
    assert "exists" in capsys.readouterr().err and stranger.read_text() == "mine"
    assert main([*words[:-1], str(tmp_path / "new" / "V.jsonl")]) == 0
    assert (tmp_path / "new" / "V.jsonl").exists()


def test_candidates_that_stand_twice_or_are_of_no_problem(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    candidates = tmp_path / "C.jsonl"
    lines = candidates.read_text().splitlines(keepends=True)
    candidates.write_text("".join(lines + lines[:12]))
    assert main(words) == 2
    heard = capsys.readouterr().err
    assert "12 candidates stand twice: 'p0' 0 (line 3001)" in heard and "and 2 more" in heard
    candidates.write_text("".join(lines).replace('"p3"', '"q3"'))
    assert main(words) == 2
    heard = capsys.readouterr().err
    assert "300 candidates of problems that are not in" in heard and heard.count("\n") == 1
    assert not (tmp_path / "V.jsonl.part").exists()


@pytest.mark.parametrize("ending", ["jsonl.zst", "parquet"])
def test_other_formats_come_out_in_order(words: list[str], tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"V.{ending}"
    assert main([*words[:-1], str(out)]) == 0
    check(out)
