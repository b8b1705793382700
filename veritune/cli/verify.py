"""`veritune verify --problems P.jsonl --candidates C.jsonl --out V.jsonl`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress
from veritune.cli.inputs import read_problems
from veritune.cli.running import run_async
from veritune.config import ColumnsConfig, VerifierConfig
from veritune.errors import JournalError
from veritune.files import write_record_lines
from veritune.journal import Partial, content_hash, is_made, note_made
from veritune.plugins import is_plugin, source_hash
from veritune.problems import Survey, iter_candidates, survey
from veritune.records import Candidate, Problem, Verdict
from veritune.text import truncation


class VerifyArguments(VerifierConfig):
    """Verify a file of candidates."""

    problems: str
    """Problems: a file, folder or hub name, in any known layout."""
    candidates: str
    """Candidates of those problems, in any of the same formats."""
    columns: ColumnsConfig = ColumnsConfig()
    out: str
    """Where the verdicts go, in the order of the candidates."""


def main(argv: Sequence[str]) -> int:
    """Verify every candidate; exit code 0 whatever the verdicts are.

    Verdicts are written to `OUT.part` as they come, so a command that was killed resumes.
    """
    arguments = parse(VerifyArguments, argv, prog="veritune verify")
    out, progress = Path(arguments.out), TerminalProgress()
    inputs = (arguments.problems, arguments.candidates)
    problems = {
        problem.id: problem for problem in read_problems(arguments.problems, arguments.columns)
    }
    made_of = _made_of(arguments)
    part = out.with_name(f"{out.name}.part")
    if is_made(out, made_of, inputs):
        part.unlink(missing_ok=True)
        progress.say(f"{out} already holds the verdicts of these candidates")
        return 0
    found = survey(arguments.candidates, problems, arguments.problems)
    with Partial(part, made_of, found.count) as partial:
        _say_resumed(partial, progress)
        run_async(_judge_file(arguments, problems, found, partial, progress))
        _finish(arguments, made_of, partial)
        counts = partial.outcomes
    progress.say(
        f"{found.count} candidates: {counts['passed']} passed, {counts['failed']} failed,"
        f" {counts['error']} verifier errors; verdicts in {out}"
    )
    if said := truncation(found.truncated, found.count):
        progress.say(said)
    return 0


async def verify_all(
    config: VerifierConfig, pairs: Sequence[tuple[Problem, Candidate]], progress: TerminalProgress
) -> list[Verdict]:
    """The verdicts, in the order of the pairs."""
    from veritune.verifiers import open_verifier, verify_each

    needs_code = any(problem.kind == "code" for problem, _ in pairs)
    found: dict[int, Verdict] = {}
    async with open_verifier(config, needs_code=needs_code) as verifier:
        with progress.phase("verify", len(pairs)) as advance:

            def take(position: int, verdict: Verdict) -> None:
                found[position] = verdict
                advance(1)

            jobs = ((at, problem, candidate) for at, (problem, candidate) in enumerate(pairs))
            await verify_each(verifier, jobs, take, at_once=2 * config.workers)
    return [found[position] for position in range(len(pairs))]


def _made_of(arguments: VerifyArguments) -> dict[str, Any]:
    """What the verdicts follow from: contents and options, but not where they stand or how fast."""
    free = {"problems", "candidates", "out", "workers"}
    made_of = arguments.model_dump(mode="json", exclude=free)
    own = [arguments.type, *(part.type for part in arguments.parts)]
    made_of["own"] = [source_hash(one, "--type") for one in own if is_plugin(one)]
    made_of |= {name: content_hash(getattr(arguments, name)) for name in ("problems", "candidates")}
    return made_of


async def _judge_file(
    arguments: VerifyArguments,
    problems: Mapping[str, Problem],
    found: Survey,
    partial: Partial,
    progress: TerminalProgress,
) -> None:
    """Verify what has no verdict yet."""
    from veritune.verifiers import open_verifier, verify_each

    if partial.done == found.count:
        return
    candidates = iter_candidates(arguments.candidates, problems, trusted=True)
    jobs = (
        (position, problems[candidate.problem_id], candidate)
        for position, (_, candidate) in enumerate(candidates)
        if position not in partial
    )
    async with open_verifier(arguments, needs_code="code" in found.kinds) as verifier:
        with progress.phase("verify", found.count) as advance:
            advance(partial.done)

            def take(position: int, verdict: Verdict) -> None:
                partial.add(position, verdict)
                advance(1)

            await verify_each(verifier, jobs, take, at_once=2 * arguments.workers)


def _finish(arguments: VerifyArguments, made_of: dict[str, Any], partial: Partial) -> None:
    """Put the verdicts in place, if they are of the files as they are now."""
    if _made_of(arguments) != made_of:
        raise JournalError(
            f"{arguments.candidates}: it or the problems changed while they were verified; remove"
            f" {partial.path} and run again"
        )
    out = Path(arguments.out)

    def note(aside: Path) -> None:
        note_made(out, made_of, content_hash(aside))

    write_record_lines(out, partial.lines(), Verdict, note)
    partial.remove()


def _say_resumed(partial: Partial, progress: TerminalProgress) -> None:
    if partial.damaged:
        progress.say(f"{partial.path}: {partial.damaged} damaged lines; verified again")
    if partial.done:
        progress.say(f"resuming: {partial.done} candidates already have a verdict")
