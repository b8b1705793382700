"""`veritune convert IN OUT --format trl|math-shepherd|processbench|prm800k|veritune`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress
from veritune.config import Frozen
from veritune.errors import RecipeError, RecordError, UnwritableError
from veritune.files import read_records, write_lines, write_records
from veritune.problems import read_problems
from veritune.problems.stepwise import Format, Neutral, VerifiedCandidate, read_stepwise, to_row
from veritune.records import Candidate, Verdict

USAGE = "veritune convert IN OUT"
PARTS = ("problems.jsonl", "candidates.jsonl", "verdicts.jsonl")


class ConvertArguments(Frozen):
    """Turn a file of solutions with labelled steps into another format."""

    format: Format | Literal["veritune"]
    """What to write; veritune is a folder with problems, candidates and verdicts."""
    neutral: Neutral
    """What PRM800K's rating 0 means. Qwen's models count it correct, TRL's script incorrect."""
    split: str = "train"
    """Which split of a folder or hub data set."""


def main(argv: Sequence[str]) -> int:
    """Convert; the format that is read shows itself row by row."""
    if argv and argv[0] in ("-h", "--help"):
        print(f"usage: {USAGE} --format F --neutral correct|incorrect|unchecked\n")
        parse(ConvertArguments, ["--help"], prog=USAGE)
    if len(argv) < 2 or argv[0].startswith("-") or argv[1].startswith("-"):
        raise RecipeError(f"name what to read and what to write: {USAGE} --format ...")
    arguments = parse(ConvertArguments, argv[2:], prog=USAGE)
    verified = list(_read(Path(argv[0]), argv[0], arguments))
    out = Path(argv[1])
    if arguments.format == "veritune":
        _write_records(verified, out)
    else:
        rows = [to_row(row, arguments.format) for row in verified]
        write_lines(out, (json.dumps(row, ensure_ascii=False) for row in rows))
    TerminalProgress().say(f"{len(verified)} solutions written to {out}")
    return 0


def _read(path: Path, name: str, arguments: ConvertArguments) -> Sequence[VerifiedCandidate]:
    if not (path / PARTS[0]).is_file():
        return list(read_stepwise(name, split=arguments.split, neutral=arguments.neutral))
    problems = {problem.id: problem for problem in read_problems(str(path / PARTS[0]))}
    verdicts = {(v.problem_id, v.index): v for v in read_records(path / PARTS[2], Verdict)}
    candidates = read_records(path / PARTS[1], Candidate)
    known = [c for c in candidates if (c.problem_id, c.index) in verdicts]
    if strange := next((c for c in known if c.problem_id not in problems), None):
        raise RecordError(
            f"{path / PARTS[1]}: candidate of problem {strange.problem_id!r}, which is not in"
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
