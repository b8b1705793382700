"""Problems: data sets and own files, generators with erring teachers, and their step rules."""

from veritune.problems.datasets import DATASETS
from veritune.problems.generating import GENERATORS, generate
from veritune.problems.loading import SOURCES, guess_source, load_problems, read_problems
from veritune.problems.rules import check_by_rule
from veritune.problems.samples import iter_candidates, read_candidates
from veritune.problems.splits import demonstrations, recipe_problems, reference_solution
from veritune.problems.survey import Survey, survey

__all__ = [
    "DATASETS",
    "GENERATORS",
    "SOURCES",
    "Survey",
    "check_by_rule",
    "demonstrations",
    "generate",
    "guess_source",
    "iter_candidates",
    "load_problems",
    "read_candidates",
    "read_problems",
    "recipe_problems",
    "reference_solution",
    "survey",
]
