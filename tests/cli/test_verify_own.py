"""`veritune verify` with own code, and what it says of truncated candidates."""

import json
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.config import VerifierConfig, VerifierPart

OWN = "def verify(problem, candidate):\n    return candidate.index == 0\n"


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    problem = {"id": "p", "kind": "math", "prompt": "?", "reference": {"answer": "1"}}
    rows = [{"problem_id": "p", "index": i, "text": "1"} for i in range(4)]
    rows[3]["finish_reason"] = "length"
    Path("P.jsonl").write_text(json.dumps(problem) + "\n")
    Path("C.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("own.py").write_text(OWN)
    files = ["--problems", "P.jsonl", "--candidates", "C.jsonl", "--out", "V.jsonl"]
    return ["verify", *files, "--type", "own.py:verify"]


def test_verdicts_follow_from_the_source_of_own_code(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    said = capsys.readouterr()
    assert "1 passed, 3 failed" in said.out + said.err
    assert "warning: 1 of 4 candidates (25%) were truncated" in said.out + said.err
    assert main(words) == 0  # There is nothing left to do.
    Path("own.py").write_text(OWN.replace("== 0", "!= 0"))
    assert main(words) == 2
    assert "another own_code" in capsys.readouterr().err


@pytest.mark.parametrize("out", ["V.jsonl", "-"])
def test_no_score_at_all_is_work_that_failed(
    words: list[str], out: str, capfd: pytest.CaptureFixture[str]
) -> None:
    words = [out if word == "V.jsonl" else word for word in words]
    Path("own.py").write_text("def verify(problem, candidate):\n    return float('nan')\n")
    said = "veritune: no candidate has a score; verifier error: ValueError: returned nan; a score"
    for _ in range(2):  # Also where there is nothing left to do.
        assert main(words) == 1
        last = capfd.readouterr().err.splitlines()[-1]
        assert last.startswith(said) and "(own.py:verify); mend the verifier" in last
    Path("own.py").write_text(OWN.replace("return", "assert candidate.index\n    return"))
    Path("V.jsonl").unlink(missing_ok=True)
    assert main(words) == 0  # One error of four.


def test_parts_say_who_decides_and_how_many_are_under_way() -> None:
    config = VerifierConfig(parts=(VerifierPart(type="a.py:f"), VerifierPart(type="judge")))
    assert config.deciders == ("a.py:f", "judge")
    assert config.at_once == 2 * config.judge.concurrency
    assert VerifierConfig(type="a.py:f").at_once == 2 * config.workers
