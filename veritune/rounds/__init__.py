"""Rounds: the loop, the session it works in, selection, and the commands on files."""

from typing import TYPE_CHECKING

from veritune.lazy import lazily
from veritune.rounds.caches import with_caches
from veritune.rounds.progress import Advance, NullProgress, Progress
from veritune.rounds.verify_files import verify_file

# What trains or samples is loaded when it is used: to verify a file takes none of it.
if TYPE_CHECKING:
    from veritune.rounds.exporting import Format, export
    from veritune.rounds.loop import improve
    from veritune.rounds.measures import pass_at_k, passes_visible
    from veritune.rounds.memory import memory_lines
    from veritune.rounds.overlong import fitting, fitting_splits
    from veritune.rounds.putting import put
    from veritune.rounds.reasons import kind_of, truncations
    from veritune.rounds.references import ReferenceCheck, check_references
    from veritune.rounds.remaining import RemainingTime
    from veritune.rounds.repository import covered_problems
    from veritune.rounds.sample_files import sample_file
    from veritune.rounds.session import Session, named_policy, open_session
    from veritune.rounds.solving import AnswerGroup, SolvedProblem, check_answer, solve_problem
    from veritune.rounds.start import start_policy
    from veritune.rounds.tracking import tracked_training
    from veritune.rounds.unanswered import check_answered
    from veritune.rounds.verify_streams import verify_stream
    from veritune.rounds.weak_tests import Strength, try_tests
    from veritune.rounds.whole import open_whole
else:
    __getattr__ = lazily(
        __name__,
        {
            "exporting": ("Format", "export"),
            "loop": ("improve",),
            "measures": (
                "pass_at_k",
                "passes_visible",
            ),
            "memory": ("memory_lines",),
            "overlong": ("fitting", "fitting_splits"),
            "putting": ("put",),
            "reasons": ("kind_of", "truncations"),
            "references": (
                "ReferenceCheck",
                "check_references",
            ),
            "remaining": ("RemainingTime",),
            "repository": ("covered_problems",),
            "sample_files": ("sample_file",),
            "session": (
                "Session",
                "SolvedProblem",
                "named_policy",
                "open_session",
            ),
            "solving": (
                "AnswerGroup",
                "SolvedProblem",
                "check_answer",
                "check_answered",
                "solve_problem",
            ),
            "start": ("start_policy",),
            "tracking": ("tracked_training",),
            "unanswered": ("check_answered",),
            "verify_streams": ("verify_stream",),
            "weak_tests": ("Strength", "try_tests"),
            "whole": ("open_whole",),
        },
    )

__all__ = [
    "Advance",
    "AnswerGroup",
    "Format",
    "NullProgress",
    "Progress",
    "ReferenceCheck",
    "RemainingTime",
    "Session",
    "SolvedProblem",
    "Strength",
    "check_answer",
    "check_answered",
    "check_references",
    "covered_problems",
    "export",
    "fitting",
    "fitting_splits",
    "improve",
    "kind_of",
    "memory_lines",
    "named_policy",
    "open_session",
    "open_whole",
    "pass_at_k",
    "passes_visible",
    "put",
    "sample_file",
    "solve_problem",
    "start_policy",
    "tracked_training",
    "truncations",
    "try_tests",
    "verify_file",
    "verify_stream",
    "with_caches",
]
