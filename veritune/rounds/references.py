"""Reference solutions held to their own verifier: what every problem file should pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from veritune.config import VerifierConfig
from veritune.problems import reference_solution
from veritune.records import Candidate, Problem, Verdict
from veritune.rounds.progress import NullProgress, Progress
from veritune.rounds.session import open_session
from veritune.verifiers import check_annotations


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceCheck:
    """A reference: `complaint` says why it fails, `remark` what else is wrong in it."""

    problem: Problem
    verdict: Verdict
    complaint: str | None
    remark: str | None


async def check_references(
    problems: Sequence[Problem],
    config: VerifierConfig | None = None,
    *,
    annotated: bool = False,
    progress: Progress | None = None,
) -> list[ReferenceCheck]:
    """Verify the reference solution of every problem that has one, in order.

    `annotated` solutions (GSM8K's) are vouched for by their annotations alone: their prose has
    typing errors, which are remarks.
    """
    pairs = [(problem, made) for problem in problems if (made := _candidate(problem))]
    async with open_session(verifier=config, problems=[problem for problem, _ in pairs]) as session:
        with (progress or NullProgress()).phase("verify", len(pairs)) as advance:
            verdicts = await session.verify(pairs, advance)
    found = []
    for (problem, reference), verdict in zip(pairs, verdicts, strict=True):
        complaint = _complaint(reference, verdict, annotated=annotated)
        remark = None if complaint else _wrong_step(verdict)
        found.append(
            ReferenceCheck(problem=problem, verdict=verdict, complaint=complaint, remark=remark)
        )
    return found


def _candidate(problem: Problem) -> Candidate | None:
    """The reference solution as if a model had written it."""
    text = reference_solution(problem)
    return None if text is None else Candidate(problem_id=problem.id, index=0, text=text)


def _complaint(reference: Candidate, verdict: Verdict, *, annotated: bool) -> str | None:
    if verdict.outcome != "passed":
        return f"{verdict.outcome}: {verdict.reason}"
    if not annotated:
        return _wrong_step(verdict)
    wrong = [why for label, why in check_annotations(reference.text) if label == "incorrect"]
    return f"wrong step: {wrong[0]}" if wrong else None


def _wrong_step(verdict: Verdict) -> str | None:
    wrong = [step.reason for step in verdict.steps if step.label == "incorrect"]
    return f"wrong step: {wrong[0]}" if wrong else None
