"""Verifiers as a scorer of Inspect (written against 0.3.285)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veritune.config import ColumnsConfig, VerifierConfig
from veritune.integrations.rows import KnownProblems
from veritune.integrations.scoring import RowVerifier
from veritune.records import Verdict
from veritune.use import use_of
from veritune.verifiers import Verifier

if TYPE_CHECKING:
    from inspect_ai.scorer import Score, Scorer, Target
    from inspect_ai.solver import TaskState


def scorer(
    problems: KnownProblems = (),
    verifier: VerifierConfig | Verifier | None = None,
    *,
    columns: ColumnsConfig | None = None,
) -> Scorer:
    """A scorer: `Task(dataset=..., scorer=inspect_ai.scorer())`.

    The problem is made of the sample: its input, its target as the answer, and tests among its
    metadata. With `problems`, `metadata["problem_id"]` or the sample's id names one of them. The
    value is the verdict's score, in [0, 1], and 0 for a cheat. On a verifier error the sample is
    unscored, and left out of the metrics.
    """
    from inspect_ai.scorer import mean, stderr
    from inspect_ai.scorer import scorer as register

    made = InspectScorer(RowVerifier(problems, verifier, columns))

    def veritune() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            return await made.score(state, target)

        return score

    found: Scorer = register(metrics=[mean(), stderr()], name="veritune")(veritune)()
    return found


class InspectScorer:
    """What the scorer does, without Inspect's registry, which knows only functions."""

    def __init__(self, rows: RowVerifier) -> None:
        self._rows = rows

    async def score(self, state: TaskState, target: Target) -> Score:
        """The score of a sample's completion."""
        row: dict[str, object] = {"prompt": state.input_text, **(state.metadata or {})}
        # The target of a sample without one is empty.
        if target.text and "answer" not in row:
            row["answer"] = target.text
        where = f"sample {state.sample_id}"
        problem = self._rows.rows.of(row, state.sample_id, where)
        (verdict,) = await self._rows.averdicts([(problem, state.output.completion)])
        return _score(verdict)


def _score(verdict: Verdict) -> Score:
    from inspect_ai.scorer import Score

    found = use_of(verdict)
    if found.outcome is None:
        return Score.unscored(reason="verifier_error", explanation=verdict.reason)
    return Score(
        value=found.outcome,
        answer=verdict.answer,
        explanation=verdict.reason,
        metadata={"outcome": verdict.outcome, "flags": [flag.name for flag in verdict.flags]},
    )
