"""Record files: every format in and out, and one line for every kind of damage."""

from dataclasses import replace
from pathlib import Path

import pytest

from veritune.errors import InputError, MissingFileError, RecordError, UnwritableError
from veritune.files import iter_records, read_records, write_records
from veritune.problems import read_problems
from veritune.records import (
    CallCase,
    CallTests,
    Candidate,
    CodeProblem,
    CodeReference,
    MathProblem,
    MathReference,
    StepVerdict,
    Verdict,
)

PROBLEMS = [
    MathProblem(id="a", prompt="1+1\n=", reference=MathReference(answer="2")),
    CodeProblem(
        id="b",
        prompt=[{"role": "user", "content": "écris f"}],
        reference=CodeReference(
            tests=CallTests(
                entry_point="f", cases=(CallCase(args=[[1, None]], expected={"k": 1.5}),)
            )
        ),
        metadata={"level": 3},
    ),
]


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.zst", "parquet"])
def test_round_trip(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"p.{ending}"
    assert write_records(path, PROBLEMS) == 2
    assert read_problems(str(path)) == PROBLEMS


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.zst", "parquet"])
def test_verdicts_round_trip(tmp_path: Path, ending: str) -> None:
    step = StepVerdict(start=0, end=2, label="unchecked", reason="prose")
    verdicts = [
        Verdict(problem_id="a", index=0, outcome="error", score=None, reason="no sandbox"),
        Verdict(problem_id="a", index=1, outcome="passed", score=1.0, reason="", steps=(step,)),
    ]
    path = tmp_path / f"v.{ending}"
    write_records(path, verdicts)
    assert read_records(path, Verdict) == verdicts


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_every_field_and_what_is_empty_round_trips(tmp_path: Path, ending: str) -> None:
    candidates = [
        Candidate(problem_id="a", index=0, text="", token_ids=[], logprobs=[], thinking=0),
        Candidate(problem_id="a", index=1, text="a\nb", step_ends=[2, 3], prefill="It"),
    ]
    write_records(tmp_path / f"c.{ending}", candidates)
    assert read_records(tmp_path / f"c.{ending}", Candidate) == candidates
    problems = [replace(PROBLEMS[0], metadata={"a": {}, "b": [], "c": [{}]}, template_kwargs={})]
    problems.append(replace(PROBLEMS[1], metadata={}, template_kwargs={"think": {}}))
    write_records(tmp_path / f"p.{ending}", problems)
    assert read_problems(str(tmp_path / f"p.{ending}")) == problems


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"problem_id": "a", "index": 0, "te', ":1: "),
        (b'\n{"problem_id": "a", "index": "0", "text": ""}\n', ":2: index:"),
        (b'{"problem_id": "a", "index": 0, "text": "\xff\xfe"}', ":1: not UTF-8"),
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"[1, 2]\n", ":1: "),
    ],
)
def test_damage_is_one_line_with_its_place(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(content)
    with pytest.raises(RecordError) as caught:
        read_records(path, Candidate)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", ["jsonl.zst", "parquet"])
def test_damaged_binary_files_are_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"c.{ending}"
    path.write_bytes(b"this is neither")
    with pytest.raises(RecordError, match=str(path)):
        read_records(path, Candidate)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such file"):
        read_records(tmp_path / "none.jsonl", Candidate)
    with pytest.raises(InputError, match="folder"):
        read_records(tmp_path, Candidate)


def test_unwritable_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableError, match="cannot be written"):
        write_records(tmp_path / "file" / "c.jsonl", [])


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    write_records(path, PROBLEMS)

    def breaking():  # type: ignore[no-untyped-def]
        yield PROBLEMS[0]
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError):
        write_records(path, breaking())
    assert read_problems(str(path)) == PROBLEMS
    assert [p.name for p in tmp_path.iterdir()] == ["p.jsonl"]


def test_records_come_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(Candidate(problem_id="a", index=0, text="x").to_line() + "\nnot json\n")
    stream = iter_records(path, Candidate)
    assert next(stream).text == "x"
    with pytest.raises(RecordError, match=":2:"):
        next(stream)
