"""What a set of verified candidates says about the policy that sampled them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from math import comb

from veritune.records import MetricsRow, Verdict, VerifiedCandidate


def pass_at_k(n: int, correct: int, k: int) -> float:
    """Chance that at least one of k candidates is right, unbiased from `correct` of `n` >= k.

    1 - C(n - c, k) / C(n, k): Chen et al. 2021, arXiv 2107.03374, equation 1.
    """
    if not 0 <= correct <= n or not 1 <= k <= n:
        raise ValueError(f"need 0 <= correct <= n and 1 <= k <= n (got {correct=}, {n=}, {k=})")
    return 1.0 - comb(n - correct, k) / comb(n, k)


def no_error_found(verdict: Verdict, checked: float = 1.0) -> bool:
    """Whether no error was found, and at least the share `checked` of the steps (and one) checked.

    A data set's own rule checks every step, so that there this is: every step is verified.
    """
    labels = [step.label for step in verdict.steps]
    seen = len(labels) - labels.count("unchecked")
    return seen > 0 and "incorrect" not in labels and seen >= checked * len(labels)


def passes_visible(verdict: Verdict) -> bool:
    """Whether code passes all of the tests that it could have seen, of which there are some."""
    shown = [test.outcome for test in verdict.tests if test.visible]
    return bool(shown) and set(shown) == {"accepted"}


def measure(verified: Iterable[VerifiedCandidate], k: int) -> MetricsRow:
    """Figures of one evaluation; `verified` is grouped by problem.

    Candidates with a verifier error count in `errors` and nowhere else. `trace_error` is the share
    with a wrong step among those whose answer is right and whose steps were checked; None where
    no step was.
    """
    at_1, at_k, seen = [], [], Counter[str]()
    for _, group in groupby(verified, key=lambda row: row[0].id):
        found = Counter[str]()
        for _, _, verdict in group:
            _count(verdict, found)
        seen += found
        decided, right = found["candidates"] - found["errors"], found["passed"]
        if decided:
            at_1.append(right / decided)
        if decided >= k:
            at_k.append(pass_at_k(decided, right, k))
    traced, wrong = seen["traced"], seen["wrong"]
    return {
        "problems": len(at_1),
        "candidates": seen["candidates"],
        "pass_at_1": _mean(at_1),
        "k": k,
        "pass_at_k": _mean(at_k),
        "answer_correct": seen["passed"],
        "trace_checked": traced,
        "trace_errors": wrong,
        "trace_error": wrong / traced if traced else None,
        "errors": seen["errors"],
        "unchecked": seen["unchecked"],
    }


def _count(verdict: Verdict, found: Counter[str]) -> None:
    """Count one verdict; none is kept, since an evaluation may have millions."""
    labels = [step.label for step in verdict.steps]
    found["candidates"] += 1
    found["errors"] += verdict.outcome == "error"
    found["unchecked"] += labels.count("unchecked")
    if verdict.outcome == "passed":
        found["passed"] += 1
        found["traced"] += any(label != "unchecked" for label in labels)
        found["wrong"] += "incorrect" in labels


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
