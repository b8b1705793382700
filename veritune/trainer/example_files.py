"""Training examples from files of problems, candidates and verdicts."""

from __future__ import annotations

from pathlib import Path

from veritune.config import ColumnsConfig
from veritune.errors import RecordError
from veritune.files import read_records
from veritune.problems import read_pairs
from veritune.records import Candidate, Verdict
from veritune.trainer.protocol import Example
from veritune.use import use_of


def read_examples(
    problems: str | Path,
    candidates: str | Path,
    verdicts: str | Path | None = None,
    columns: ColumnsConfig | None = None,
) -> list[Example]:
    """What files give to fine-tune on: all candidates, or those that `veritune.use` lets imitate.

    With `verdicts` those that passed, were not truncated and are not flagged as cheats. Raises
    `RecordError` where none is left.
    """
    pairs = read_pairs(str(problems), str(candidates), columns)
    if verdicts is not None:
        known = {(v.problem_id, v.index): v for v in read_records(verdicts, Verdict)}
        pairs = [(p, c) for p, c in pairs if _learnable(c, known.get((c.problem_id, c.index)))]
        if not pairs:
            raise RecordError(
                f"{verdicts}: no candidate passed that may be trained on (whole, and not"
                " flagged as a cheat); nothing to train on"
            )
    return [Example(problem=problem, candidate=candidate) for problem, candidate in pairs]


def _learnable(candidate: Candidate, verdict: Verdict | None) -> bool:
    if verdict is None:
        return False
    use = use_of(verdict, truncated=candidate.truncated)
    return use.solved and use.imitate
