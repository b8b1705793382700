"""A verifier of your own: any object with `async verify(problem, candidate) -> Verdict`.

    python examples/own_verifier.py

This one wants an answer of so many words. It works wherever ours does: in a session, in the loop of
`rl_loop.py`, and as TRL's or verl's reward.
"""

from __future__ import annotations

import asyncio

from veritune.records import Candidate, MathProblem, MathReference, Problem, Verdict
from veritune.rounds import open_session


class WordCount:
    """Passed: as many words as the problem's reference says; else the score says how near."""

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """A failing candidate is a verdict. Where this cannot decide, the outcome is "error"."""
        outcome, score, reason = "error", None, "no number of words in the reference"
        if isinstance(problem, MathProblem) and problem.reference.answer.isdigit():
            wanted, found = int(problem.reference.answer), len(candidate.text.split())
            outcome = "passed" if found == wanted else "failed"
            score = max(0.0, 1.0 - abs(found - wanted) / max(wanted, 1))
            reason = f"{found} words, {wanted} were asked for"
        return Verdict(
            problem_id=problem.id,
            index=candidate.index,
            outcome=outcome,  # type: ignore[arg-type]
            score=score,
            reason=reason,
        )


async def main() -> list[Verdict]:
    """The verdicts on three answers to one problem."""
    prompt = "Describe a tree in four words."
    problem = MathProblem(id="tree", prompt=prompt, reference=MathReference(answer="4"))
    texts = ["Tall, green, old, quiet.", "Tall and green.", "It is very tall and it is green."]
    candidates = [Candidate(problem_id="tree", index=i, text=text) for i, text in enumerate(texts)]
    async with open_session(verifier=WordCount()) as session:
        return await session.verify([(problem, candidate) for candidate in candidates])


if __name__ == "__main__":
    for verdict in asyncio.run(main()):
        print(verdict.outcome, f"{verdict.score:.2f}", verdict.reason)
