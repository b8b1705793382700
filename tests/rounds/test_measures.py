"""pass@k and the figures of an evaluation, against counting by hand."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritune.config import SelectionConfig
from veritune.records import Candidate, Flag, MathProblem, MathReference, StepVerdict, Verdict
from veritune.records import TestVerdict as CodeTest
from veritune.rounds.measures import VerifiedCandidate, measure, pass_at_k
from veritune.rounds.selection import select, selected_keys


@given(st.integers(1, 9), st.data())
def test_pass_at_k_is_the_share_of_subsets_with_a_right_one(n: int, data: st.DataObject) -> None:
    correct = data.draw(st.integers(0, n))
    k = data.draw(st.integers(1, n))
    subsets = list(combinations(range(n), k))
    share = sum(min(subset) < correct for subset in subsets) / len(subsets)
    assert pass_at_k(n, correct, k) == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize(("n", "correct", "k"), [(4, 5, 1), (4, -1, 1), (4, 2, 5), (4, 2, 0)])
def test_pass_at_k_refuses_what_has_no_meaning(n: int, correct: int, k: int) -> None:
    with pytest.raises(ValueError, match="need 0 <= correct <= n"):
        pass_at_k(n, correct, k)


def row(
    name: str, index: int, outcome: str, labels: str = "", text: str | None = None, **more: object
) -> VerifiedCandidate:
    names = {"c": "verified", "n": "consistent", "i": "incorrect", "u": "unchecked"}
    verdict = Verdict(
        problem_id=name,
        index=index,
        outcome=outcome,  # type: ignore[arg-type]
        score={"passed": 1.0, "failed": 0.0, "error": None}[outcome],
        reason="",
        steps=tuple(
            StepVerdict(start=i, end=i + 1, label=names[x], reason="")  # type: ignore[arg-type]
            for i, x in enumerate(labels)
        ),
        **more,  # type: ignore[arg-type]
    )
    candidate = Candidate(problem_id=name, index=index, text=str(index) if text is None else text)
    return MathProblem(id=name, prompt="", reference=MathReference(answer="1")), candidate, verdict


def test_errors_are_counted_and_change_no_rate() -> None:
    rows = [
        row("a", 0, "passed", "cc"),
        row("a", 1, "error"),
        row("b", 0, "failed", "ci"),
        row("b", 1, "failed", "ic"),
        row("c", 0, "error"),
        row("c", 1, "error"),
    ]
    figures = measure(rows, 2)
    assert figures["pass_at_1"] == 0.5
    assert figures["pass_at_k"] == 0.0
    assert figures["problems"] == 2
    assert figures["errors"] == 3


def test_trace_error_counts_wrong_steps_behind_right_answers_only() -> None:
    rows = [
        row("a", 0, "passed", "cc"),
        row("a", 1, "passed", "ci"),
        row("a", 2, "passed", "uu"),
        row("a", 3, "failed", "ii"),
    ]
    figures = measure(rows, 1)
    assert (figures["answer_correct"], figures["trace_checked"], figures["trace_errors"]) == (
        3,
        2,
        1,
    )
    assert figures["trace_error"] == 0.5
    assert figures["unchecked"] == 2


def test_nothing_checked_is_no_rate_and_not_zero() -> None:
    figures = measure([row("a", 0, "error")], 1)
    assert figures["pass_at_1"] is None
    assert figures["trace_error"] is None


def indices(rows: list[VerifiedCandidate]) -> list[tuple[str, int]]:
    return [(c.problem_id, c.index) for _, c, _ in rows]


ROWS = [
    row("a", 0, "failed", "cc"),
    row("a", 1, "passed", "ci"),
    row("a", 2, "passed", "cc", text="same"),
    row("a", 3, "passed", "cc", text="same\n"),
    row("a", 4, "passed", "cu"),
    row("a", 5, "passed", "cc"),
    row("b", 0, "passed", ""),
    row("b", 1, "error"),
    row("b", 2, "passed", "c", flags=(Flag(name="exit", degree="cheat"),)),
]


def test_outcome_selection_keeps_distinct_passed_candidates() -> None:
    chosen = select(ROWS, SelectionConfig(reward="outcome", max_per_problem=3))
    assert indices(chosen) == [("a", 1), ("a", 2), ("a", 4), ("b", 0)]


def test_process_selection_needs_every_step_checked_and_without_error() -> None:
    chosen = select(ROWS, SelectionConfig(reward="process", max_per_problem=3, checked=1))
    assert indices(chosen) == [("a", 2), ("a", 5)]


def test_a_share_of_unchecked_steps_can_be_allowed_but_no_wrong_one() -> None:
    chosen = select(ROWS, SelectionConfig(reward="process", max_per_problem=3, checked=0.5))
    assert indices(chosen) == [("a", 2), ("a", 4), ("a", 5)]


def test_process_selection_takes_steps_in_which_no_error_was_found() -> None:
    labels = ("nnu", "nui", "nuu")
    rows = [row("a", at, "passed", own) for at, own in enumerate(labels)]
    assert indices(select(rows, SelectionConfig(reward="process"))) == [("a", 0)]


def test_visible_selection_looks_at_visible_tests_only() -> None:
    def tested(*marks: str) -> tuple[CodeTest, ...]:
        names = {"a": "accepted", "w": "wrong answer"}
        return tuple(
            CodeTest(name=str(at), outcome=names[mark[0]], reason="", visible=mark[1] == "v")  # type: ignore[arg-type]
            for at, mark in enumerate(marks)
        )

    rows = [
        row("a", 0, "passed", tests=tested("av", "ah")),
        row("a", 1, "failed", tests=tested("av", "wh")),
        row("a", 2, "failed", tests=tested("wv", "ah")),
        row("a", 3, "failed", tests=tested("ah", "wh")),
    ]
    assert indices(select(rows, SelectionConfig(reward="visible"))) == [("a", 0), ("a", 1)]


def test_last_steps_selection_forgives_what_came_before() -> None:
    rows = [row("a", 0, "passed", "icc"), row("a", 1, "passed", "cci"), row("a", 2, "passed", "")]
    assert indices(select(rows, SelectionConfig(reward="last", last=2))) == [("a", 0)]


def test_random_selection_keeps_as_many_as_outcome_would() -> None:
    chosen = select(ROWS, SelectionConfig(reward="random", max_per_problem=3))
    assert len(chosen) == len(select(ROWS, SelectionConfig(reward="outcome", max_per_problem=3)))
    assert not {("b", 1), ("b", 2)} & set(indices(chosen))
    assert ("a", 0) in indices(select(ROWS, SelectionConfig(reward="random", max_per_problem=9)))


@pytest.mark.parametrize("reward", ["any", "outcome", "process", "random"])
def test_keys_alone_are_selected_as_whole_candidates_are(reward: str) -> None:
    config = SelectionConfig(reward=reward, max_per_problem=2)
    assert selected_keys(iter(ROWS), config) == indices(select(ROWS, config))


def test_planted_noise_flips_its_share_and_no_error() -> None:
    rows = [row(f"p{i}", 0, "failed") for i in range(2000)] + [row("e", 0, "error")]
    flipped = select(rows, SelectionConfig(false_accepts=0.1))
    assert 150 < len(flipped) < 250
    assert flipped == select(rows, SelectionConfig(false_accepts=0.1))
    assert ("e", 0) not in indices(flipped)
    kept = select(
        [row(f"p{i}", 0, "passed") for i in range(2000)], SelectionConfig(false_rejects=0.1)
    )
    assert 1750 < len(kept) < 1850
