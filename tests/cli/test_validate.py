"""`veritune validate`, run as a program."""

import json
from pathlib import Path

import pytest
import warm

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")


def validate(*words: str) -> tuple[int, str, str]:
    done = warm.run("-m", "veritune", "validate", *words).ended()
    return done.returncode, done.stdout, done.stderr


def write(path: Path, *rows: object) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def gsm(solution: str) -> dict[str, str]:
    return {"question": f"What of {solution!r}?", "answer": solution}


@needs_data
def test_gsm8k_test_references_all_pass() -> None:
    code, out, err = validate(str(DATA / "gsm8k" / "test.jsonl"))
    assert (code, err) == (0, "")
    assert "1319/1319 passed" in out


def test_a_wrong_calculation_in_gsm8k_prose_is_a_remark(tmp_path: Path) -> None:
    path = write(tmp_path / "g.jsonl", gsm("She has $32 - $20 = $300 left.\n#### 300"))
    code, out, _ = validate(path)
    assert code == 0
    assert "passed, but wrong step: 32 - $20 = $300: 12, not 300" in out and "1/1 passed" in out


def test_answers_with_a_decimal_comma_are_pointed_out(tmp_path: Path) -> None:
    answers = ["4,50 €", "1,5 km", "1,234", "(1,2)", "1, 2", "1,2,3", "x"]
    path = write(tmp_path / "p.jsonl", *({"question": a, "answer": a} for a in answers))
    said = "2 answers such as '4,50 €' are read as two numbers"
    assert said in validate(path)[1]
    assert "read as two" not in validate(path, "--answers.decimal-comma")[1]


def test_chain_references_pass() -> None:
    code, out, _ = validate("chain", "--limit", "200")
    assert code == 0 and "200/200 passed" in out


def test_a_wrong_annotation_is_named_with_its_reason(tmp_path: Path) -> None:
    path = write(
        tmp_path / "g.jsonl",
        gsm("Two and two is <<2+2=4>>4.\n#### 4"),
        gsm("Two and two is <<2+2=5>>5.\n#### 5"),
    )
    code, out, _ = validate(path)
    assert code == 1
    assert "wrong step: 2+2 is 4, not 5" in out and "1/2 passed" in out


def test_own_math_problems_and_those_without_a_solution(tmp_path: Path) -> None:
    path = write(
        tmp_path / "own.jsonl",
        {"id": "a", "kind": "math", "prompt": "1+1?", "reference": {"answer": "2"}},
        {
            "id": "b",
            "kind": "code",
            "prompt": "f",
            "reference": {"tests": {"type": "asserts", "code": "assert f() == 1"}},
        },
    )
    code, out, err = validate(path)
    assert (code, err) == (0, "")
    assert "1/1 passed" in out and "1 have no reference solution" in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b'{"question": "a", ', ":1: not valid JSON"),
        (b'{"question": "a", "answer": {"b": 3}}', ":1: answer: expected a text, a number or"),
        (b'{"foo": 1}', "--columns.prompt COLUMN"),
        (b"\xff\xfe", ":1: not UTF-8"),
    ],
)
def test_bad_files_are_one_line_and_exit_code_2(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    code, out, err = validate(str(path))
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("absent.jsonl",), "absent.jsonl: no such file"),
        ((str(Path(__file__)), "--source", "gsm"), "unknown source 'gsm'"),
        (("chain", "--limit", "0"), "limit"),
        (("functions", "--limit", "100000"), "ask for fewer"),
        ((), "missing: PROBLEMS"),
    ],
)
def test_bad_requests_are_one_line_and_exit_code_2(words: tuple[str, ...], message: str) -> None:
    code, _, err = validate(*words)
    assert code == 2
    assert message.lower() in err.lower() and err.count("\n") == 1


@pytest.mark.slow
@needs_data
def test_humaneval_references_all_pass() -> None:
    code, out, err = validate(str(DATA / "humaneval" / "HumanEval.jsonl"))
    assert (code, err) == (0, "")
    assert "164/164 passed" in out


def test_functions_references_pass_in_the_sandbox() -> None:
    code, out, err = validate("functions", "--limit", "100")
    assert (code, err) == (0, "")
    assert "100/100 passed" in out


def test_a_code_reference_that_fails_its_own_tests_is_named(tmp_path: Path) -> None:
    row = {"text": "Add one.", "code": "def f(x):\n  return x + 1", "test_setup_code": ""}
    path = write(
        tmp_path / "m.jsonl",
        {**row, "task_id": 1, "test_list": ["assert f(1) == 2"]},
        {**row, "task_id": 2, "test_list": ["assert f(1) == 3"]},
    )
    code, out, _ = validate(path)
    assert code == 1
    assert "mbpp-2: failed" in out and "mbpp-1: failed" not in out and "1/2 passed" in out
    assert "mbpp-1: weak tests: only 1 case" in out
