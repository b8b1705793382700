"""See the modules of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veritune.lazy import lazily

if TYPE_CHECKING:
    from veritune.benchmarks.best_of_n import Curve, Key, curves
    from veritune.benchmarks.pass_at_k import estimate
    from veritune.benchmarks.rollouts import agreement
    from veritune.benchmarks.supervision.page import write_page
    from veritune.benchmarks.supervision.plan import StudyRecipe, narrowed
    from veritune.benchmarks.supervision.study import run_study
else:
    __getattr__ = lazily(
        __name__,
        {
            "best_of_n": (
                "Curve",
                "Key",
                "curves",
            ),
            "pass_at_k": ("estimate",),
            "rollouts": ("agreement",),
            "supervision.page": ("write_page",),
            "supervision.plan": (
                "StudyRecipe",
                "narrowed",
            ),
            "supervision.study": ("run_study",),
        },
    )

__all__ = [
    "Curve",
    "Key",
    "StudyRecipe",
    "agreement",
    "curves",
    "estimate",
    "narrowed",
    "run_study",
    "write_page",
]
