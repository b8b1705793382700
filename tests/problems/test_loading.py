"""The loaders, on the real data sets and on broken files."""

import json
from pathlib import Path

import pytest

from veritune.errors import InputError, MissingFileError, RecordError
from veritune.problems import guess_source, load_problems, read_problems
from veritune.records import Problem, problem_from_line

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")

GSM = {"question": "How many?", "answer": "Two times 500 is <<2*500=1000>>1,000.\n#### 1,000"}
HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": "def f(x):\n",
    "entry_point": "f",
    "canonical_solution": "    return x\n",
    "test": "def check(candidate):\n    assert candidate(1) == 1\n",
}
MBPP = {
    "task_id": 7,
    "text": "Write a function to add one.",
    "code": "def f(x):\r\n  return x + 1",
    "test_list": ["assert f(1) == 2", "assert f(2) == 3"],
    "test_setup_code": "",
    "challenge_test_list": ["assert f(-1) == 0"],
}


def write(path: Path, *rows: object) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def load(source: str, path: str) -> list[Problem]:
    return load_problems(source, path, split="test", count=None)


@needs_data
@pytest.mark.parametrize(
    ("source", "path", "count"),
    [
        ("gsm8k", "gsm8k/test.jsonl", 1319),
        ("gsm8k", "gsm8k/train.jsonl", 7473),
        ("gsm8k", "gsm8k", 1319),
        ("humaneval", "humaneval", 164),
        ("mbpp", "mbpp/mbpp.jsonl", 974),
        ("mbpp", "mbpp/sanitized-mbpp.json", 427),
    ],
)
def test_real_data_sets(source: str, path: str, count: int) -> None:
    problems = load(source, str(DATA / path))
    assert len(problems) == count
    assert all(problem_from_line(problem.to_line()) == problem for problem in problems[:50])
    if (DATA / path).is_file():
        assert guess_source(str(DATA / path)) == source


def test_gsm8k(tmp_path: Path) -> None:
    [problem] = load("gsm8k", write(tmp_path / "g.jsonl", GSM))
    assert problem.reference.answer == "1000"
    assert problem.reference.steps == ("Two times 500 is <<2*500=1000>>1,000.",)
    assert (problem.reference.marker, problem.reference.solution) == ("####", GSM["answer"])


def test_humaneval(tmp_path: Path) -> None:
    [problem] = load("humaneval", write(tmp_path / "h.jsonl", HUMANEVAL))
    assert problem.reference.tests.type == "check"
    assert problem.reference.prompt_code == problem.prompt == HUMANEVAL["prompt"]


def test_mbpp(tmp_path: Path) -> None:
    [problem] = load("mbpp", write(tmp_path / "m.jsonl", MBPP))
    tests = problem.reference.tests
    assert tests.code.split("\n") == [
        "assert f(1) == 2",
        "assert f(2) == 3",
        "assert f(-1) == 0",
    ]
    assert tests.setup == ""
    assert problem.reference.solution == "def f(x):\n  return x + 1"
    assert "assert f(1) == 2" in str(problem.prompt) and "f(2)" not in str(problem.prompt)


def test_sanitized_mbpp(tmp_path: Path) -> None:
    row = {k: MBPP[k] for k in ("task_id", "code", "test_list")}
    path = tmp_path / "s.json"
    path.write_text(json.dumps([{**row, "prompt": "Add one.", "test_imports": ["import math"]}]))
    [problem] = load("mbpp", str(path))
    assert problem.reference.tests.setup == "import math"


def test_count_reads_no_further(tmp_path: Path) -> None:
    path = tmp_path / "g.jsonl"
    path.write_text(json.dumps(GSM) + "\n{broken")
    assert len(load_problems("gsm8k", str(path), split="train", count=1)) == 1


@pytest.mark.parametrize("folder_name", ["train.jsonl", "gsm_train-00000-of-00001.jsonl"])
def test_a_folder_gives_the_file_of_the_split(tmp_path: Path, folder_name: str) -> None:
    write(tmp_path / folder_name, GSM)
    write(tmp_path / "test.jsonl", {**GSM, "question": "Other?"})
    [problem] = load_problems("gsm8k", str(tmp_path), split="train", count=None)
    assert problem.prompt == GSM["question"]


def test_a_folder_where_no_file_fits(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", GSM)
    write(tmp_path / "b.jsonl", GSM)
    with pytest.raises(MissingFileError, match=r"found a.jsonl, b.jsonl; give a file"):
        load("gsm8k", str(tmp_path))


BROKEN = [
    ("gsm8k", b'{"question": "a', ":1: not valid JSON"),
    ("gsm8k", b"", "empty"),
    ("gsm8k", b"\n\n", "empty"),
    ("gsm8k", b'{"question": "a\xff"}', ":1: not UTF-8"),
    ("gsm8k", b"[1]", ":1: expected a JSON object"),
    ("gsm8k", b'{"question": "a"}', ":1: answer: missing"),
    ("gsm8k", b'{"question": 3, "answer": "#### 1"}', ":1: question: input should be a valid str"),
    ("gsm8k", b'{"question": "a", "answer": "1"}', ":1: answer: no final answer"),
    ("gsm8k", b'{"question": "a", "answer": "b #### "}', ":1: answer: no final answer"),
    ("humaneval", b'{"task_id": "a"}', ":1: prompt: missing"),
    ("mbpp", b'{"task_id": "a"}', ":1: task_id: input should be a valid int"),
    ("mbpp", b'{"task_id": 1, "code": "", "test_list": ["a"]}', ":1: text: missing"),
    ("mbpp", b'{"task_id": 1, "code": "", "text": "", "test_list": []}', ":1: test_list: empty"),
    ("veritune", b'{"id": "a"}', ":1: kind: missing"),
    ("veritune", b'{"id": "a", "kind": "math", "prompt": "", "reference": {}}', "reference.answer"),
]


@pytest.mark.parametrize(("source", "content", "message"), BROKEN)
def test_broken_files_are_one_line(
    tmp_path: Path, source: str, content: bytes, message: str
) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes(content)
    with pytest.raises(RecordError) as caught:
        load(source, str(path))
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[{", r"not valid JSON: .*line 1"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": 1}', "expected a JSON array"),
        (b"[1]", ":1: expected a JSON object"),
        (b"[]", "empty"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_broken_arrays_are_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(RecordError, match=message):
        load("mbpp", str(path))


def test_an_id_that_stands_twice(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r":2: id: 'mbpp-7' is a duplicate"):
        load("mbpp", write(tmp_path / "m.jsonl", MBPP, MBPP))


def test_missing_file_and_unknown_source(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such file"):
        load("gsm8k", str(tmp_path / "absent.jsonl"))
    with pytest.raises(InputError, match="unknown source 'gsm'; known: chain"):
        load("gsm", "x.jsonl")
    with pytest.raises(InputError, match="needs a file"):
        load_problems("veritune", None, split="train", count=None)


@pytest.mark.slow
def test_a_hub_name_that_cannot_be_loaded_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not loaded as a hub data set") as caught:
        load("gsm8k", "veritune/no-such-data-set-anywhere")
    assert "\n" not in str(caught.value)


def test_source_is_guessed_from_the_first_row(tmp_path: Path) -> None:
    for name, row in (("gsm8k", GSM), ("humaneval", HUMANEVAL), ("mbpp", MBPP)):
        assert guess_source(write(tmp_path / f"{name}.jsonl", row)) == name
    own = {"id": "a", "kind": "math", "prompt": "", "reference": {"answer": "1"}}
    assert guess_source(write(tmp_path / "own.jsonl", own)) == "veritune"
    assert guess_source(write(tmp_path / "odd.jsonl", {"foo": 1})) == "file"


def test_rows_of_gsm8k_keep_ids_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"id": "mine", "question": "1+1?", "answer": "1+1=2\\n#### 2"}\n')
    (problem,) = read_problems(str(path))
    assert problem.id == "mine"
