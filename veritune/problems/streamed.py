"""Candidates of lines that come one by one, as through a pipe: nothing can be read twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from veritune.config import ColumnsConfig
from veritune.errors import RecordError
from veritune.files import BOM, to_record
from veritune.problems.plain_samples import candidate_columns, is_plain, plain_candidates
from veritune.problems.survey import Keys
from veritune.records import Candidate, Problem
from veritune.text import parse_json, shown

ProblemCandidate = tuple[Problem, Candidate]


class CandidateLines:
    """Reads lines in our own layout, or with a problem's id and a text; the first line decides.

    `name` is what the stream is called in messages.
    """

    def __init__(
        self, name: str, problems: Mapping[str, Problem], columns: ColumnsConfig | None = None
    ) -> None:
        self._name, self._problems, self._columns = name, problems, candidate_columns(columns)
        self._keys, self._numbers = Keys(), Counter[str]()
        self._plain: bool | None = None

    def read(self, number: int, raw: bytes) -> list[ProblemCandidate]:
        """The candidates of a line with their problems; `RecordError` names the line."""
        where = f"{self._name}:{number}"
        try:
            line = (raw.removeprefix(BOM) if number == 1 else raw).decode()
        except UnicodeDecodeError:
            raise RecordError(f"{where}: not UTF-8 text") from None
        return [self._known(where, one) for one in self._candidates(where, number, line)]

    def _candidates(self, where: str, number: int, line: str) -> list[Candidate]:
        if not line.strip():
            return []
        if self._plain is False:
            return [to_record(self._name, number, line, Candidate)]
        try:
            row = parse_json(line, finite=False)
        except ValueError as error:
            raise RecordError(f"{where}: {error}") from None
        if not isinstance(row, dict):
            raise RecordError(f"{where}: expected a JSON object")
        if self._plain is None:
            self._plain = self._columns is not None or is_plain("", row)
        if not self._plain:
            return [to_record(self._name, number, line, Candidate)]
        return list(plain_candidates(where, row, self._numbers, self._columns))

    def _known(self, where: str, candidate: Candidate) -> ProblemCandidate:
        problem = self._problems.get(candidate.problem_id)
        if problem is None:
            raise RecordError(f"{where}: no problem {shown(candidate.problem_id)}")
        if not self._keys.add(candidate):
            raise RecordError(
                f"{where}: candidate {shown(candidate.problem_id)} {candidate.index} is a duplicate"
            )
        return problem, candidate
