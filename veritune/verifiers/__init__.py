"""Verifiers: what gives a candidate its verdict, and why it may be believed."""

from typing import TYPE_CHECKING

from veritune.lazy import lazily
from veritune.verifiers.compose import open_verifier
from veritune.verifiers.protocol import Verifier
from veritune.verifiers.streaming import verify_each

if TYPE_CHECKING:
    from veritune.verifiers.answers import (
        AnswerPolicy,
        AnswerVerifier,
        Comparison,
        compare,
        extract_answer,
    )
    from veritune.verifiers.answers.pool import SECONDS as POOL_SECONDS
    from veritune.verifiers.answers.pool import Pool
    from veritune.verifiers.code import CodeVerifier
    from veritune.verifiers.code.weakness import case_count, mutants, weak_programs
    from veritune.verifiers.custom import Own, check_own
    from veritune.verifiers.labelling import StepLabeller
    from veritune.verifiers.opening import checker_names, open_labeller
    from veritune.verifiers.prefixes import StepLabels
    from veritune.verifiers.rollouts import RolloutLabeller
    from veritune.verifiers.scoring import (
        Aggregate,
        aggregated,
        candidate_scores,
        open_reward_model,
        score_candidates,
        step_scores,
    )
    from veritune.verifiers.steps import Span, check_annotations, check_candidate, check_steps
else:
    __getattr__ = lazily(
        __name__,
        {
            "answers": (
                "AnswerPolicy",
                "AnswerVerifier",
                "Comparison",
                "compare",
                "extract_answer",
            ),
            "answers.pool": (
                "Pool",
                "POOL_SECONDS=SECONDS",
            ),
            "code": ("CodeVerifier",),
            "code.weakness": ("case_count", "mutants", "weak_programs"),
            "custom": (
                "Own",
                "check_own",
            ),
            "labelling": ("StepLabeller",),
            "opening": (
                "checker_names",
                "open_labeller",
            ),
            "prefixes": ("StepLabels",),
            "rollouts": ("RolloutLabeller",),
            "scoring": (
                "Aggregate",
                "aggregated",
                "candidate_scores",
                "open_reward_model",
                "score_candidates",
                "step_scores",
            ),
            "steps": (
                "Span",
                "check_annotations",
                "check_candidate",
                "check_steps",
            ),
        },
    )

__all__ = [
    "POOL_SECONDS",
    "Aggregate",
    "AnswerPolicy",
    "AnswerVerifier",
    "CodeVerifier",
    "Comparison",
    "Own",
    "Pool",
    "RolloutLabeller",
    "Span",
    "StepLabeller",
    "StepLabels",
    "Verifier",
    "aggregated",
    "candidate_scores",
    "case_count",
    "check_annotations",
    "check_candidate",
    "check_own",
    "check_steps",
    "checker_names",
    "compare",
    "extract_answer",
    "mutants",
    "open_labeller",
    "open_reward_model",
    "open_verifier",
    "score_candidates",
    "step_scores",
    "verify_each",
    "weak_programs",
]
