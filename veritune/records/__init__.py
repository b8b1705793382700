"""The shapes that cross every boundary: problems, candidates, verdicts, checkpoints.

Each is one JSON object a line when it stands in a file. `from_json` checks types strictly and
refuses unknown keys; `to_json` leaves out optional fields that are not set. A problem is read by
`problem_from_line`, which tells math from code by its `kind`.
"""

from veritune.records.candidates import AnswerPart, Candidate
from veritune.records.metrics import MetricsRow, MetricValue, OnStep, number, rate, texts, whole
from veritune.records.problems import (
    AssertTests,
    CallCase,
    CallTests,
    CheckTests,
    CodeProblem,
    CodeReference,
    MathProblem,
    MathReference,
    Message,
    Problem,
    PytestTests,
    SplitTests,
    StdioCase,
    StdioTests,
    StepRule,
    Tests,
    problem_from_json,
    problem_from_line,
)
from veritune.records.record import Checkpoint, Record, first_problem
from veritune.records.verdicts import (
    Degree,
    Evidence,
    EvidenceKind,
    Flag,
    Outcome,
    PartVerdict,
    StepLabel,
    StepVerdict,
    TestOutcome,
    TestVerdict,
    Trust,
    Verdict,
)
from veritune.records.verified import VerifiedCandidate

__all__ = [
    "AnswerPart",
    "AssertTests",
    "CallCase",
    "CallTests",
    "Candidate",
    "CheckTests",
    "Checkpoint",
    "CodeProblem",
    "CodeReference",
    "Degree",
    "Evidence",
    "EvidenceKind",
    "Flag",
    "MathProblem",
    "MathReference",
    "Message",
    "MetricValue",
    "MetricsRow",
    "OnStep",
    "Outcome",
    "PartVerdict",
    "Problem",
    "PytestTests",
    "Record",
    "SplitTests",
    "StdioCase",
    "StdioTests",
    "StepLabel",
    "StepRule",
    "StepVerdict",
    "TestOutcome",
    "TestVerdict",
    "Tests",
    "Trust",
    "Verdict",
    "VerifiedCandidate",
    "first_problem",
    "number",
    "problem_from_json",
    "problem_from_line",
    "rate",
    "texts",
    "whole",
]
