"""See the modules of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veritune.lazy import lazily

if TYPE_CHECKING:
    from veritune.benchmarks.audit import AuditEstimate, draw_audit, estimate_audit
    from veritune.benchmarks.best_of_n import Curve, Key, curves
    from veritune.benchmarks.candidate_scores import checker_scores, model_scores, read_scores
    from veritune.benchmarks.pass_at_k import estimate
    from veritune.benchmarks.rollouts import agreement
    from veritune.benchmarks.step_labels import LabelledSolution, read_labelled
    from veritune.benchmarks.step_thresholds import at_threshold, best_threshold
    from veritune.benchmarks.steps import check_solutions, confusions, problem_of
    from veritune.benchmarks.steps_report import (
        FileResult,
        disagreements,
        rates,
        shown,
        table,
        to_json,
    )
    from veritune.benchmarks.summary import VerdictSummary, write_junit, write_markdown
    from veritune.benchmarks.supervision.page import write_page
    from veritune.benchmarks.supervision.plan import StudyRecipe, narrowed
    from veritune.benchmarks.supervision.study import run_study
    from veritune.benchmarks.verdict_pairs import VerdictComparison, compare_verdicts
else:
    __getattr__ = lazily(
        __name__,
        {
            "audit": ("AuditEstimate", "draw_audit", "estimate_audit"),
            "best_of_n": (
                "Curve",
                "Key",
                "curves",
            ),
            "candidate_scores": (
                "checker_scores",
                "model_scores",
                "read_scores",
            ),
            "pass_at_k": ("estimate",),
            "rollouts": ("agreement",),
            "step_labels": (
                "LabelledSolution",
                "read_labelled",
            ),
            "step_thresholds": (
                "at_threshold",
                "best_threshold",
            ),
            "steps": (
                "check_solutions",
                "confusions",
                "problem_of",
            ),
            "steps_report": (
                "FileResult",
                "disagreements",
                "rates",
                "shown",
                "table",
                "to_json",
            ),
            "summary": ("VerdictSummary", "write_junit", "write_markdown"),
            "supervision.page": ("write_page",),
            "supervision.plan": (
                "StudyRecipe",
                "narrowed",
            ),
            "supervision.study": ("run_study",),
            "verdict_pairs": ("VerdictComparison", "compare_verdicts"),
        },
    )

__all__ = [
    "AuditEstimate",
    "Curve",
    "FileResult",
    "Key",
    "LabelledSolution",
    "StudyRecipe",
    "VerdictComparison",
    "VerdictSummary",
    "agreement",
    "at_threshold",
    "best_threshold",
    "check_solutions",
    "checker_scores",
    "compare_verdicts",
    "confusions",
    "curves",
    "disagreements",
    "draw_audit",
    "estimate",
    "estimate_audit",
    "model_scores",
    "narrowed",
    "problem_of",
    "rates",
    "read_labelled",
    "read_scores",
    "run_study",
    "shown",
    "table",
    "to_json",
    "write_junit",
    "write_markdown",
    "write_page",
]
