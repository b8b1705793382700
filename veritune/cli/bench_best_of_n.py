"""`veritune bench best-of-n --problems P.jsonl --candidates C.jsonl [--scores S.jsonl]`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, cast

from veritune.cli.arguments import parse
from veritune.cli.candidates import CandidateArguments, ProblemCandidate, verified_candidates
from veritune.cli.console import TerminalProgress, percent
from veritune.cli.running import gathered, run_async
from veritune.config import Positive
from veritune.errors import RecipeError, RecordError
from veritune.files import iter_rows, read_records, write_text
from veritune.problems import read_pairs, read_problems
from veritune.records import Verdict

if TYPE_CHECKING:
    from veritune.benchmarks import Curve, Key


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
    from veritune.benchmarks import curves

    arguments = parse(BestOfNArguments, argv, prog="veritune bench best-of-n")
    scores = {Path(path).name.partition(".")[0]: read_scores(path) for path in arguments.scores}
    progress = TerminalProgress()
    pairs, verdicts = _verified(arguments, progress)
    scores |= _reward_scores(arguments, pairs)
    if arguments.checkers:
        scores |= run_async(_checker_scores(arguments, pairs, progress))
    found = curves(verdicts, scores, arguments.n)
    for line in table(found):
        progress.say(line)
    unchecked = sum(verdict.outcome == "error" for verdict in verdicts)
    progress.say(f"{len(verdicts)} candidates; {unchecked} verifier errors")
    if arguments.out is not None:
        _write(Path(arguments.out), found)
    return 0


class ScoreRow(TypedDict):
    """A line of a file of scores."""

    problem_id: str
    index: int
    score: float | None


def read_scores(path: str) -> dict[Key, float]:
    """Scores by (problem id, index); a row without a score (verifier error) counts as lowest."""
    found: dict[Key, float] = {}
    for number, read in iter_rows(path):
        row = cast("ScoreRow", read)  # what is not so is said below
        try:
            key, score = (str(row["problem_id"]), int(row["index"])), row["score"]
            found[key] = float("-inf") if score is None else float(score)
            if score is not None and not isfinite(found[key]):
                raise ValueError(score)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise RecordError(
                f"{path}:{number}: expected problem_id, index and a number as score"
            ) from None
    return found


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


def _reward_scores(
    arguments: BestOfNArguments, pairs: list[ProblemCandidate]
) -> dict[str, dict[Key, float]]:
    """Scores of the reward model, by its folder's name."""
    if arguments.scorer is None:
        return {}
    if not pairs:
        raise RecipeError("--scorer reads the candidates: give --candidates as well")
    from veritune.verifiers import candidate_scores, open_reward_model

    reward = open_reward_model(arguments.scorer, arguments.convention)
    (scores,) = candidate_scores(reward, pairs, [arguments.scorer_steps])
    return {Path(arguments.scorer).resolve().name: scores}


async def _checker_scores(
    arguments: BestOfNArguments, pairs: list[ProblemCandidate], progress: TerminalProgress
) -> dict[str, dict[Key, float]]:
    """Scores by the steps that each checker labels, under its name."""
    if not pairs:
        raise RecipeError("--checkers read the candidates: give --candidates as well")
    from veritune.rounds import with_caches
    from veritune.verifiers import (
        AnswerVerifier,
        aggregated,
        checker_names,
        open_labeller,
        step_scores,
    )

    config = with_caches(arguments, arguments.out or "best-of-n")
    found: dict[str, dict[Key, float]] = {}
    async with AnswerVerifier(workers=arguments.workers) as answers:
        for checker in arguments.checkers:
            names = checker_names(checker)
            async with open_labeller(config, names, answers, progress.say) as labeller:
                steps = await gathered(
                    [partial(labeller.check, *pair, None) for pair in pairs], config.at_once
                )
            found[checker] = {
                (one.problem_id, one.index): aggregated(step_scores(own), arguments.scorer_steps)
                for (_, one), own in zip(pairs, steps, strict=True)
            }
    return found


def _write(path: Path, found: dict[str, Curve]) -> None:
    rows = {name: {"rates": c.rates, "problems": c.problems} for name, c in found.items()}
    write_text(path, json.dumps(rows, indent=1) + "\n")
