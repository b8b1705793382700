"""pass@k of verdicts, and what is said where there is none."""

from __future__ import annotations

import pytest

from veritune.benchmarks import estimate
from veritune.errors import RecordError
from veritune.records import Verdict


def verdict(index: int, outcome: str) -> Verdict:
    score = {"passed": 1.0, "failed": 0.0}.get(outcome)
    keys = {"problem_id": "p", "index": index, "outcome": outcome, "score": score}
    return Verdict(**keys, reason=f"it {outcome}", seconds=0.0)  # type: ignore[arg-type]


def test_errors_are_left_out_and_counted() -> None:
    found = estimate([verdict(0, "passed"), verdict(1, "failed"), verdict(2, "error")], (1, 2))
    assert found.rates == {1: 0.5, 2: 1.0}
    assert found.unchecked == 1


def test_a_verifier_that_never_decides_is_named() -> None:
    with pytest.raises(RecordError, match="all 2 verdicts are verifier errors, the first: it err"):
        estimate([verdict(0, "error"), verdict(1, "error")], (1,))


def test_too_large_a_k_is_told_the_largest() -> None:
    with pytest.raises(RecordError, match="no problem has 3 checked candidates; use a k of at mo"):
        estimate([verdict(0, "passed"), verdict(1, "failed"), verdict(2, "error")], (3,))
