"""Verifiers as the metric of a lm-evaluation-harness task (written against 0.4.13).

In a file beside the task's YAML:

    from veritune.integrations import lm_eval

    process_results = lm_eval.process_results()
    scored_mean = lm_eval.scored_mean

and in the YAML, `process_results: !function FILE.process_results` with the metric `verified`, whose
`aggregation` is `!function FILE.scored_mean`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan, nan

from veritune.config import ColumnsConfig, VerifierConfig
from veritune.integrations.rows import KnownProblems
from veritune.integrations.scoring import RowVerifier, rewards_of
from veritune.verifiers import Verifier


def process_results(
    problems: KnownProblems = (),
    verifier: VerifierConfig | Verifier | None = None,
    *,
    columns: ColumnsConfig | None = None,
) -> Callable[[Mapping[str, object], Sequence[object]], dict[str, float]]:
    """A function for `process_results`; its metrics are `verified` and `verifier_error`.

    The problem is made of the document: GSM8K's, MATH's, MBPP's or any that `veritune problems
    show` reads. With `problems`, a column `problem_id` names one of them. `verified` is the
    verdict's score, in [0, 1], and 0 for a cheat; of several samples it is their mean. On a
    verifier error it is NaN, which `scored_mean` leaves out.
    """
    return LmEvalMetric(RowVerifier(problems, verifier, columns)).process_results


def scored_mean(values: Sequence[float]) -> float:
    """The mean of those with a score; NaN where none has one."""
    scored = [value for value in values if not isnan(value)]
    return sum(scored) / len(scored) if scored else nan


class LmEvalMetric:
    """The metric."""

    def __init__(self, rows: RowVerifier) -> None:
        self._rows = rows

    def process_results(
        self, doc: Mapping[str, object], results: Sequence[object]
    ) -> dict[str, float]:
        """The metrics of a document's samples."""
        texts = [text for one in results for text in (one if isinstance(one, list) else [one])]
        problem = self._rows.rows.of(doc, where="doc")
        rewards = rewards_of(self._rows.verdicts((problem, str(text)) for text in texts))
        values = [nan if one is None else one for one in rewards]
        errors = sum(one is None for one in rewards)
        return {"verified": scored_mean(values), "verifier_error": errors / max(1, len(values))}
