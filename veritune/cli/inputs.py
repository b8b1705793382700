"""Reading the files that commands take together."""

from veritune.errors import RecordError
from veritune.files import read_records
from veritune.records import Candidate, Problem


def read_pairs(problems: str, candidates: str) -> list[tuple[Problem, Candidate]]:
    """Every candidate of a file with its problem; one of an unknown problem is refused."""
    by_id = {problem.id: problem for problem in read_records(problems, Problem)}
    pairs = []
    for candidate in read_records(candidates, Candidate):
        problem = by_id.get(candidate.problem_id)
        if problem is None:
            raise RecordError(
                f"{candidates}: candidate of problem '{candidate.problem_id}',"
                f" which is not in {problems}"
            )
        pairs.append((problem, candidate))
    return pairs
