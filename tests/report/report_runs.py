"""A run on disk, written through the real journal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from veritune.config import check_recipe
from veritune.files import write_text
from veritune.journal import Journal, RunFolder
from veritune.journal.folder import to_toml
from veritune.records import Candidate, Problem, Verdict

VerifiedCandidate = tuple[Problem, Candidate, Verdict]


def evaluation(round: int, pass_at_1: float | None, **changed: Any) -> dict[str, Any]:
    """An evaluation row as the rounds write it."""
    return {
        "phase": "evaluate",
        "round": round,
        "problems": 200,
        "candidates": 800,
        "n": 4,
        "k": 4,
        "pass_at_1": pass_at_1,
        "pass_at_k": pass_at_1,
        "answer_correct": 400,
        "trace_checked": 400,
        "trace_errors": 20,
        "trace_error": 0.05,
        "errors": 0,
        "unchecked": 0,
    } | changed


def make_run(
    home: Path,
    name: str,
    rows: Sequence[dict[str, Any]],
    verified: Sequence[VerifiedCandidate] = (),
    **recipe: Any,
) -> Path:
    """A run folder in `home` with these metrics and, in the last round, these verdicts."""
    whole = check_recipe({"name": name, "output": str(home)} | recipe, "test")
    folder = whole.folder
    RunFolder(folder).make()
    with Journal.open(folder) as journal:
        journal.begin({"config": to_toml(whole)}, {})
        write_text(folder / "config.toml", to_toml(whole))
        problems = {problem.id: problem for problem, _, _ in verified}
        journal.add_problems("test", list(problems.values()))
        last = max((row["round"] for row in rows), default=0)
        journal.add_verified(last, [(candidate, verdict) for _, candidate, verdict in verified])
        journal.put_metrics(list(rows))
    return folder
