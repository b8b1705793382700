"""From what a peer hands to a reward function to our problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from veritune.config import ColumnsConfig
from veritune.errors import InputError, RecordError
from veritune.problems import read_problems, read_row
from veritune.records import MathProblem, Problem
from veritune.text import shown

# The problems: a file, folder or hub name in any known layout, or themselves.
KnownProblems = str | Path | Iterable[Problem]
# Columns that say how a row is checked; others of a row may be called an answer by chance.
CHECKED_BY = (
    *("answer", "final_answer", "solution", "ground_truth", "expected_answer", "reward_model"),
    *("tests", "test_list", "test_cases", "inputs", "outputs", "reference"),
)


class RowProblems:
    """Makes the problem of a row: a known one by its id, else one of the row's own columns.

    With `problems`, every row must name one of them; what the row itself says about its answer must
    not contradict it. `columns` maps columns of other names. Picklable.
    """

    def __init__(self, problems: KnownProblems = (), columns: ColumnsConfig | None = None) -> None:
        if isinstance(problems, str | Path):
            problems = read_problems(str(problems))
        self._by_id = {problem.id: problem for problem in problems}
        self._columns = columns or ColumnsConfig()

    @property
    def known(self) -> bool:
        """Whether rows name their problems by id."""
        return bool(self._by_id)

    def of(self, row: Mapping[str, object], id: object = None, where: str = "row") -> Problem:
        """The row's problem; raises `InputError` with one line for a row that has none.

        `id` is the known problem's, where the row does not say it in a column `problem_id`.
        """
        if not self._by_id:
            return self._read(where, row)
        id = row.get("problem_id", id)
        if id is None:
            raise InputError(
                f"{where}: no problem_id, and problems were given that are known by their id; add"
                " that column, or leave the problems out"
            )
        known = self._by_id.get(str(id))
        if known is None:
            raise InputError(
                f"{where}: problem_id {id!r}: not among the {len(self._by_id)} problems that were"
                " given"
            )
        own = {name: row[name] for name in CHECKED_BY if row.get(name) not in (None, "", [])}
        said: Problem | None = None
        if own:
            # What is no statement about the answer contradicts nothing.
            with suppress(RecordError):
                said = self._read(where, {"prompt": known.prompt, **own})
        if said is not None:
            check_alike(where, known, said)
        return known

    def _read(self, where: str, row: Mapping[str, object]) -> Problem:
        return read_row(where, dict(row), self._columns, "columns")


def check_alike(where: str, known: Problem, read: Problem) -> None:
    """Raise where a row says something else about its answer than the known problem."""
    if isinstance(known, MathProblem) and isinstance(read, MathProblem):
        if _same(known.reference.answer, read.reference.answer):
            return
        said = f"answer {shown(read.reference.answer)}, there {shown(known.reference.answer)}"
    elif not isinstance(known, MathProblem) and not isinstance(read, MathProblem):
        if known.reference.tests == read.reference.tests:
            return
        said = "other tests"
    else:
        said = f"a {read.kind} problem, there {known.kind}"
    raise RecordError(
        f"{where}: disagrees with the known problem {shown(known.id)}: {said}; mend the data, or"
        " leave one of the two out"
    )


@lru_cache(maxsize=4096)
def _same(gold: str, other: str) -> bool:
    from veritune.verifiers import compare

    return gold.strip() == other.strip() or compare(gold, other).equal


def text_of(completion: object) -> str:
    """The text of a completion: itself, or the content of its last assistant message."""
    if isinstance(completion, str):
        return completion
    if not isinstance(completion, list) or not all(isinstance(turn, dict) for turn in completion):
        raise InputError(f"a completion is a text or a list of messages, not {completion!r:.60}")
    said = [turn.get("content") for turn in completion if turn.get("role") == "assistant"]
    return str(said[-1]) if said and said[-1] is not None else ""
