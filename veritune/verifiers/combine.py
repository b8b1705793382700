"""Several verifiers that decide together; each part's verdict stands in the whole one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from veritune.records import Candidate, Outcome, PartVerdict, Problem, Verdict
from veritune.verifiers.protocol import Verifier

Combine = Literal["weighted", "all", "any", "first"]
Decision = tuple[Outcome, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A verifier, what it is called, and how much its score counts."""

    name: str
    weight: float
    verifier: Verifier


class CombinedVerifier:
    """weighted: the mean of the scores by weight, passed from `pass_score` on; all, any: the least
    and the largest score; first: the first part that decides, the others are not asked.

    Outcome "error" where the parts that failed to decide could have changed the outcome.
    """

    def __init__(self, parts: Sequence[Part], combine: Combine, pass_score: float) -> None:
        self._parts, self._combine, self._pass_score = parts, combine, pass_score

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The verdict of all parts; answer, tests and steps are those of the first that has any."""
        found = await self._ask(problem, candidate)
        outcome, score = self._decide(found)
        named = list(zip(self._parts, found, strict=False))
        parts = tuple(
            PartVerdict(name=part.name, outcome=v.outcome, score=v.score, reason=v.reason)
            for part, v in named
        )
        base = next((v for v in found if v.answer or v.tests or v.steps), found[0])
        said = ", ".join(
            f"{part.name} {'error' if v.score is None else f'{v.score:g}'}" for part, v in named
        )
        return replace(
            base,
            outcome=outcome,
            score=score,
            reason=f"{self._combine}: {said}; {_reason(found, outcome)}",
            seconds=round(sum(v.seconds for v in found), 6),
            trust="lower" if any(v.trust == "lower" for v in found) else "full",
            flags=tuple(dict.fromkeys(flag for v in found for flag in v.flags)),
            parts=parts,
        )

    async def _ask(self, problem: Problem, candidate: Candidate) -> list[Verdict]:
        if self._combine != "first":
            asked = (part.verifier.verify(problem, candidate) for part in self._parts)
            return list(await asyncio.gather(*asked))
        found: list[Verdict] = []
        for part in self._parts:
            found.append(await part.verifier.verify(problem, candidate))
            if found[-1].outcome != "error":
                break
        return found

    def _decide(self, found: Sequence[Verdict]) -> Decision:
        scores = [v.score for v in found if v.score is not None]
        outcomes = {v.outcome for v in found}
        if self._combine == "first":
            return found[-1].outcome, found[-1].score
        settles: Outcome = "failed" if self._combine == "all" else "passed"
        if "error" in outcomes and (self._combine == "weighted" or settles not in outcomes):
            return "error", None
        if self._combine == "all":
            return ("failed" if "failed" in outcomes else "passed"), min(scores)
        if self._combine == "any":
            return ("passed" if "passed" in outcomes else "failed"), max(scores)
        weights = [part.weight for part in self._parts]
        mean = sum(w * s for w, s in zip(weights, scores, strict=True)) / sum(weights)
        return ("passed" if mean >= self._pass_score else "failed"), min(1.0, mean)


def _reason(found: Sequence[Verdict], outcome: Outcome) -> str:
    """The reason of the first part that came to this outcome."""
    return next((v.reason for v in found if v.outcome == outcome), found[0].reason)
