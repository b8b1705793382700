"""A run's candidates as rows that other trainers read."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.files import iter_rows
from veritune.problems import read_problems
from veritune.records import (
    CallCase,
    CallTests,
    Candidate,
    CodeProblem,
    CodeReference,
    MathProblem,
    MathReference,
    Problem,
    Verdict,
)
from veritune.store import Store
from veritune.store.database import make_database


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    """A run of two problems: right, wrong, truncated and undecided candidates."""
    folder = tmp_path / "run"
    folder.mkdir()
    make_database(folder / "journal.sqlite")
    tests = CallTests(entry_point="f", cases=(CallCase(args=[1], expected=2),))
    problems: list[Problem] = [
        MathProblem(id="sum", prompt="1+1=", reference=MathReference(answer="2"), prefill="It "),
        CodeProblem(
            id="code",
            prompt=[{"role": "system", "content": "Short."}, {"role": "user", "content": "f?"}],
            reference=CodeReference(tests=tests),
        ),
    ]
    rows = [
        ("sum", 0, "is 2", "passed", "stop"),
        ("sum", 1, "is 3", "failed", "stop"),
        ("sum", 2, "is 2 because", "passed", "length"),
        ("code", 0, "def f(x): return x + 1", "passed", "stop"),
        ("code", 1, "def f(", "error", "stop"),
    ]
    scores = {"passed": 1.0, "failed": 0.0, "error": None}
    with Store.open(folder) as store:
        store.begin({}, {"train": problems})
        store.add_verified(
            "train/1",
            [
                (
                    Candidate(problem_id=id, index=i, text=text, finish_reason=end),  # type: ignore[arg-type]
                    Verdict(
                        problem_id=id,
                        index=i,
                        outcome=outcome,  # type: ignore[arg-type]
                        score=scores[outcome],
                        reason="",
                    ),
                )
                for id, i, text, outcome, end in rows
            ],
        )
        store.select("train/1", [("code", 0)])
    yield folder


def exported(run: Path, *words: str, name: str = "F.jsonl") -> list[dict[str, object]]:
    out = run.parent / name
    assert main(["export", str(run), "--out", str(out), *words]) == 0
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_preferences_pair_what_passed_with_what_failed(run: Path) -> None:
    rows = exported(run, "--format", "preference")
    assert rows == [{"prompt": "1+1=", "chosen": "It is 2", "rejected": "It is 3"}]


def test_records_hold_everything(run: Path) -> None:
    rows = exported(run)
    assert [(r["problem"]["id"], r["candidate"]["index"]) for r in rows] == [  # type: ignore[index]
        ("sum", 0),
        ("sum", 1),
        ("sum", 2),
        ("code", 0),
        ("code", 1),
    ]
    assert rows[4]["verdict"]["score"] is None  # type: ignore[index]


def test_only_what_may_be_imitated_is_given_to_fine_tune_on(run: Path) -> None:
    rows = exported(run, "--format", "prompt-completion")
    assert rows == [
        {"prompt": "1+1=", "completion": "It is 2"},
        {
            "prompt": [
                {"role": "system", "content": "Short."},
                {"role": "user", "content": "f?"},
            ],
            "completion": [{"role": "assistant", "content": "def f(x): return x + 1"}],
        },
    ]
    chosen = exported(run, "--format", "prompt-completion", "--selected", name="G.jsonl")
    assert chosen == rows[1:]


def test_a_verifier_error_is_no_label(run: Path) -> None:
    rows = exported(run, "--format", "unpaired")
    assert [row["label"] for row in rows] == [True, False, True, True]
    rewards = exported(run, "--format", "openrlhf", name="G.jsonl")
    assert [row["reward"] for row in rewards] == [1.0, 0.0, 1.0, 1.0]


def test_verl_reads_the_problems_back(run: Path) -> None:
    out = run.parent / "problems.parquet"
    assert main(["export", str(run), "--format", "verl", "--out", str(out)]) == 0
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(out).to_pylist()
    assert [row["extra_info"]["pass_rate"] for row in rows] == [2 / 3, 1.0]
    assert rows[0]["reward_model"] == {"style": "rule", "ground_truth": "2"}
    (math,) = [p for p in read_problems(out) if isinstance(p, MathProblem)][:1]
    assert math.reference.answer == "2"


def test_empty_and_differing_parts_are_written_to_parquet(run: Path) -> None:
    """The problems' metadata is {}, and an Arrow struct without a field cannot be written."""
    out = run.parent / "records.parquet"
    assert main(["export", str(run), "--out", str(out)]) == 0
    rows = [row for _, row in iter_rows(out)]
    wanted = exported(run)
    assert [row["problem"]["metadata"] for row in rows] == ["{}"] * 5  # type: ignore[index]
    for got, want in zip(rows, wanted, strict=True):
        for name, part in want.items():
            packed = got[name]
            assert isinstance(packed, dict) and isinstance(part, dict)
            for key, value in part.items():
                text = packed[key]
                assert (json.loads(text) if text != value else text) == value, (name, key)


@pytest.mark.parametrize("format", ["unpaired", "preference", "openrlhf", "prompt-completion"])
def test_every_format_has_parquet_or_says_why_not(
    run: Path, capsys: pytest.CaptureFixture[str], format: str
) -> None:
    out = run.parent / "rows.parquet"
    code = main(["export", str(run), "--format", format, "--out", str(out)])
    if format in ("unpaired", "prompt-completion"):
        # A prompt that is text beside one of messages.
        assert code == 2 and not out.exists()
        assert "rows differ in shape, which parquet cannot hold" in capsys.readouterr().err
    else:
        assert code == 0
        assert [row for _, row in iter_rows(out)] == exported(run, "--format", format)


def test_wrong_requests_are_one_line(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(run.parent / "F.jsonl")
    assert main(["export", str(run), "--set", "train/9", "--out", out]) == 2
    assert "has no set 'train/9'; there are: train/1" in capsys.readouterr().err
    assert main(["export", str(run)]) == 2
    assert main(["export", str(run.parent / "none"), "--out", out]) == 2
    assert not Path(out).exists()
