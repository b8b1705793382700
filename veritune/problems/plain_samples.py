"""Candidates in files that somebody wrote by hand or with a loop of their own.

    {"problem_id", "text"}             lines, a JSON list, CSV or TSV; `index` may be left out
    {"id", "completion" or "response"} the same under other usual names
    {"id", "responses": [...]}         several at once
    any two columns                    that `columns` names

Where there is no `index`, candidates of a problem are numbered in the order of the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from veritune.config import CandidateColumnsConfig, ColumnsConfig
from veritune.errors import RecordError
from veritune.files import iter_rows
from veritune.problems.tables import csv_rows, json_rows
from veritune.records import Candidate

PROBLEM = ("problem_id", "task_id", "question_id", "id")
# Not "answer" or "solution": a file of problems has those, and is no file of candidates.
TEXT = ("text", "completion", "response", "output", "generation", "model_output", "prediction")
TEXTS = ("texts", "completions", "responses", "outputs", "generations", "samples")
ENDS = ("stop", "length")

SampleRow = dict[str, object]


def sample_rows(path: str) -> Iterator[tuple[int, SampleRow]]:
    """(number, row) of a file by its ending: a table, one JSON text, or lines and parquet."""
    if (ending := ending_of(path)) not in (".json", ".csv", ".tsv"):
        yield from iter_rows(path)
        return
    rows = json_rows(Path(path), "candidates") if ending == ".json" else csv_rows(Path(path))
    for number, row in rows:
        if isinstance(row, RecordError):
            raise row
        yield number, row


def ending_of(path: str) -> str:
    """The ending that says how a file is read, without that of its compression."""
    return Path(path.removesuffix(".zst")).suffix


def is_plain(path: str, first: SampleRow) -> bool:
    """Whether a file is not one of our own, whose lines have a problem's id and an index."""
    if ending_of(path) in (".json", ".csv", ".tsv"):
        return True
    return "index" not in first


def candidate_columns(columns: ColumnsConfig | None) -> CandidateColumnsConfig | None:
    """The columns where they name one of candidates, else None."""
    named = isinstance(columns, CandidateColumnsConfig) and (columns.text or columns.problem_id)
    return columns if isinstance(columns, CandidateColumnsConfig) and named else None


def iter_plain(
    path: str, columns: CandidateColumnsConfig | None = None
) -> Iterator[tuple[int, Candidate]]:
    """(line, candidate) of such a file; raises `RecordError` for a row that is not right."""
    numbers: Counter[str] = Counter()
    for line, row in sample_rows(path):
        for candidate in plain_candidates(f"{path}:{line}", row, numbers, columns):
            yield line, candidate


def plain_candidates(
    where: str,
    row: SampleRow,
    numbers: Counter[str],
    columns: CandidateColumnsConfig | None = None,
) -> Iterator[Candidate]:
    """The candidates of one row; `numbers` is how many each problem had before it."""
    ids = columns.problem_id if columns is not None else None
    said = columns.text if columns is not None else None
    names = PROBLEM if ids is None else (ids,)
    text_names = (*TEXT, *TEXTS) if said is None else (said,)
    id = _problem(row, names)
    texts = _texts(row, text_names)
    if id is None or not texts:
        missing = [*(["problem-id"] if id is None else []), *([] if texts else ["text"])]
        typed = " ".join(f"--columns.{name} COLUMN" for name in missing)
        raise RecordError(
            f"{where}: a candidate needs the id of its problem ({_either(names)}) and its text"
            f" ({_either(text_names)}); the row has {_names(row)}; say where it stands: {typed}"
        )
    for text in texts:
        index = _index(where, row) if "index" in row and len(texts) == 1 else numbers[id]
        yield _candidate(where, id, index, text, row)
        numbers[id] += 1


def _candidate(where: str, id: str, index: int, text: str, row: SampleRow) -> Candidate:
    finish = row.get("finish_reason")
    made: SampleRow = {"problem_id": id, "index": index, "text": text}
    if finish in ENDS:
        made["finish_reason"] = finish
    try:
        return Candidate.from_json(made)
    except (RecordError, ValueError) as error:
        raise RecordError(f"{where}: {error}") from None


def _problem(row: SampleRow, names: tuple[str, ...]) -> str | None:
    key = _key(row, names)
    value = row[key] if key is not None else None
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).strip() or None if plain else None


def _texts(row: SampleRow, names: tuple[str, ...]) -> list[str]:
    key = _key(row, names)
    value = row[key] if key is not None else None
    found = value if isinstance(value, list) else [value]
    texts = [text for text in found if isinstance(text, str)]
    return texts if len(texts) == len(found) else []


def _index(where: str, row: SampleRow) -> int:
    text = str(row["index"]).strip()
    # Eighteen digits: what a journal's integers hold.
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise RecordError(f"{where}: index: expected a whole number from 0 (got {text[:40]!r})")
    return int(text)


def _key(row: SampleRow, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in row), None)


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _names(row: SampleRow) -> str:
    return ", ".join(map(str, list(row)[:12])) or "no columns"
