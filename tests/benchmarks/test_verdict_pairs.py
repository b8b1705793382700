"""Two sets of verdicts against each other, with figures worked out by hand or by scipy."""

import json
from pathlib import Path

import pytest
from scipy.stats import binomtest

from veritune.benchmarks import compare_verdicts
from veritune.benchmarks.mcnemar import mcnemar
from veritune.cli import main
from veritune.errors import RecordError
from veritune.files import write_records
from veritune.records import Outcome, Verdict

LETTERS: dict[str, Outcome] = {"p": "passed", "f": "failed", "e": "error"}
SCORES = {"passed": 1.0, "failed": 0.0, "error": None}


def write(path: Path, letters: str, *, per_problem: int = 2) -> str:
    """A verdict for each letter; `.` leaves one out."""
    write_records(
        path,
        [
            Verdict(
                problem_id=f"q{at // per_problem}",
                index=at % per_problem,
                outcome=LETTERS[letter],
                score=SCORES[LETTERS[letter]],
                reason=f"because {letter}",
            )
            for at, letter in enumerate(letters)
            if letter != "."
        ],
    )
    return str(path)


@pytest.mark.parametrize("b, c", [(0, 0), (0, 5), (1, 8), (10, 10), (600, 700), (3, 4000)])
def test_mcnemar_is_the_exact_sign_test(b: int, c: int) -> None:
    expected = binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    assert mcnemar(b, c) == pytest.approx(expected, rel=1e-9, abs=1e-300)
    assert mcnemar(c, b) == mcnemar(b, c)


def test_what_two_files_share_is_compared(tmp_path: Path) -> None:
    a = write(tmp_path / "A.jsonl", "ppppffffe.")
    b = write(tmp_path / "B.jsonl", "ppffpfff.p")
    found = compare_verdicts(a, b)
    assert (found.shared, found.only) == (8, (1, 1))
    assert found.only_passed == (2, 1) and found.agreement.value == 5 / 8
    assert [rate.value for rate in found.pass_rates] == [4 / 8, 3 / 8]
    assert found.p_value == 1.0
    # By problem the differences are 0, -2, 1, 0 of two candidates each.
    difference = found.difference()
    assert difference is not None and difference[0] == -1 / 8
    spread = sum((d - 2 * difference[0]) ** 2 for d in (0, -2, 1, 0))
    half = 1.959963984540054 * (4 / 3 * spread) ** 0.5 / 8
    assert difference[2] - difference[0] == pytest.approx(half)


def test_verifier_errors_are_shown_and_not_tested(tmp_path: Path) -> None:
    found = compare_verdicts(
        write(tmp_path / "A.jsonl", "pepf"), write(tmp_path / "B.jsonl", "eepp")
    )
    assert found.outcomes["passed", "error"] == 1 and found.outcomes["error", "error"] == 1
    assert found.scored == 2 and found.only_passed == (0, 1)
    assert found.agreement.value == 2 / 4


def test_files_that_cannot_be_compared(tmp_path: Path) -> None:
    a, b = write(tmp_path / "A.jsonl", "pp"), write(tmp_path / "B.jsonl", "..pp")
    with pytest.raises(RecordError, match="no verdict is on a candidate of"):
        compare_verdicts(a, b)
    Path(b).write_text(2 * Path(a).read_text())
    with pytest.raises(RecordError, match=r"two verdicts on candidate 'q0' 0"):
        compare_verdicts(a, b)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write(tmp_path / "A.jsonl", "ppppffffe")
    b = write(tmp_path / "B.jsonl", "ppffpfff")
    out = tmp_path / "D.jsonl"
    assert main(["compare", a, b, "--first", "1", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "left out: 1 are only in A, 0 only in B" in said
    assert "1 of 3 disagreements" in said and said.count("B failed: because f") == 1
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(row["problem_id"], row["index"]) for row in rows] == [("q1", 0), ("q1", 1), ("q2", 0)]
    assert rows[0]["a"] == {"outcome": "passed", "reason": "because p"}
    assert main(["compare", a, b, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["table"]["passed"]["failed"] == 2 and figures["mcnemar_p"] == 1.0
    assert main(["compare", a]) == 2 and main(["compare", a, str(tmp_path / "none.jsonl")]) == 2
    heard = capsys.readouterr().err
    assert "missing: B" in heard and "no such file" in heard


def test_an_input_is_never_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("A.jsonl"), "pp")
    write(Path("B.jsonl"), "pf")
    Path("link.jsonl").symlink_to("B.jsonl")
    before = Path("B.jsonl").read_bytes()
    for out in ("A.jsonl", "B.jsonl", "./B.jsonl", "link.jsonl"):
        assert main(["compare", "A.jsonl", "B.jsonl", "--out", out]) == 2
        assert f"--out: {Path(out)} is one of the files to read" in capsys.readouterr().err
    assert Path("B.jsonl").read_bytes() == before


def test_what_cannot_be_known_is_no_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = write(tmp_path / "E.jsonl", "ee")
    assert main(["compare", errors, errors, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["pass_rate_a"]["value"] is None and figures["agreement"]["value"] == 1
    # Two problems, of which one is won: no difference of rates is beyond 1.
    found = compare_verdicts(
        write(tmp_path / "A.jsonl", "pf", per_problem=1),
        write(tmp_path / "B.jsonl", "pp", per_problem=1),
    )
    difference = found.difference()
    assert difference is not None and difference[2] == 1
