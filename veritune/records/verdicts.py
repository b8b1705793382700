"""Verdicts: what a verifier concluded about a candidate, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from veritune.errors import RecordError
from veritune.records.record import Index, Record

# Three: what the verifier could not decide is neither.
Outcome = Literal["passed", "failed", "error"]
# What the evidence on a step allows: an error was found; what was checked holds, but not all of the
# step was; the whole step holds; nothing was checked.
StepLabel = Literal["incorrect", "consistent", "verified", "unchecked"]
# arithmetic: calculations recomputed; derivation: statements proved from earlier ones; trace: the
# data set's own rule; execution: a failing run; probability: a reward model's; judge: a language
# model's word; rollouts: the share of completions that pass; annotation: as a file says; own: own
# code's.
EvidenceKind = Literal[
    "arithmetic",
    "derivation",
    "trace",
    "execution",
    "probability",
    "judge",
    "rollouts",
    "annotation",
    "own",
]
# lower: candidate and tests shared a process, so a verdict could be forged.
Trust = Literal["full", "lower"]
# note changes nothing; suspicious is not imitated; cheat earns nothing.
Degree = Literal["note", "suspicious", "cheat"]
TestOutcome = Literal[
    "accepted",
    "wrong answer",
    "cpu time",
    "wall time",
    "memory",
    "output",
    "runtime error",
    "unsupported",
    "infrastructure",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestVerdict(Record):
    """The result of one test. Of a suite's: wall seconds of its call, and what it printed."""

    __test__: ClassVar[bool] = False

    name: str
    outcome: TestOutcome
    reason: str
    visible: bool | None = None
    cpu_ms: float | None = None
    seconds: float | None = None
    output: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Record):
    """What a label rests on, and which checker gave it: rules, a data set, a model, a format."""

    kind: EvidenceKind
    checker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepVerdict(Record):
    """The result of one step: `start` and `end` are character offsets into the candidate.

    `score` is the chance that the step is right, where the checker gives one. An unchecked step has
    no evidence.
    """

    start: int
    end: int
    label: StepLabel
    reason: str
    score: float | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Record):
    """A sign that a program is shaped like a hack, and how much it says.

    note: honest programs do it too; suspicious: it could have mattered for these tests; cheat: it
    games the tests. `veritune.use` says what each degree costs.
    """

    name: str
    degree: Degree


@dataclass(frozen=True, slots=True, kw_only=True)
class PartVerdict(Record):
    """What one of several verifiers concluded, where they decide together."""

    name: str
    outcome: Outcome
    score: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Record):
    """What a verifier concluded about one candidate, and why.

    `score` is in [0, 1], and None exactly when the outcome is "error": a verifier error, not the
    candidate's failure. `trust` is "lower" where grader and candidate had to share a process.
    `flags` name hack-shaped code, whether or not it passed.
    """

    problem_id: str
    index: Index
    outcome: Outcome
    score: float | None
    reason: str
    answer: str | None = None
    tests: tuple[TestVerdict, ...] = ()
    steps: tuple[StepVerdict, ...] = ()
    seconds: float = 0.0
    cpu_ms: float | None = None
    peak_memory_mb: float | None = None
    output: str | None = None
    trust: Trust = field(default="full", metadata={"omit": True})
    flags: tuple[Flag, ...] = ()
    parts: tuple[PartVerdict, ...] = ()

    def __post_init__(self) -> None:
        if (self.score is None) != (self.outcome == "error"):
            raise RecordError("score: must be null exactly when the outcome is 'error'")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise RecordError(f"score: must be between 0 and 1 (got {self.score})")

    @property
    def degrees(self) -> frozenset[Degree]:
        """The degrees of its flags."""
        return frozenset(flag.degree for flag in self.flags)
