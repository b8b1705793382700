"""Labelled steps in and out: nothing is lost, and what a format cannot say is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritune.cli import main
from veritune.errors import RecordError
from veritune.problems.stepwise import FORMATS, VerifiedCandidate, format_of, read_stepwise, to_row

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "process"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="needs the shared process data")
TRL = {"prompt": "1+1+1?", "completions": ["1+1=2", "2+1=4"], "labels": [True, False]}
BENCH = {
    "id": "gsm8k-7",
    "generator": "someone",
    "problem": "1+1+1?",
    "steps": ["1+1=2", "2+1=4", "so 4"],
    "final_answer_correct": False,
    "label": 1,
}


def read(
    tmp_path: Path, *rows: dict[str, Any], neutral: Any = "unchecked"
) -> list[VerifiedCandidate]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(read_stepwise(str(path), neutral=neutral))


@needs_data
@pytest.mark.parametrize("name", ["prm800k_samples", "math_shepherd_samples"])
def test_real_rows_come_back_as_they_were(name: str) -> None:
    path = DATA / f"{name}.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row, verified in zip(rows, read_stepwise(str(path), neutral="correct"), strict=True):
        kind = format_of(row)
        assert kind is not None
        assert to_row(verified, kind) == row
        spans = [(step.start, step.end) for step in verified[2].steps]
        assert "".join(verified[1].text[a:b] for a, b in spans) == verified[1].text


@needs_data
def test_what_a_neutral_rating_means_is_a_choice() -> None:
    path = str(DATA / "prm800k_samples.jsonl")
    labels = {}
    for neutral in ("correct", "incorrect", "unchecked"):
        read = read_stepwise(path, neutral=neutral)  # type: ignore[arg-type]
        labels[neutral] = [step.label for _, _, verdict in read for step in verdict.steps]
    changed = [i for i, label in enumerate(labels["unchecked"]) if labels["correct"][i] != label]
    assert changed
    assert all(labels["incorrect"][i] == "incorrect" for i in changed)


@pytest.mark.parametrize("row", [TRL, BENCH, BENCH | {"label": -1, "final_answer_correct": True}])
def test_rows_come_back_as_they_were(tmp_path: Path, row: dict[str, Any]) -> None:
    (verified,) = read(tmp_path, row)
    kind = format_of(row)
    assert kind is not None
    assert to_row(verified, kind) == row


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\u043a"), min_size=1)


@given(texts, st.lists(st.tuples(texts, st.booleans()), min_size=1, max_size=5))
def test_trl_rows_go_through_the_others_and_keep_their_labels(
    tmp_path_factory: pytest.TempPathFactory, prompt: str, steps: list[tuple[str, bool]]
) -> None:
    row = {
        "prompt": prompt,
        "completions": [step for step, _ in steps],
        "labels": [label for _, label in steps],
    }
    folder = tmp_path_factory.mktemp("rows")
    (verified,) = read(folder, row)
    assert to_row(verified, "trl") == row
    for kind in ("math-shepherd", "prm800k"):
        other = to_row(verified, kind)  # type: ignore[arg-type]
        assert format_of(other) == kind
        (back,) = read(folder, other)
        assert [s.label for s in back[2].steps] == [s.label for s in verified[2].steps]
        assert to_row(back, kind) == other  # type: ignore[arg-type]


def test_the_first_error_is_what_processbench_keeps(tmp_path: Path) -> None:
    (verified,) = read(tmp_path, BENCH)
    assert [step.label for step in verified[2].steps] == ["correct", "incorrect", "unchecked"]
    with pytest.raises(RecordError, match="trl has no word"):
        to_row(verified, "trl")
    (trl,) = read(tmp_path, TRL)
    assert to_row(trl, "processbench")["label"] == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"a": 1}, "no row of"),
        (TRL | {"labels": [True]}, "2 steps and 1 labels"),
        (BENCH | {"label": 9}, "label: expected"),
        ({"input": "Step 1: no tag", "label": "Step 1: no tag"}, "no step ends"),
        ({"question": {}, "label": {}}, "broken row of prm800k"),
    ],
)
def test_broken_rows_are_named(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordError, match=said):
        read(tmp_path, row)


def test_the_command_converts_there_and_back(tmp_path: Path) -> None:
    source, records, back = (tmp_path / name for name in ("in.jsonl", "records", "out.jsonl"))
    source.write_text(json.dumps(BENCH) + "\n")
    words = ["--neutral", "unchecked", "--format"]
    assert main(["convert", str(source), str(records), *words, "veritune"]) == 0
    assert main(["convert", str(records), str(back), *words, "processbench"]) == 0
    assert json.loads(back.read_text()) == BENCH
    assert main(["convert", str(tmp_path / "none"), str(back), *words, "trl"]) == 2
    assert main(["convert", str(source)]) == main(["convert"]) == 2
    assert set(FORMATS) == {"prm800k", "math-shepherd", "processbench", "trl"}
