"""What a verified candidate is found by, without reading its records: one narrow row for each.

The codes are part of the format: another meaning of one needs another `database.VERSION`.
"""

from __future__ import annotations

from veritune.records import Candidate, Degree, Outcome, Verdict

# What a verdict came to, by its code. The second to the last but one are failures.
KINDS = (
    "passed",
    "failed",
    "wrong answer",
    "no answer found",
    "runtime error",
    "cpu time",
    "wall time",
    "memory",
    "output",
    "unsupported",
    "infrastructure",
    "verifier error",
)
ERROR = KINDS.index("verifier error")
# The heaviest degree of a candidate's flags, by its code.
DEGREES: tuple[Degree | None, ...] = (None, "note", "suspicious", "cheat")
# What its steps came to: the first of these that holds, from the last on.
STEPS = ("no steps", "unchecked", "no error found", "every step verified", "incorrect step")
# How the reason of a verdict begins where a solution states no answer.
NO_ANSWER = "no answer found"
# Candidates whose lengths are in one order: of 16384, a commit writes a few pages.
PART = 1 << 14
MARK = (
    "marks select of_set, problem, idx, ?, ?, ?, ?, truncated, exists"
    f" (select 1 from selections s where s.number = candidates.number), ?, number / {PART}"
    " from candidates where of_set = ? and problem = ? and idx = ?"
)


def mark(candidate: Candidate, verdict: Verdict) -> tuple[int, int, str, int, int]:
    """(kind, degree, flags, steps, characters): what `MARK` takes before the key."""
    heaviest, names = 0, ""
    if verdict.flags:
        heaviest = max(DEGREES.index(degree) for degree in verdict.degrees)
        names = " ".join(sorted({flag.name for flag in verdict.flags}))
    return kind_of(verdict), heaviest, names, steps_of(verdict), len(candidate.text)


def outcome_of(kind: int) -> Outcome:
    """The outcome that a kind belongs to."""
    return "passed" if kind == 0 else "error" if kind == ERROR else "failed"


def kind_of(verdict: Verdict) -> int:
    """What a verdict came to: its first test that was not passed says most."""
    if verdict.outcome != "failed":
        return 0 if verdict.outcome == "passed" else ERROR
    if verdict.reason.startswith(NO_ANSWER):
        return KINDS.index("no answer found")
    failing = next((test.outcome for test in verdict.tests if test.outcome != "accepted"), None)
    return KINDS.index(failing or ("failed" if verdict.answer is None else "wrong answer"))


def steps_of(verdict: Verdict) -> int:
    """What the steps came to, as a code of `STEPS`."""
    labels = {step.label for step in verdict.steps}
    if "incorrect" in labels:
        return 4
    if labels == {"verified"}:
        return 3
    return 0 if not labels else 1 if labels == {"unchecked"} else 2
