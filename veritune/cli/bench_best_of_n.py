"""`veritune bench best-of-n --problems P.jsonl --candidates C.jsonl [--scores S.jsonl]`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from veritune.cli.arguments import parse
from veritune.cli.candidates import CandidateArguments, ProblemCandidate, verified_candidates
from veritune.cli.console import TerminalProgress, percent
from veritune.cli.posing import pose_for_rollouts
from veritune.cli.running import run_async
from veritune.config import Positive
from veritune.errors import RecipeError, RecordError
from veritune.files import read_records, write_text
from veritune.problems import read_pairs, read_problems
from veritune.records import Verdict

if TYPE_CHECKING:
    from veritune.benchmarks import Curve


class BestOfNArguments(CandidateArguments):
    """How often the pick among n candidates is right: by verifier, majority, or scores."""

    verdicts: str | None = None
    """Verdicts of the candidates, as `veritune verify` writes them; verified where left out."""
    scores: tuple[str, ...] = ()
    """Files with problem_id, index and score a line: of a reward model, or verdicts of another
    verifier. Each gives a curve of its own, under the file's name."""
    scorer: str | None = None
    """Also a curve of this reward model's scores: what `veritune train reward` wrote, or a
    published process reward model, read as `convention` says."""
    scorer_steps: Literal["min", "product", "last"] = "min"
    """How a process reward model's step scores become one."""
    checkers: tuple[str, ...] = ()
    """Also a curve of each of these step checkers: rules, reward_model, judge, rollouts; a+b: a
    first, then b for the steps that a left unchecked or only consistent. A solution's score is of
    its steps' scores, as `scorer_steps` says; a step without one counts 1 where verified, 0 where
    incorrect, else one half."""
    n: tuple[Positive, ...] = ()
    """The n to report; 1, 2, 4, ... where left out."""
    out: str | None = None
    """Also write the curves here, as JSON."""


def main(argv: Sequence[str]) -> int:
    """Verify what has no verdict, and report a table of n by what selects."""
    from veritune.benchmarks import checker_scores, curves, model_scores, read_scores
    from veritune.rounds import with_caches

    arguments = parse(BestOfNArguments, argv, prog="veritune bench best-of-n")
    scores = {Path(path).name.partition(".")[0]: read_scores(path) for path in arguments.scores}
    progress, steps = TerminalProgress(), arguments.scorer_steps
    pairs, verdicts = _verified(arguments, progress)
    if arguments.scorer is not None:
        name = Path(arguments.scorer).resolve().name
        scores[name] = model_scores(arguments.scorer, arguments.convention, pairs, steps)
    if arguments.checkers:
        config = with_caches(arguments, arguments.out or "best-of-n")
        # Those that were sampled here are put as the model gets them already.
        model = None if arguments.model else arguments.rollouts.model
        for checker in arguments.checkers:
            asked = pose_for_rollouts(pairs, checker, arguments.prompt, model, progress)
            work = checker_scores([checker], config, asked, steps, progress.say)
            scores |= run_async(work)
    found = curves(verdicts, scores, arguments.n)
    for line in table(found):
        progress.say(line)
    unchecked = sum(verdict.outcome == "error" for verdict in verdicts)
    progress.say(f"{len(verdicts)} candidates; {unchecked} verifier errors")
    if arguments.out is not None:
        _write(Path(arguments.out), found)
    return 0


def table(found: dict[str, Curve]) -> list[str]:
    """Lines for a person: a row for each n, a column for each way to select."""
    width = max(10, *(len(name) + 2 for name in found))
    first = next(iter(found.values()))
    lines = ["   n" + "".join(f"{name:>{width}}" for name in found) + "  problems"]
    for n, problems in first.problems.items():
        rates = "".join(f"{percent(curve.rates[n]):>{width}}" for curve in found.values())
        lines.append(f"{n:>4}{rates}{problems:>10}")
    return lines


def _verified(
    arguments: BestOfNArguments, progress: TerminalProgress
) -> tuple[list[ProblemCandidate], list[Verdict]]:
    """Candidates with their problems, where those are known, and the verdicts."""
    if arguments.verdicts is None:
        return verified_candidates(arguments, progress)
    if arguments.model is not None:
        raise RecipeError("give --verdicts, or --model to sample candidates with, but not both")
    pairs: list[ProblemCandidate] = []
    if arguments.candidates is None and (arguments.scorer or arguments.checkers):
        option = "--scorer reads" if arguments.scorer else "--checkers read"
        raise RecipeError(f"{option} the candidates: give --candidates as well")
    if arguments.candidates is not None:
        pairs = read_pairs(arguments.problems, arguments.candidates, arguments.columns)
    return pairs, _known_verdicts(arguments)


def _known_verdicts(arguments: BestOfNArguments) -> list[Verdict]:
    assert arguments.verdicts is not None
    verdicts = read_records(arguments.verdicts, Verdict)
    ids = {problem.id for problem in read_problems(arguments.problems, arguments.columns)}
    if strange := next((v.problem_id for v in verdicts if v.problem_id not in ids), None):
        raise RecordError(
            f"{arguments.verdicts}: verdict of problem '{strange}',"
            f" which is not in {arguments.problems}"
        )
    return verdicts


def _write(path: Path, found: dict[str, Curve]) -> None:
    rows = {name: {"rates": c.rates, "problems": c.problems} for name, c in found.items()}
    write_text(path, json.dumps(rows, indent=1) + "\n")
