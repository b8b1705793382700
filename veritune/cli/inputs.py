"""Reading the files that commands take together."""

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from veritune.errors import RecordError
from veritune.files import read_records
from veritune.problems import guess_source, iter_candidates, load_problems, survey
from veritune.problems import read_problems as read_own_problems
from veritune.records import Candidate, Problem, Verdict

MOST_NAMED = 10


def read_problems(path: str) -> list[Problem]:
    """The problems of a file: ours, or a data set's own rows (GSM8K, HumanEval, MBPP)."""
    source = "veritune"  # whose reader says what is wrong, and in which line
    if os.path.isfile(path):  # no name on a hub
        with suppress(RecordError):
            source = guess_source(path)
    if source == "veritune":
        problems = read_own_problems(path)
        _refuse_equal_ids(path, problems)
        return problems
    return load_problems(source, path, split="test", count=None)


def read_pairs(problems: str, candidates: str) -> list[tuple[Problem, Candidate]]:
    """Every candidate of a file with its problem; unknown problems and equal keys are refused."""
    by_id = {problem.id: problem for problem in read_problems(problems)}
    survey(candidates, by_id, problems)
    return [(by_id[c.problem_id], c) for _, c in iter_candidates(candidates, by_id, trusted=True)]


def _refuse_equal_ids(path: str, problems: Sequence[Problem]) -> None:
    counts = Counter(problem.id for problem in problems)
    if len(counts) == len(problems):
        return
    twice = [f"{n} problems have the id '{name}'" for name, n in counts.items() if n > 1]
    more = f" and {len(twice) - MOST_NAMED} more" if len(twice) > MOST_NAMED else ""
    raise RecordError(f"{path}: {', '.join(twice[:MOST_NAMED])}{more}; ids must differ")


def read_verified(
    problems: str, candidates: str, verdicts: str
) -> list[tuple[Problem, Candidate, Verdict]]:
    """Every verified candidate with its problem and verdict, those of a problem together."""
    of_key = {(v.problem_id, v.index): v for v in read_records(verdicts, Verdict)}
    found = [
        (problem, candidate, of_key[key])
        for problem, candidate in read_pairs(problems, candidates)
        if (key := (candidate.problem_id, candidate.index)) in of_key
    ]
    if not found:
        raise RecordError(f"{verdicts}: no verdict is of a candidate in {candidates}")
    return sorted(found, key=lambda row: row[0].id)
