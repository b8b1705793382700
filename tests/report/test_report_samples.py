from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from report_runs import evaluation, make_run

from veritune.records import Candidate, MathProblem, MathReference, Problem, StepVerdict, Verdict
from veritune.report.run import read_run
from veritune.report.samples import KINDS, choose, cut


def verified(
    number: int, outcome: str, *labels: str, index: int = 0
) -> tuple[Problem, Candidate, Verdict]:
    problem = MathProblem(id=f"p{number:03}", prompt="1+1=", reference=MathReference(answer="2"))
    steps = tuple(
        StepVerdict(start=i, end=i + 1, label=label, reason=f"step {i}")  # type: ignore[arg-type]
        for i, label in enumerate(labels)
    )
    candidate = Candidate(problem_id=problem.id, index=index, text="2;3;4")
    score = {"passed": 1.0, "failed": 0.0, "error": None}[outcome]
    verdict = Verdict(
        problem_id=problem.id,
        index=index,
        outcome=outcome,  # type: ignore[arg-type]
        score=score,
        reason="compared",
        steps=steps,
    )
    return problem, candidate, verdict


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 40)), max_size=8),
)
def test_cutting_loses_and_repeats_nothing(text: str, spans: list[tuple[int, int]]) -> None:
    steps = [StepVerdict(start=a, end=b, label="correct", reason="") for a, b in spans]
    pieces = cut(text, steps)
    assert "".join(piece.text for piece in pieces) == text
    for piece in pieces:
        assert piece.body + piece.tail == piece.text
        if piece.step is not None:
            assert piece.text == text[piece.step.start : piece.step.end]


def test_steps_are_cut_where_they_stand() -> None:
    steps = [
        StepVerdict(start=3, end=5, label="incorrect", reason="b"),
        StepVerdict(start=0, end=2, label="correct", reason="a"),
    ]
    found = [(piece.text, piece.step and piece.step.label) for piece in cut("95;80;#0", steps)]
    assert found == [("95", "correct"), (";", None), ("80", "incorrect"), (";#0", None)]


def test_every_kind_that_occurs_is_shown_even_when_rare(tmp_path: Path) -> None:
    rows = [verified(i, "passed", "correct") for i in range(50)]
    rows += [verified(60, "passed", "correct", "incorrect"), verified(61, "passed", "unchecked")]
    rows += [verified(62, "failed", "incorrect"), verified(63, "error")]
    run = read_run(make_run(tmp_path, "a", [evaluation(0, 0.9)], rows))
    shown = Counter(sample.kind for sample in choose([run], 10))
    assert shown == dict.fromkeys(KINDS, 1) | {"passed": 6}


def test_samples_are_dealt_to_the_runs_in_turn(tmp_path: Path) -> None:
    rows = [verified(i, "failed") for i in range(20)]
    runs = [
        read_run(make_run(tmp_path, name, [evaluation(1, 0.0)], rows)) for name in ("b", "a", "c")
    ]
    shown = [sample.run for sample in choose(runs, 10)]
    assert shown == ["b"] * 4 + ["a"] * 3 + ["c"] * 3


def test_a_problem_is_shown_once_a_kind(tmp_path: Path) -> None:
    rows = [verified(1, "failed", index=i) for i in range(4)]
    run = read_run(make_run(tmp_path, "a", [evaluation(0, 0.0)], rows))
    assert [sample.candidate.index for sample in choose([run], 10)] == [0]


def test_a_run_without_an_evaluation_has_no_samples(tmp_path: Path) -> None:
    assert choose([read_run(make_run(tmp_path, "a", []))], 10) == []
