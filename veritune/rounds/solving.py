"""One problem solved by many candidates: what most of them say, and how far it was checked.

Agreement is how often a model says the same, and no proof: a model that errs in one way agrees with
itself. What is known beyond that is a known answer, where it is given, and the labels of steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from veritune.errors import InputError
from veritune.records import Candidate, Checkpoint, MathProblem, StepLabel, Verdict
from veritune.rounds.progress import Advance
from veritune.rounds.session import Session, unseen
from veritune.text import shown

SET = "solve"
CHECKED: frozenset[StepLabel] = frozenset({"verified", "consistent", "incorrect"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGroup:
    """The candidates that state one answer, each in its own words, with verdicts against it."""

    answer: str
    members: tuple[tuple[Candidate, Verdict], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedProblem:
    """What candidates say, the largest group first.

    `chosen` is the group that is shown: the one with the known answer, else the largest; `correct`
    says whether its answer is the known one, None where none is known. `best` is the candidate of
    it whose steps are in the best state.
    """

    problem: MathProblem
    candidates: tuple[Candidate, ...]
    groups: tuple[AnswerGroup, ...]
    chosen: AnswerGroup | None
    correct: bool | None
    errors: int

    @property
    def best(self) -> tuple[Candidate, Verdict] | None:
        """The candidate to show with its verdict."""
        return max(self.chosen.members, key=_merit) if self.chosen else None

    @property
    def agreeing(self) -> int:
        """How many candidates state the chosen answer."""
        return len(self.chosen.members) if self.chosen else 0

    @property
    def silent(self) -> int:
        """How many state no answer."""
        return len(self.candidates) - sum(len(group.members) for group in self.groups)

    @property
    def truncated(self) -> int:
        """How many were truncated."""
        return sum(candidate.truncated for candidate in self.candidates)


async def solve_problem(
    session: Session,
    problem: MathProblem,
    n: int,
    policy: Checkpoint,
    advance: Advance = unseen,
    *,
    known: bool,
) -> SolvedProblem:
    """Sample `n` candidates and group them by what they answer.

    `known` says that the problem's reference is its answer; else it is not looked at. Raises
    `InputError` for one that cannot be read, before anything is sampled.
    """
    if known:
        await check_answer(session, problem)
    await session.sample(SET, [problem], n, policy, advance)
    candidates = list(session.store.candidates(SET))
    first = await _verified(session, problem, problem.reference.answer, candidates)
    groups = await _grouped(session, problem, candidates, first)
    right = {v.index for v in first if v.outcome == "passed"} if known else set()
    of_known = [g for g in groups if any(c.index in right for c, _ in g.members)]
    chosen = next(iter([*of_known, *groups]), None)
    return SolvedProblem(
        problem=problem,
        candidates=tuple(candidates),
        groups=tuple(groups),
        chosen=chosen,
        correct=bool(of_known) if known else None,
        errors=sum(v.outcome == "error" for v in first) if known else 0,
    )


async def check_answer(session: Session, problem: MathProblem) -> None:
    """Raise `InputError` where the problem's answer cannot be read."""
    stated = Candidate(problem_id=problem.id, index=0, text=r"\boxed{0}")
    (verdict,) = await session.verify([(problem, stated)])
    if verdict.outcome == "error":
        answer = shown(problem.reference.answer)
        raise InputError(f"--answer: {answer} cannot be read as an answer ({verdict.reason})")


async def _grouped(
    session: Session,
    problem: MathProblem,
    candidates: Sequence[Candidate],
    first: Sequence[Verdict],
) -> list[AnswerGroup]:
    """Groups of candidates whose answers are equal, as the verifier compares them."""
    answers = {v.index: v.answer for v in first if v.answer is not None}
    waiting = [c for c in candidates if c.index in answers]
    often = Counter(answers.values())
    # What is written alike most often names its group.
    waiting.sort(key=lambda c: (-often[answers[c.index]], c.index))
    groups: list[AnswerGroup] = []
    while waiting:
        name = answers[waiting[0].index]
        verdicts = await _verified(session, problem, name, waiting)
        members = [
            (candidate, verdict)
            for candidate, verdict in zip(waiting, verdicts, strict=True)
            # An answer that the verifier cannot read is still the same where it is written alike.
            if verdict.outcome == "passed" or answers[candidate.index] == name
        ]
        groups.append(AnswerGroup(answer=name, members=tuple(members)))
        taken = {candidate.index for candidate, _ in members}
        waiting = [candidate for candidate in waiting if candidate.index not in taken]
    # Of groups that are as large, the one with the soundest solution.
    return sorted(groups, key=lambda g: (len(g.members), max(map(_merit, g.members))), reverse=True)


async def _verified(
    session: Session, problem: MathProblem, answer: str, candidates: Sequence[Candidate]
) -> list[Verdict]:
    asked = replace(problem, reference=replace(problem.reference, answer=answer))
    return await session.verify([(asked, candidate) for candidate in candidates])


def _merit(member: tuple[Candidate, Verdict]) -> tuple[bool, bool, float, int, int]:
    """No wrong step, whole, most of it checked, short; the first of equals."""
    candidate, verdict = member
    labels = [step.label for step in verdict.steps]
    checked = sum(label in CHECKED for label in labels) / len(labels) if labels else 0.0
    sound = "incorrect" not in labels
    return sound, not candidate.truncated, checked, -len(candidate.text), -candidate.index
