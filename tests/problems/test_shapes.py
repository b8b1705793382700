"""Rows of public data sets are read as they are, or refused with what to do."""

import json
from pathlib import Path
from typing import Any

import pytest
from problems.public_code_rows import CODE
from problems.public_rows import CHOICES, GPQA, MATH, REFUSED, SCIQ

from veritune.config import ColumnsConfig
from veritune.errors import RecordError
from veritune.problems import load, read_file, reference_solution
from veritune.problems.shapes import read_row
from veritune.records import Candidate, CodeProblem, MathProblem, Problem, Verdict
from veritune.verifiers import open_verifier


def read(row: dict[str, Any]) -> Problem:
    return read_row("f:1", row, ColumnsConfig())


@pytest.mark.parametrize("name", MATH)
def test_math_rows(name: str) -> None:
    row, answer = MATH[name]
    problem = read(row)
    assert isinstance(problem, MathProblem)
    assert problem.reference.answer == answer
    assert problem.id and problem.prompt


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        *(("9 (apples)", "9"), ("60 (km/h)", "60"), ("8:15 (a.m.)", "8:15"), ("12 (cm)", "12")),
        *((text, text) for text in ("5(m+1)", "5 (m+1)", "2 (pi)", "3 (ab)", "4(x)", "2 (sin x)")),
    ],
)
def test_a_unit_in_brackets_is_left_out_and_a_factor_is_not(written: str, answer: str) -> None:
    problem = read({"question": "How many?", "answer": written})
    assert isinstance(problem, MathProblem)
    assert problem.reference.answer == answer


@pytest.mark.parametrize("name", CHOICES)
def test_choices(name: str) -> None:
    row, letter = CHOICES[name]
    problem = read(row)
    assert isinstance(problem, MathProblem)
    assert problem.reference.answer == letter
    assert "A) " in str(problem.prompt) and "B) " in str(problem.prompt)


@pytest.mark.parametrize("row", [GPQA, {**SCIQ, "correct_answer": "2"}])
def test_the_right_option_is_mixed_with_the_others(row: dict[str, Any]) -> None:
    problem = read(row)
    assert isinstance(problem, MathProblem)
    assert f"{problem.reference.answer}) 2" in str(problem.prompt)
    assert read(row) == problem


@pytest.mark.parametrize("name", CODE)
def test_code_rows(name: str) -> None:
    row, kind = CODE[name]
    problem = read(row)
    assert isinstance(problem, CodeProblem)
    assert problem.reference.tests.type == kind


@pytest.mark.parametrize("name", REFUSED)
def test_rows_that_cannot_be_read_say_why(name: str) -> None:
    row, says = REFUSED[name]
    with pytest.raises(RecordError) as caught:
        read(row)
    assert says in str(caught.value) and str(caught.value).startswith("f:1: ")
    assert "\n" not in str(caught.value)


async def verdicts(texts: dict[str, str | None]) -> dict[str, Verdict]:
    problems = {name: read(CODE[name][0]) for name in texts}
    found = {}
    async with open_verifier() as verifier:
        for name, problem in problems.items():
            text = texts[name] or reference_solution(problem)
            if text is not None:
                candidate = Candidate(problem_id=problem.id, index=0, text=text)
                found[name] = await verifier.verify(problem, candidate)
    return found


async def test_solutions_of_public_code_rows_pass() -> None:
    found = await verdicts(dict.fromkeys(CODE))
    assert len(found) >= 17
    assert {name: v.reason for name, v in found.items() if v.outcome != "passed"} == {}


async def test_extra_inputs_are_tests() -> None:
    """A program that is right on the base inputs alone fails."""
    wrong = "def add(a, b):\n    return 3\n"
    names = ("humaneval-plus", "mbpp-plus", "mbpp-plus-hub")
    found = await verdicts(dict.fromkeys(names, wrong))
    assert {name: v.outcome for name, v in found.items()} == dict.fromkeys(names, "failed")


def test_columns_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text(json.dumps({"a": {"frage": "1+1?"}, "antwort": 2, "extra": "e"}) + "\n")
    columns = ColumnsConfig(prompt="a.frage", answer="antwort")
    [problem] = read_file(str(path), columns).problems
    assert isinstance(problem, MathProblem)
    assert (problem.prompt, problem.reference.answer) == ("1+1?", "2")
    assert problem.metadata == {"extra": "e"}
    with pytest.raises(RecordError, match=r"columns\.answer: no column 'x'; there are a, antwort"):
        read_file(str(path), ColumnsConfig(prompt="a.frage", answer="x"))


def test_all_complaints_come_at_once(tmp_path: Path) -> None:
    rows = [{"question": f"{n}+1?", "answer": n} for n in range(30)]
    for at in range(3, 28, 2):
        rows[at] = {"question": "", "answer": at}
    path = tmp_path / "f.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"question": \n')
    with pytest.raises(RecordError) as caught:
        read_file(str(path))
    said = str(caught.value)
    assert "14 of 31 rows are not right" in said
    assert "lines 4, 6, 8 ... (13): no prompt found" in said and "line 31: not valid JSON" in said


def test_what_cannot_be_checked_is_left_out_and_told(tmp_path: Path) -> None:
    rows = [{"problem": f"Prove {n}.", "answer": "proof"} for n in range(2)]
    rows += [{"problem": "1+1?", "answer": "2"}] * 2
    path = tmp_path / "f.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    loaded = read_file(str(path))
    assert [problem.prompt for problem in loaded.problems] == ["1+1?"]
    assert "2 of 4 rows cannot be checked" in loaded.notes[0] and "lines 1, 2" in loaded.notes[0]
    assert "1 rows stand twice" in loaded.notes[1]


def test_an_id_of_two_problems_is_told(tmp_path: Path) -> None:
    rows = [{"id": "a", "problem": f"1+{n}?", "answer": n + 1} for n in range(2)]
    path = tmp_path / "f.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    loaded = read_file(str(path))
    assert [problem.id for problem in loaded.problems] == ["a", "a-2"]
    assert "1 rows have the id of another problem" in loaded.notes[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("f.csv", 'question,answer\n"What, 1+1?",2\n'),
        ("f.tsv", "question\tanswer\nWhat, 1+1?\t2\n"),
        ("f.json", '[{"question": "What, 1+1?", "answer": 2}]'),
        ("f.json", '{"data": [{"question": "What, 1+1?", "answer": 2}]}'),
        ("f.json", '{"question": ["What, 1+1?"], "answer": [2]}'),
        ("f.json", '{"question": "What, 1+1?", "answer": 2}\n{"question": "b", "answer": 1}\n'),
        ("f.json", '{"rows": [{"row_idx": 0, "row": {"question": "What, 1+1?", "answer": 2}}]}'),
        ("f.jsonl", '{"row_idx": 0, "row": {"question": "What, 1+1?", "answer": 2}}'),
        ("f.json", '[[{"from": "human", "value": "What, 1+1?"}, {"from": "gpt", "value": "2"}]]'),
    ],
)
def test_forms_of_files(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    problem = read_file(str(path)).problems[0]
    assert isinstance(problem, MathProblem)
    assert "What, 1+1?" in str(problem.prompt) and problem.reference.answer == "2"


def test_folders_that_datasets_saved(tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict

    rows = Dataset.from_list([{"question": "1+1?", "answer": "2"}])
    rows.save_to_disk(str(tmp_path / "one"))
    DatasetDict({"train": rows, "test": rows}).save_to_disk(str(tmp_path / "two"))
    for name in ("one", "two"):
        [problem] = load("file", str(tmp_path / name), split="test").problems
        assert problem.prompt == "1+1?"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"question": "q", "answer": ""}, "no answer found: the column answer is empty"),
        ({"question": "q", "answer": None}, "no answer found: the column answer is empty"),
        ({"Question": None, "answer": "1"}, "no prompt found: the column Question is empty"),
    ],
)
def test_an_empty_column_is_named(row: dict[str, object], said: str) -> None:
    with pytest.raises(RecordError, match=said):
        read_row("rows:1", row, ColumnsConfig())
