"""Candidates in the files of other checkers, and the pass@k of such files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from veritune.cli import main
from veritune.errors import RecordError
from veritune.problems import load_problems, read_candidates

HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": "import math\n\n\ndef half(x):\n    '''Half of x, rounded down.'''\n",
    "canonical_solution": "    return math.floor(x / 2)\n",
    "test": "def check(candidate):\n    assert candidate(4) == 2\n    assert candidate(5) == 2\n",
    "entry_point": "half",
}
MBPP = {
    "task_id": 2,
    "text": "Write a function f that doubles.",
    "code": "def f(x):\n    return 2 * x",
    "test_list": ["assert f(1) == 2", "assert f(3) == 6"],
}
GSM8K = {"question": "One and one?", "answer": "1 + 1 = 2\n#### 2"}


def write(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def read(tmp_path: Path, source: str, problem: dict[str, Any], *rows: dict[str, Any]) -> Any:
    problems = load_problems(source, write(tmp_path / "p.jsonl", problem), split="test", count=None)
    found = read_candidates(write(tmp_path / "c.jsonl", *rows), {p.id: p for p in problems})
    assert {candidate.problem_id for candidate in found} == {problems[0].id}
    assert [candidate.index for candidate in found] == list(range(len(found)))
    return [candidate.text for candidate in found]


def test_completions_continue_the_prompt_and_solutions_stand_alone(tmp_path: Path) -> None:
    again = "    return 0\n\ndef half(x):\n    return x // 2\n"
    texts = read(
        tmp_path,
        "humaneval",
        HUMANEVAL,
        {"task_id": "HumanEval/0", "completion": "    return x // 2\n"},
        {"task_id": "HumanEval/0", "completion": again},
        {"task_id": "HumanEval/0", "solution": "def half(x):\n    return x // 2\n"},
    )
    prompt = HUMANEVAL["prompt"]
    assert texts[:2] == [prompt + "    return x // 2\n", prompt + again]
    assert texts[2].startswith("def half")


@pytest.mark.parametrize("name", ["Mbpp/2", 2, "2"])
def test_mbpp_goes_by_several_names(tmp_path: Path, name: object) -> None:
    row = {"task_id": name, "solution": MBPP["code"]}
    assert read(tmp_path, "mbpp", MBPP, row) == [MBPP["code"]]


def test_logs_of_another_harness_count_once_whatever_the_filters(tmp_path: Path) -> None:
    rows = [
        {"doc_id": 0, "doc": GSM8K, "resps": [["it is 2", "it is 3"]], "filter": name}
        for name in ("strict-match", "flexible-extract")
    ]
    assert read(tmp_path, "gsm8k", GSM8K, *rows) == ["it is 2", "it is 3"]


def test_broken_rows_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "c.jsonl", {"task_id": "a", "completion": 3})
    with pytest.raises(RecordError, match=r"c\.jsonl:1: not a row of samples"):
        read_candidates(path, {})


def test_pass_at_k_of_human_evals_own_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = [
        "    return x // 2\n",
        "    return x / 2\n",
        "    return math.floor(x / 2)\n",
        "    x\n",
    ]
    rows = [{"task_id": "HumanEval/0", "completion": body} for body in bodies]
    words = ["--problems", write(tmp_path / "p.jsonl", HUMANEVAL)]
    words += ["--candidates", write(tmp_path / "c.jsonl", *rows)]
    assert main(["bench", "pass-at-k", *words, "--k", "1", "2"]) == 0
    said = capsys.readouterr().out
    assert "pass@1: 50.0%, 0.500000" in said
    assert "pass@2: 83.3%, 0.833333" in said
    assert main(["bench", "pass-at-k", words[0], words[1]]) == 2
    assert "--model to sample them with" in capsys.readouterr().err
    words[1] = "nowhere/thing"
    assert main(["bench", "pass-at-k", *words]) == 2
    assert "nowhere/thing" in capsys.readouterr().err


PLAIN = {
    "c.jsonl": '{"problem_id": "a", "text": "x"}\n{"problem_id": "a", "text": "y"}\n',
    "ids.jsonl": '{"id": "a", "completion": "x"}\n{"id": "a", "response": "y"}\n',
    "several.jsonl": '{"id": "a", "responses": ["x", "y"]}\n',
    "c.json": '[{"problem_id": "a", "text": "x"}, {"problem_id": "a", "index": 1, "text": "y"}]',
    "inside.json": '{"candidates": [{"id": "a", "texts": ["x", "y"]}]}',
    "c.csv": "problem_id,index,text\na,0,x\na,1,y\n",
    "c.tsv": "id\toutput\na\tx\na\ty\n",
}


@pytest.mark.parametrize("name", PLAIN)
def test_candidates_of_ones_own_need_an_id_and_a_text(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(PLAIN[name])
    found = read_candidates(str(tmp_path / name), {})
    assert [(c.problem_id, c.index, c.text) for c in found] == [("a", 0, "x"), ("a", 1, "y")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"question": "q", "answer": "1"}\n', "a candidate needs the id of its problem"),
        ('{"id": "a", "text": "x"}\n{"id": "a"}\n', "c.jsonl:2: a candidate needs the id"),
        ('{"id": "a", "texts": ["x", 1]}\n', "a candidate needs the id of its problem"),
        ('{"id": true, "text": "x"}\n', "a candidate needs the id of its problem"),
        (
            '{"nr": "a", "text": "x"}\n',
            r"problem \(problem_id, .* or id\) and its text \(text, .*nr",
        ),
        ('{"id": "a", "text": "x"}\n{"id": "a", "index": -1, "text": "x"}\n', "index: expected"),
    ],
)
def test_other_rows_are_no_candidates(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "c.jsonl").write_text(text)
    with pytest.raises(RecordError, match=said):
        read_candidates(str(tmp_path / "c.jsonl"), {})


def test_candidates_who_were_truncated_stay_so(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text('{"id": "a", "text": "x", "finish_reason": "length"}\n')
    assert read_candidates(str(tmp_path / "c.jsonl"), {})[0].truncated
