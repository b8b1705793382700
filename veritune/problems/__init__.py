"""Problems: data sets and own files, generators with erring teachers, and their step rules."""

from typing import TYPE_CHECKING

from veritune.lazy import lazily
from veritune.problems.datasets import DATASETS
from veritune.problems.examples import reference_solution
from veritune.problems.generating import GENERATORS, generate
from veritune.problems.inputs import read_pairs, read_problems, read_verified, say_notes
from veritune.problems.loading import (
    FILE,
    SOURCES,
    Loaded,
    guess_source,
    load,
    load_problems,
    read_file,
)
from veritune.problems.rules import check_by_rule
from veritune.problems.samples import iter_candidates, read_candidates
from veritune.problems.splits import check_problem_files, demonstrations, recipe_problems
from veritune.problems.stepwise import (
    Format,
    Neutral,
    convert_steps,
    read_stepwise,
    to_row,
    until_error,
)
from veritune.problems.survey import Survey, survey

if TYPE_CHECKING:
    from veritune.problems.overlap import content, overlaps
    from veritune.problems.posing import posed, shown
    from veritune.problems.repository import LeaveOut, left_out, read_repository
    from veritune.problems.shapes import read_row
    from veritune.problems.shapes.prompts import text_of
    from veritune.problems.streamed import CandidateLines
else:
    __getattr__ = lazily(
        __name__,
        {
            "overlap": (
                "check_problem_files",
                "content",
                "overlaps",
            ),
            "posing": (
                "posed",
                "shown",
            ),
            "repository": ("LeaveOut", "left_out", "read_repository"),
            "shapes": ("read_row",),
            "shapes.prompts": ("text_of",),
            "streamed": ("CandidateLines",),
        },
    )

__all__ = [
    "DATASETS",
    "FILE",
    "GENERATORS",
    "SOURCES",
    "CandidateLines",
    "Format",
    "LeaveOut",
    "Loaded",
    "Neutral",
    "Survey",
    "check_by_rule",
    "check_problem_files",
    "content",
    "convert_steps",
    "demonstrations",
    "generate",
    "guess_source",
    "iter_candidates",
    "left_out",
    "load",
    "load_problems",
    "overlaps",
    "posed",
    "read_candidates",
    "read_file",
    "read_pairs",
    "read_problems",
    "read_repository",
    "read_row",
    "read_stepwise",
    "read_verified",
    "recipe_problems",
    "reference_solution",
    "say_notes",
    "shown",
    "survey",
    "text_of",
    "to_row",
    "until_error",
]
