"""Verdicts on a peer's rows, for callers that wait and for coroutines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from veritune.config import ColumnsConfig, VerifierConfig
from veritune.errors import SandboxFailureError
from veritune.integrations.background import Pairs, submit
from veritune.integrations.rows import KnownProblems, RowProblems
from veritune.records import Candidate, Problem, Verdict
from veritune.text import writable
from veritune.use import Use, use_of
from veritune.verifiers import Verifier

ProblemText = tuple[Problem, str]


class RowVerifier:
    """What every adapter stands on: problems of rows, and the process's verifier.

    It holds no process, thread or lock, so it can be pickled, and a forked worker opens its own
    verifier. A `verifier` of your own is picklable if it is.
    """

    def __init__(
        self,
        problems: KnownProblems = (),
        verifier: VerifierConfig | Verifier | None = None,
        columns: ColumnsConfig | None = None,
    ) -> None:
        self.rows = RowProblems(problems, columns)
        self._verifier = verifier or VerifierConfig()

    def verdicts(self, texts: Iterable[ProblemText]) -> list[Verdict]:
        """The verdicts in the order of the texts; the calling thread waits."""
        return submit(self._verifier, _pairs(texts)).result()

    async def averdicts(self, texts: Iterable[ProblemText]) -> list[Verdict]:
        """As `verdicts`; the caller's loop is not held up."""
        return await asyncio.wrap_future(submit(self._verifier, _pairs(texts)))


def _pairs(texts: Iterable[ProblemText]) -> Pairs:
    return [
        (problem, Candidate(problem_id=problem.id, index=index, text=writable(text)))
        for index, (problem, text) in enumerate(texts)
    ]


def rewards_of(verdicts: Sequence[Verdict]) -> list[float | None]:
    """What each may teach: its score, 0 for a cheat, None on a verifier error."""
    return [use_of(verdict).outcome for verdict in verdicts]


def reward_of(verdict: Verdict) -> tuple[float, Use]:
    """The reward for a peer that cannot leave a candidate out; raises on a verifier error.

    Scored as 0 it would be trained on.
    """
    use = use_of(verdict)
    if use.outcome is None:
        raise SandboxFailureError(
            f"{verdict.problem_id}: a verifier error, not the candidate's failure: {verdict.reason}"
        )
    return use.outcome, use
