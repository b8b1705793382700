"""How good a reward model is: at pairs, at the first wrong step, and at picking one of many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from veritune.errors import RecordError
from veritune.records import Candidate, MathProblem, MathReference, Problem, Verdict
from veritune.verifiers.learned import Aggregate, score_candidates

if TYPE_CHECKING:
    from veritune.models.reward import RewardModel
    from veritune.trainer.pairs import PreferencePair

VerifiedCandidate = tuple[Problem, Candidate, Verdict]


def pair_accuracy(
    reward: RewardModel, pairs: Sequence[PreferencePair], aggregate: Aggregate = "min"
) -> float:
    """Share of pairs whose chosen completion scores higher than the rejected one."""
    posed = [
        (_problem(pair), candidate) for pair in pairs for candidate in (pair.chosen, pair.rejected)
    ]
    scores = [scored.score for scored in score_candidates(reward, posed, aggregate=aggregate)]
    right = sum(a > b for a, b in zip(scores[::2], scores[1::2], strict=True))
    return right / len(pairs)


def first_error_accuracy(
    reward: RewardModel, verified: Iterable[VerifiedCandidate], threshold: float = 0.5
) -> tuple[float, float]:
    """(on solutions with a wrong step, on those without one): share labelled rightly.

    Right is to call the first wrong step, and none before it, wrong; or to call no step wrong
    (ProcessBench: Zheng et al. 2024, arXiv 2412.06559). Solutions with an unchecked step are left
    out, since nobody knows their first error.
    """
    known = [
        row
        for row in verified
        if row[2].steps and all(step.label != "unchecked" for step in row[2].steps)
    ]
    spans = [[(step.start, step.end) for step in verdict.steps] for _, _, verdict in known]
    scored = score_candidates(reward, [(p, c) for p, c, _ in known], spans=spans)
    hits: dict[bool, list[bool]] = {True: [], False: []}
    for (_, _, verdict), score in zip(known, scored, strict=True):
        truth = _first(
            [step.label == "incorrect" for step in verdict.steps if step.end > step.start]
        )
        found = _first([chance < threshold for _, chance in score.steps])
        hits[truth is not None].append(found == truth)
    if not hits[True] or not hits[False]:
        raise RecordError("first errors need solutions with a wrong step and without one")
    return sum(hits[True]) / len(hits[True]), sum(hits[False]) / len(hits[False])


def _first(marks: Sequence[bool]) -> int | None:
    return next((at for at, wrong in enumerate(marks) if wrong), None)


def _problem(pair: PreferencePair) -> Problem:
    """The pair's problem, or one that poses its prompt: the reference is never looked at."""
    if pair.problem is not None:
        return pair.problem
    id = pair.chosen.problem_id
    return MathProblem(id=id, prompt=pair.prompt, reference=MathReference(answer=""))
