"""Reading the files that commands take together."""

from contextlib import suppress
from pathlib import Path

from veritune.errors import RecordError
from veritune.files import read_records
from veritune.problems import guess_source, load_problems, read_candidates
from veritune.problems import read_problems as read_own_problems
from veritune.records import Candidate, Problem, Verdict


def read_problems(path: str) -> list[Problem]:
    """The problems of a file: ours, or a data set's own rows (GSM8K, HumanEval, MBPP)."""
    source = "veritune"  # whose reader says what is wrong, and in which line
    if Path(path).is_file():  # no name on a hub
        with suppress(RecordError):
            source = guess_source(path)
    if source == "veritune":
        return read_own_problems(path)
    return load_problems(source, path, split="test", count=None)


def read_pairs(problems: str, candidates: str) -> list[tuple[Problem, Candidate]]:
    """Every candidate of a file with its problem; one of an unknown problem is refused."""
    by_id = {problem.id: problem for problem in read_problems(problems)}
    pairs = []
    for candidate in read_candidates(candidates, by_id):
        problem = by_id.get(candidate.problem_id)
        if problem is None:
            raise RecordError(
                f"{candidates}: candidate of problem '{candidate.problem_id}',"
                f" which is not in {problems}"
            )
        pairs.append((problem, candidate))
    return pairs


def read_judged(
    problems: str, candidates: str, verdicts: str
) -> list[tuple[Problem, Candidate, Verdict]]:
    """Every judged candidate with its problem and verdict, those of a problem together."""
    of_key = {(v.problem_id, v.index): v for v in read_records(verdicts, Verdict)}
    found = [
        (problem, candidate, of_key[key])
        for problem, candidate in read_pairs(problems, candidates)
        if (key := (candidate.problem_id, candidate.index)) in of_key
    ]
    if not found:
        raise RecordError(f"{verdicts}: no verdict is of a candidate in {candidates}")
    return sorted(found, key=lambda row: row[0].id)
