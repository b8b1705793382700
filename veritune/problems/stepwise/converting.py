"""Files of solutions with labelled steps, from one format into another, or into records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from veritune.errors import RecordError, UnwritableError
from veritune.files import read_records, write_lines, write_records
from veritune.problems.inputs import read_problems
from veritune.problems.stepwise.formats import Format, read_stepwise, to_row
from veritune.problems.stepwise.labelled import Neutral, until_error
from veritune.records import Candidate, Verdict, VerifiedCandidate

# The files of a folder of records.
PARTS = ("problems.jsonl", "candidates.jsonl", "verdicts.jsonl")


def convert_steps(
    source: str,
    out: str | Path,
    *,
    format: Format | Literal["veritune"],
    neutral: Neutral,
    split: str = "train",
    threshold: float = 0.5,
    separator: str | None = None,
    only_until_error: bool = False,
) -> int:
    """Write the solutions of a file, a hub data set or a folder of records; returns how many.

    `veritune` is a folder with problems, candidates and verdicts. What `neutral`, `threshold` and
    `separator` are is said by `read_stepwise`. Raises `RecordError` naming the row.
    """
    if (Path(source) / PARTS[0]).is_file():
        verified = _read_records(Path(source))
    else:
        verified = list(
            read_stepwise(
                source, split=split, neutral=neutral, threshold=threshold, separator=separator
            )
        )
    if only_until_error:
        verified = [until_error(row) for row in verified]
    if format == "veritune":
        _write_records(verified, Path(out))
    else:
        rows = [to_row(row, format) for row in verified]
        write_lines(out, (json.dumps(row, ensure_ascii=False) for row in rows))
    return len(verified)


def _read_records(folder: Path) -> list[VerifiedCandidate]:
    problems = {problem.id: problem for problem in read_problems(str(folder / PARTS[0]))}
    verdicts = {(v.problem_id, v.index): v for v in read_records(folder / PARTS[2], Verdict)}
    candidates = read_records(folder / PARTS[1], Candidate)
    known = [c for c in candidates if (c.problem_id, c.index) in verdicts]
    if strange := next((c for c in known if c.problem_id not in problems), None):
        raise RecordError(
            f"{folder / PARTS[1]}: candidate of problem {strange.problem_id!r}, which is not in"
            f" {PARTS[0]}"
        )
    return [(problems[c.problem_id], c, verdicts[c.problem_id, c.index]) for c in known]


def _write_records(verified: Sequence[VerifiedCandidate], out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableError(f"{out}: cannot be made ({error.strerror})") from None
    problems = {problem.id: problem for problem, _, _ in verified}
    write_records(out / PARTS[0], problems.values())
    write_records(out / PARTS[1], [candidate for _, candidate, _ in verified])
    write_records(out / PARTS[2], [verdict for _, _, verdict in verified])
