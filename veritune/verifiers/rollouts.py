"""Step labels from rollouts: a step is as good as what its prefix can still reach.

From the end of a step the sampler samples K completions and an outcome verifier checks them. The
share that passes is the step's soft label; the step is "verified" where the share is above a
threshold (Math-Shepherd, Wang et al. 2024, arXiv 2312.08935: threshold 0, that is, any completion
passes). The last step needs no completions: the outcome of the solution itself says it.

`search` looks for the first error only, in a failing solution by bisection (OmegaPRM, Luo et al.
2024, arXiv 2406.06592). Departing from the paper, a passing solution is looked through too, and a
prefix is left as soon as its label is certain. It samples from the same completions, so it decides
each prefix as the exhaustive way does.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import starmap

from veritune.records import (
    Candidate,
    Checkpoint,
    Outcome,
    Problem,
    StepVerdict,
    Verdict,
)
from veritune.sampler import Sampler
from veritune.store import Store
from veritune.verifiers.prefixes import CompletionRequest, PrefixSearch, StepLabels
from veritune.verifiers.protocol import Verifier
from veritune.verifiers.steps import Span

# The set of the store that holds completions.
SET = "rollouts"
# Prefixes whose completions are sampled and written down together.
PREFIXES = 64


class RolloutLabeller:
    """Labels the steps of solutions by completions of their prefixes.

    `sampled` and `reused` count completions: new ones, and those that the store had. With a
    `budget`, at most so many new ones are sampled; steps that would need more are "unchecked", and
    so are those up to whose end the solution is longer than the policy reads: `overlong` of them.
    """

    def __init__(
        self,
        sampler: Sampler,
        verifier: Verifier,
        store: Store,
        policy: Checkpoint,
        *,
        k: int = 16,
        threshold: float = 0.0,
        search: bool = False,
        budget: int | None = None,
        settings: str = "",
        fits: Callable[[Problem], bool] | None = None,
    ) -> None:
        """`settings` names what else completions depend on, such as seed and temperature; `fits`
        says whether the policy can read a problem with its prefill, and complete it; None where it
        is not known."""
        if k < 1 or not 0.0 <= threshold < 1.0:
            raise ValueError("a label needs at least one completion, and a threshold in [0, 1)")
        self.k, self.most_failing = k, int(threshold * k)
        self.search, self.budget = search, budget
        self.sampled = self.reused = self.overlong = 0
        self._sampler, self._verifier, self._store = sampler, verifier, store
        self._policy, self._settings, self._loaded = policy, settings, False
        self._fits = fits
        self._known: dict[tuple[str, int], Outcome] = {
            (verdict.problem_id, verdict.index): verdict.outcome
            for _, _, verdict in store.verified(SET)
        }

    @property
    def told(self) -> str:
        """What was sampled, in words."""
        known = f", {self.reused} known from before" if self.reused else ""
        left = f"; {self.overlong} prefixes are longer than the model reads"
        return f"{self.sampled} completions sampled{known}{left if self.overlong else ''}"

    async def label(
        self,
        solutions: Sequence[tuple[Problem, Candidate]],
        spans: Sequence[Sequence[Span] | None] | None = None,
    ) -> list[StepLabels]:
        """The labels of every solution; all of them are worked on together.

        `spans` are the steps where they are known.
        """
        verdicts = await asyncio.gather(*starmap(self._verifier.verify, solutions))
        traces = [
            PrefixSearch(
                problem,
                candidate,
                verdict,
                self.k,
                self.most_failing,
                search=self.search,
                spans=own,
            )
            for (problem, candidate), verdict, own in zip(
                solutions, verdicts, spans or [None] * len(solutions), strict=True
            )
        ]
        while wanted := [want for trace in traces for want in trace.wanted()]:
            for start in range(0, len(wanted), PREFIXES):
                await self._complete(wanted[start : start + PREFIXES])
        return [trace.labels() for trace in traces]

    async def _complete(self, wanted: Sequence[CompletionRequest]) -> None:
        """Sample and verify what is not known yet, write it down, and count it all."""
        asked: list[tuple[CompletionRequest, Problem, list[int]]] = []
        pending: set[tuple[str, int]] = set()
        for want in wanted:
            problem = self._continued(want)
            keys = [(problem.id, at) for at in want.indices]
            missing = [key[1] for key in keys if key not in self._known and key not in pending]
            # Counting tokens takes time, which what is known needs none of.
            if missing and self._fits is not None and not self._fits(problem):
                self.overlong += 1
                want.tally.spent = True
                continue
            self.reused += len(keys) - len(missing)
            if self.budget is not None:
                missing = missing[: max(self.budget - self.sampled, 0)]
            self.sampled += len(missing)
            pending.update((problem.id, at) for at in missing)
            asked.append((want, problem, missing))
        if any(missing for _, _, missing in asked):
            await self._sample(asked)
        for want, problem, _ in asked:
            found = [self._known.get((problem.id, at)) for at in want.indices]
            want.tally.count(outcome for outcome in found if outcome is not None)
            want.tally.spent = None in found

    async def _sample(self, asked: Sequence[tuple[CompletionRequest, Problem, list[int]]]) -> None:
        problems = [problem for _, problem, _ in asked]
        self._store.add_problems(SET, problems)
        whole = {problem.id: want for want, problem, _ in asked}
        sampled = await asyncio.to_thread(
            self._sampled, problems, [missing for _, _, missing in asked]
        )
        verdicts = await asyncio.gather(
            *(self._verified(whole[candidate.problem_id], candidate) for candidate in sampled)
        )
        self._store.add_verified(SET, list(zip(sampled, verdicts, strict=True)))
        for verdict in verdicts:
            self._known[verdict.problem_id, verdict.index] = verdict.outcome

    def _sampled(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]]
    ) -> list[Candidate]:
        if not self._loaded:
            self._sampler.load(self._policy)
            self._loaded = True
        return list(self._sampler.sample(problems, indices, round=0))

    async def _verified(self, want: CompletionRequest, completion: Candidate) -> Verdict:
        """The verdict on the prefix with its completion, under the prefix's own id."""
        text = want.prefix + completion.text
        whole = Candidate(
            problem_id=want.problem.id,
            index=completion.index,
            text=text,
            prefill=want.problem.prefill,
        )
        verdict = await self._verifier.verify(want.problem, whole)
        return replace(verdict, problem_id=completion.problem_id, steps=())

    def _continued(self, want: CompletionRequest) -> Problem:
        """The problem whose candidates are completions of a prefix."""
        name = "\0".join((self._policy.policy, self._settings, want.prefix))
        suffix = hashlib.sha256(name.encode()).hexdigest()[:16]
        return replace(
            want.problem,
            id=f"{want.problem.id}@{suffix}",
            prefill=want.problem.prefill + want.prefix,
        )


class RolloutVerifier:
    """A verifier whose step verdicts come from rollouts, whatever its outcome comes from."""

    def __init__(self, labeller: RolloutLabeller) -> None:
        self._labeller, self._turn = labeller, asyncio.Lock()

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The outcome verifier's verdict with a label for every step."""
        (found,) = await self._one(problem, candidate, None)
        return replace(found.verdict, steps=found.steps)

    async def check(
        self, problem: Problem, candidate: Candidate, spans: Sequence[Span] | None
    ) -> tuple[StepVerdict, ...]:
        """The labels, with the share of completions that pass as the score."""
        (found,) = await self._one(problem, candidate, spans)
        return tuple(
            step if step.label == "unchecked" else replace(step, score=share)
            for step, share in zip(found.steps, found.soft, strict=True)
        )

    async def _one(
        self, problem: Problem, candidate: Candidate, spans: Sequence[Span] | None
    ) -> list[StepLabels]:
        async with self._turn:  # one sampler, and one journal
            return await self._labeller.label([(problem, candidate)], [spans])
