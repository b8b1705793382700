"""Problems: loaders for data sets and for own files, and generators with erring teachers."""

from veritune.problems.chain import chain_operations, chain_step
from veritune.problems.equations import line_of, root_of
from veritune.problems.generating import GENERATORS, generate
from veritune.problems.loading import SOURCES, guess_source, load_problems
from veritune.problems.samples import iter_candidates, read_candidates
from veritune.problems.splits import demonstrations, recipe_problems, reference_solution
from veritune.problems.survey import Survey, survey

__all__ = [
    "GENERATORS",
    "SOURCES",
    "Survey",
    "chain_operations",
    "chain_step",
    "demonstrations",
    "generate",
    "guess_source",
    "iter_candidates",
    "line_of",
    "load_problems",
    "read_candidates",
    "recipe_problems",
    "reference_solution",
    "root_of",
    "survey",
]
