"""What candidates came to, in words: for a round in which nothing can be trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from veritune.records import Candidate, Verdict, VerifiedCandidate
from veritune.use import use_of

# How the reason of a verdict begins where a solution states no answer.
NO_ANSWER = "no answer found"


def histogram(rows: Iterable[VerifiedCandidate], unused: str) -> str:
    """How many candidates came to what, the most frequent first; each counts once.

    `unused` is what is said of those that passed and still may not be trained on.
    """
    counts = Counter(reason(candidate, verdict, unused) for _, candidate, verdict in rows)
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def reason(candidate: Candidate, verdict: Verdict, unused: str) -> str:
    """What one candidate came to: the first of these that holds."""
    if verdict.outcome == "error":
        return "verifier error"
    if candidate.truncated:
        return "truncated while thinking" if candidate.still_thinking else "truncated"
    if verdict.outcome == "passed":
        return unused if use_of(verdict).imitate else "passed with a sign of cheating"
    if verdict.reason.startswith(NO_ANSWER) or candidate.still_thinking:
        return NO_ANSWER
    failing = next((test.outcome for test in verdict.tests if test.outcome != "accepted"), None)
    return failing or ("wrong answer" if verdict.answer is not None else "failed")


def truncations(candidates: Iterable[Candidate]) -> tuple[int, int]:
    """How many candidates were truncated, and how many of them while they thought."""
    ended = [candidate.still_thinking for candidate in candidates if candidate.truncated]
    return len(ended), sum(ended)


def without_answer(rows: Sequence[VerifiedCandidate]) -> int:
    """How many candidates state no answer, truncated or not."""
    return sum(verdict.reason.startswith(NO_ANSWER) for _, _, verdict in rows)
