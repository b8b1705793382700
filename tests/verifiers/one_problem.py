"""Files of one problem and many solutions to it, as commands read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veritune.files import write_records
from veritune.records import Candidate, MathProblem, MathReference


def written(folder: Path, texts: Sequence[str]) -> list[str]:
    """The options that name the files, of the problem, of `texts` and of the verdicts to come."""
    problem = MathProblem(id="p", prompt="1+1+1=?", reference=MathReference(answer="3"))
    write_records(folder / "P.jsonl", [problem])
    write_records(
        folder / "C.jsonl",
        [Candidate(problem_id="p", index=at, text=text) for at, text in enumerate(texts)],
    )
    files = (("problems", "P.jsonl"), ("candidates", "C.jsonl"), ("out", "V.jsonl"))
    return [word for name, file in files for word in (f"--{name}", str(folder / file))]
