"""A look through a file of candidates before any is verified, in bounded memory.

What is found here is found before hours of work: rows that are not right, candidates of unknown
problems, and candidates that stand twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from veritune.config import ColumnsConfig
from veritune.errors import RecordError
from veritune.problems.samples import iter_candidates
from veritune.records import Candidate, Problem
from veritune.text import shown

# Enough to see what is wrong with a file; thousands of lines would hide it.
MOST_NAMED = 10
# Bytes that an index may reach beyond those in use; one far out goes into a set, and not into a
# field of zeros.
SPARSE = 4096


@dataclass(frozen=True, slots=True)
class Survey:
    """How many candidates there are, how many ended at their limit on tokens (and of these before
    their answer began), and of which kinds of problems they are."""

    count: int
    truncated: int
    truncated_thinking: int
    kinds: frozenset[str]


def survey(
    path: str,
    problems: Mapping[str, Problem],
    problems_path: str,
    columns: ColumnsConfig | None = None,
) -> Survey:
    """Read a file of candidates through; raises `RecordError` naming what is wrong."""
    keys, count, truncated, thinking, kinds = Keys(), 0, 0, 0, set[str]()
    twice, unknown = Found(), Found()
    for line, candidate in iter_candidates(path, problems, columns):
        count += 1
        truncated += candidate.truncated
        thinking += candidate.truncated and candidate.still_thinking
        problem = problems.get(candidate.problem_id)
        if problem is None:
            unknown.add(line, shown(candidate.problem_id))
            continue
        kinds.add(problem.kind)
        if not keys.add(candidate):
            twice.add(line, f"{shown(candidate.problem_id)} {candidate.index}")
    if unknown.count:
        raise RecordError(
            f"{path}: {unknown.count} candidates of problems that are not in {problems_path}:"
            f" {unknown}{_other_ids(problems) if unknown.count == count else ''}"
        )
    if twice.count:
        raise RecordError(f"{path}: {twice.count} candidates stand twice: {twice}")
    return Survey(count, truncated, thinking, frozenset(kinds))


def _other_ids(problems: Mapping[str, Problem]) -> str:
    """What to type where no candidate names any of the problems."""
    first = next(iter(problems), "")
    return (
        f"; the problems have ids such as {shown(first)}: say where ids stand, in problems with"
        " --columns.id COLUMN, in candidates with --columns.problem-id COLUMN"
    )


class Keys:
    """The (problem, index) pairs that were seen: a bit each where indices are close together."""

    def __init__(self) -> None:
        self._bits: dict[str, bytearray] = {}
        self._sparse: set[tuple[str, int]] = set()

    def add(self, candidate: Candidate) -> bool:
        """Whether it was not seen before."""
        name, index = candidate.problem_id, candidate.index
        bits = self._bits.setdefault(name, bytearray())
        if index >= 8 * (2 * len(bits) + SPARSE):
            new = (name, index) not in self._sparse
            self._sparse.add((name, index))
            return new
        # A bit each: a million candidates take 125 kB.
        byte, bit = index // 8, 1 << index % 8
        if byte >= len(bits):
            bits.extend(bytes(byte + 1 - len(bits)))
        # An index that was far out once may be in reach by now.
        if bits[byte] & bit or (self._sparse and (name, index) in self._sparse):
            return False
        bits[byte] |= bit
        return True


class Found:
    """The first few finds with their lines, and how many there are."""

    def __init__(self) -> None:
        self.count = 0
        self._named: list[str] = []

    def add(self, line: int, what: str) -> None:
        self.count += 1
        if len(self._named) < MOST_NAMED:
            self._named.append(f"{what} (line {line})")

    def __str__(self) -> str:
        more = self.count - len(self._named)
        return ", ".join(self._named) + (f" and {more} more" if more else "")
