"""Reading files that belong together: problems, candidates of them, verdicts on those."""

import sys

from veritune.config import ColumnsConfig
from veritune.errors import RecordError
from veritune.files import read_records
from veritune.problems.loading import Loaded, read_file
from veritune.problems.samples import iter_candidates
from veritune.problems.survey import survey
from veritune.records import Candidate, Problem, Verdict
from veritune.text import one_line, shown


def read_problems(path: str, columns: ColumnsConfig | None = None) -> list[Problem]:
    """The problems of a file in any known layout; what is to be said of its rows is printed."""
    loaded = read_file(path, columns or ColumnsConfig())
    say_notes(loaded)
    return loaded.problems


def say_notes(loaded: Loaded) -> None:
    """Print what is to be said of the rows that problems were read from."""
    for note in loaded.notes:
        print(one_line(f"note: {note}"), file=sys.stderr)


def read_pairs(
    problems: str, candidates: str, columns: ColumnsConfig | None = None
) -> list[tuple[Problem, Candidate]]:
    """Every candidate of a file with its problem; unknown problems and equal keys are refused."""
    by_id = {problem.id: problem for problem in read_problems(problems, columns)}
    survey(candidates, by_id, problems, columns)
    read = iter_candidates(candidates, by_id, columns, trusted=True)
    return [(by_id[candidate.problem_id], candidate) for _, candidate in read]


def read_verified(
    problems: str, candidates: str, verdicts: str, columns: ColumnsConfig | None = None
) -> list[tuple[Problem, Candidate, Verdict]]:
    """Every verified candidate with its problem and verdict, those of a problem together."""
    of_key: dict[tuple[str, int], Verdict] = {}
    for verdict in read_records(verdicts, Verdict):
        key = verdict.problem_id, verdict.index
        if key in of_key:
            raise RecordError(f"{verdicts}: two verdicts on candidate {shown(key[0])} {key[1]}")
        of_key[key] = verdict
    found = [
        (problem, candidate, of_key[key])
        for problem, candidate in read_pairs(problems, candidates, columns)
        if (key := (candidate.problem_id, candidate.index)) in of_key
    ]
    if not found:
        raise RecordError(f"{verdicts}: no verdict is of a candidate in {candidates}")
    return sorted(found, key=lambda row: row[0].id)
