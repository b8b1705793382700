"""Records: strict in, minimal out, one line when wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritune.errors import RecordError
from veritune.records import Candidate, Flag, StepVerdict, TestVerdict, Verdict, problem_from_json

MATH = {"id": "a", "kind": "math", "prompt": "1+1", "reference": {"answer": "2"}, "metadata": {}}


def test_problem_round_trip() -> None:
    assert problem_from_json(MATH).to_json() == MATH


def test_optional_fields_stay_out_of_files() -> None:
    candidate = Candidate(problem_id="a", index=0, text="2")
    assert candidate.to_json() == {"problem_id": "a", "index": 0, "text": "2"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": 3}, "id: input should be a valid string (got 3)"),
        ({"extra": 1}, "extra: unknown key"),
        ({"kind": "art"}, "kind:"),
        ({"reference": {"answer": [2]}}, "reference.answer:"),
        ({"reference": {"answer": True}}, "reference.answer:"),
        ({"reference": {"answer": None}}, "reference.answer:"),
        ({"reference": {}}, "reference.answer: missing"),
        ({"prompt": [{"role": "user"}]}, "content: missing"),
    ],
)
def test_wrong_problem_is_one_line_naming_the_key(change: dict, says: str) -> None:
    with pytest.raises(RecordError) as caught:
        problem_from_json(MATH | change)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("number", "text"),
    [(2, "2"), (-2.5, "-2.5"), (2.0, "2"), (10**30, "1" + "0" * 30), (1e30, "1e+30")],
)
def test_an_answer_may_be_a_number(number: float, text: str) -> None:
    problem = problem_from_json(MATH | {"reference": {"answer": number}})
    assert problem.to_json()["reference"] == {"answer": text}


def test_code_reference_is_checked_by_its_test_type() -> None:
    tests = {"type": "calls", "entry_point": "f", "cases": [{"args": [1]}]}
    with pytest.raises(RecordError, match=r"expected: missing"):
        problem_from_json(MATH | {"kind": "code", "reference": {"tests": tests}})


@pytest.mark.parametrize(("outcome", "score"), [("error", 0.0), ("passed", None), ("failed", 1.5)])
def test_score_is_null_exactly_for_errors(outcome: str, score: float | None) -> None:
    with pytest.raises(RecordError, match="score"):
        Verdict(problem_id="a", index=0, outcome=outcome, score=score, reason="")  # type: ignore[arg-type]


text = st.text(st.characters(exclude_categories=["Cs"]))


@given(text, text, st.lists(st.tuples(st.integers(0, 9), text)))
def test_verdict_survives_a_file(reason: str, output: str, steps: list[tuple[int, str]]) -> None:
    verdict = Verdict(
        problem_id="a",
        index=1,
        outcome="failed",
        score=0.25,
        reason=reason,
        output=output,
        tests=(TestVerdict(name="t", outcome="wrong answer", reason=reason, visible=True),),
        steps=tuple(StepVerdict(start=s, end=s + 1, label="verified", reason=r) for s, r in steps),
        trust="lower",
        flags=(Flag(name="exit", degree="cheat"),),
    )
    line = verdict.to_line()
    assert "\n" not in line
    assert Verdict.from_line(line) == verdict


@given(
    text=st.text(st.characters(), max_size=20),
    logprobs=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    output=st.none() | st.text(max_size=5),
)
def test_records_survive_the_journal(text: str, logprobs: list[float], output: str | None) -> None:
    """Lone surrogates, which no file can hold, too: they are replaced as in files."""
    candidate = Candidate(problem_id="p", index=0, text=text, logprobs=logprobs)
    assert Candidate.from_line(candidate.to_bytes()) == Candidate.from_line(candidate.to_line())
    flags = (Flag(name="exit", degree="note"),)
    verdict = Verdict(
        problem_id="p",
        index=1,
        outcome="error",
        score=None,
        reason=text,
        output=output,
        flags=flags,
    )
    assert Verdict.from_line(verdict.to_bytes()) == Verdict.from_line(verdict.to_line())
