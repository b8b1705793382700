"""Every reader of files takes anything, and says in one line what is wrong with it."""

import json
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veritune.benchmarks import read_scores
from veritune.config import load_recipe
from veritune.errors import InputError, VerituneError
from veritune.files import iter_rows, read_records
from veritune.problems import guess_source, load_problems, read_pairs, read_problems, read_verified
from veritune.problems.stepwise import FORMATS, read_stepwise, to_row
from veritune.records import Candidate, Verdict
from veritune.trainer.pairs import read_pairs_file

GOOD = '{"problem_id": "a", "index": 0, "text": "1"}'
PROBLEM = '{"id": "a", "kind": "math", "prompt": "?", "reference": {"answer": "1"}}'


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("[" * 50_000, "nested too deeply"),
        ('{"problem_id": "a", "index": 0, "text": "1", "text": "2"}', "'text' is a duplicate"),
        ('{"problem_id": "a", "index": 0, "text": "\\ud800"}', "text: half of a surrogate pair"),
        ('{"problem_id": "a", "index": NaN, "text": "1"}', "index"),
        ('{"problem_id": "a", "index": ' + "9" * 5000 + ', "text": "1"}', "too many digits"),
        ('{"problem_id": "a", "index": 9223372036854775808, "text": "1"}', "index"),
        ('{"problem_id": "a", "index": -1, "text": "1"}', "index"),
        ('{"problem_id": "a", "index": 0, "text": "1", "logprobs": [NaN]}', "logprobs.0"),
        ('{"problem_id": "a", "index": 0, "text": "1", "logprobs": [1e999]}', "'1e999'"),
        ('{"problem_id": "a", "index": 0, "text": "\x00"}', "not valid JSON"),
    ],
)
def test_a_damaged_line_is_named_with_its_key(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(f"{GOOD}\n{line}\n")
    with pytest.raises(InputError) as error:
        read_records(path, Candidate)
    assert f"{path}:2: " in str(error.value) and says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode() + b"\n")
    assert len(read_records(path, Candidate)) == 1


def test_a_truncated_or_joined_zstd_file(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl.zst"
    whole = zstandard.compress(
        "".join(GOOD.replace("0", str(i)) + "\n" for i in range(9999)).encode()
    )
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="ends too early"):
        read_records(path, Candidate)
    path.write_bytes(whole + whole)
    assert len(read_records(path, Candidate)) == 2 * 9999


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.jsonl")
    for path in (
        tmp_path / "pipe.jsonl",
        Path("/dev/zero"),
        tmp_path,
        tmp_path / "a\0b",
        Path("x" * 999),
    ):
        with pytest.raises(InputError):
            read_records(path, Candidate)
        with pytest.raises(InputError):
            read_problems(str(path))


WHOLE: list[dict[str, object]] = [
    json.loads(GOOD),
    json.loads(PROBLEM),
    {"problem_id": "a", "index": 0, "outcome": "passed", "score": 1.0, "reason": "", "steps": [
        {"start": 0, "end": 1, "label": "verified", "reason": ""}]},
    {"question": "q", "answer": "1+1\n#### 2"},
    {"task_id": "a", "prompt": "p", "canonical_solution": "s", "test": "t", "entry_point": "f"},
    {"task_id": 1, "code": "c", "test_list": ["assert f()"], "text": "t"},
    {"task_id": "a", "completion": "1"},
    {"doc": {"question": "q"}, "resps": [["1"]], "filter": "f"},
    {"id": "c", "kind": "code", "prompt": [{"role": "user", "content": "?"}], "reference": {
        "tests": {"type": "calls", "entry_point": "f", "cases": [{"args": [1], "expected": 2}]}}},
    {"prompt": "p", "chosen": "a", "rejected": [{"role": "assistant", "content": "b"}]},
    {"prompt": "p", "completions": ["a", "b"], "labels": [True, False]},
    {"input": "Step 1: a \u043a\u0438", "label": "Step 1: a +"},
    {"id": "p", "problem": "p", "steps": ["a", "b"], "label": 1, "final_answer_correct": False},
    {"question": {"problem": "p", "ground_truth_answer": "1"}, "label": {"steps": [
        {"completions": [{"text": "a", "rating": 1}], "human_completion": None,
         "chosen_completion": 0}], "finish_reason": "solution"}},
]  # fmt: skip
KEYS = st.sampled_from(sorted({key for row in WHOLE for key in row} | {"content", "role", "x"}))
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["\ud800", "a", "math", "code", "1", "+", "-", "\x00", 10**400, -1, 0, 1]),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@st.composite
def changed(draw: st.DrawFn) -> str:
    """A row of some format in which one place holds something else, or is missing."""
    row = json.loads(json.dumps(draw(st.sampled_from(WHOLE))))
    place = row
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        inner = place[key]
        if isinstance(inner, (dict, list)) and inner and draw(st.booleans()):
            place = inner
            continue
        if draw(st.integers(0, 4)) == 0:
            del place[key]
        else:
            place[key] = draw(VALUES)
        return json.dumps(row)


ROWS = st.one_of(
    changed(),
    changed(),
    st.sampled_from(WHOLE).map(json.dumps),
    st.dictionaries(KEYS, VALUES, max_size=8).map(lambda row: json.dumps(row, skipkeys=True)),
    VALUES.map(json.dumps),
    st.sampled_from([GOOD, PROBLEM, "[" * 3000, '{"a":' * 150 + "1" + "}" * 150]),
    st.text(max_size=30),
)
CONTENTS = st.one_of(
    st.lists(ROWS, max_size=4).map(lambda rows: "\n".join(rows).encode(errors="replace")),
    st.binary(max_size=60),
)


def read_everything(folder: Path, content: bytes, ending: str) -> None:
    path, good = folder / f"f.{ending}", folder / "good.jsonl"
    path.write_bytes(content)
    good.write_text(PROBLEM + "\n")
    name = str(path)
    readers = [
        lambda: read_problems(name),
        lambda: read_pairs(str(good), name),
        lambda: read_verified(str(good), str(good), name),
        lambda: list(iter_rows(name)),
        lambda: read_records(name, Verdict),
        lambda: guess_source(name),
        lambda: read_scores(name),
        lambda: read_pairs_file(name),
        lambda: load_recipe(path),
        *(lambda s=s: load_problems(s, name, split="test", count=None)
          for s in ("gsm8k", "humaneval", "mbpp", "veritune")),
    ]  # fmt: skip
    for read in readers:
        try:
            for record in read() or ():
                if hasattr(record, "to_line"):
                    record.to_line().encode()
        except VerituneError as error:
            assert str(error).count("\n") == 0 or len(str(error)) < 2000
    try:
        for verified in read_stepwise(name, neutral="correct"):
            for record in verified:
                record.to_line().encode()
            for kind in FORMATS:
                to_row(verified, kind)
    except VerituneError:
        pass


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=CONTENTS, ending=st.sampled_from(["jsonl", "json", "jsonl.zst", "parquet", "toml"]))
def test_no_content_is_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, ending: str
) -> None:
    read_everything(tmp_path_factory.getbasetemp(), content, ending)
