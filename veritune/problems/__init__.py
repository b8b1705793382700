"""Problems: data sets and own files, generators with erring teachers, and their step rules."""

from veritune.problems.datasets import DATASETS
from veritune.problems.generating import GENERATORS, generate
from veritune.problems.loading import SOURCES, guess_source, load_problems, read_problems
from veritune.problems.rules import check_by_rule
from veritune.problems.samples import read_candidates
from veritune.problems.splits import demonstrations, recipe_problems, reference_solution

__all__ = [
    "DATASETS",
    "GENERATORS",
    "SOURCES",
    "check_by_rule",
    "demonstrations",
    "generate",
    "guess_source",
    "load_problems",
    "read_candidates",
    "read_problems",
    "recipe_problems",
    "reference_solution",
]
