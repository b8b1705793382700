"""`veritune verify`: a file or stream of candidates becomes a file or stream of verdicts."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, BinaryIO

from pydantic import model_validator

from veritune.cli import fail
from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress
from veritune.cli.posing import HERE, asks_rollouts, check_prompt, pose
from veritune.cli.running import run_async
from veritune.config import (
    CandidateColumnsConfig,
    ClusterConfig,
    PromptConfig,
    Rate,
    SamplerConfig,
    VerifierConfig,
)
from veritune.errors import RecipeError, RecordError
from veritune.files import iter_records, write_text
from veritune.records import Problem, Verdict
from veritune.store import check_output

STREAM = "-"


class VerifyArguments(VerifierConfig):
    """Verify a file of candidates."""

    problems: str
    """Problems: a file, folder or hub name, in any known layout."""
    candidates: str
    """Candidates of those problems, in any of the same formats; - reads one a line from standard
    input."""
    columns: CandidateColumnsConfig = CandidateColumnsConfig()
    out: str
    """Where the verdicts go, in the order of the candidates; - writes each to standard output as
    soon as it is there, and everything else to standard error."""
    fail_under: Rate | None = None
    """Exit with 1 where the pass rate is lower, or where verifier errors could make it so."""
    junit: str | None = None
    """Write a JUnit file for a CI system: a test case for every candidate."""
    markdown: str | None = None
    """Write a summary in markdown: counts, pass rate, the problems solved least."""
    prompt: PromptConfig = PromptConfig()
    """How problems are put to the model of rollouts."""
    cluster: ClusterConfig = ClusterConfig(samplers=0)

    @model_validator(mode="after")
    def _cluster_can(self) -> VerifyArguments:
        self.cluster.check(SamplerConfig(), self)
        if self.cluster.address is not None and self.out == STREAM:
            raise ValueError("cluster.address: a stream is verified on one machine; name a file")
        return self

    @model_validator(mode="after")
    def _prompt_is_for_rollouts(self) -> VerifyArguments:
        check_prompt(self.prompt, self.labellers, "--steps")
        if self.prompt.overlong == "drop":
            raise ValueError("prompt.overlong: every candidate gets a verdict; take out long ones")
        return self

    report: str | None = None
    """Write a page with every candidate, up to 50,000; --out is a file then."""

    @property
    def wants_summary(self) -> bool:
        """Whether the verdicts are to be counted by problem and kind."""
        return any(one is not None for one in (self.fail_under, self.junit, self.markdown))


def main(argv: Sequence[str]) -> int:
    """Verify every candidate; exit code 0 whatever the verdicts are, but for `--fail-under`, and 1
    where all are verifier errors."""
    arguments = parse(VerifyArguments, argv, prog="veritune verify")
    _check_summaries(arguments)
    if arguments.out == STREAM:
        if arguments.report is not None:
            raise RecipeError("--report: is made of a file of verdicts; give --out a file's name")
        return _to_stream(arguments, TerminalProgress(stream=sys.stderr))
    return _to_file(arguments, TerminalProgress())


def _to_file(arguments: VerifyArguments, progress: TerminalProgress) -> int:
    from veritune.rounds import verify_file

    problems, out = arguments.problems, arguments.out
    with _spooled(arguments.candidates) as candidates:
        counts = run_async(
            verify_file(
                problems,
                candidates,
                out,
                arguments,
                progress,
                arguments.columns,
                arguments.cluster,
                _posing(arguments, progress),
            )
        )
        if counts is None:
            progress.say(f"{out} already holds the verdicts of these candidates")
        else:
            progress.say(f"{_counted(counts)}; verdicts in {out}")
        if arguments.report is not None:
            _write_page(arguments, candidates, Path(arguments.report))
            progress.say(f"every candidate: {arguments.report}")
    code = _finish(arguments, lambda: iter_records(out, Verdict), progress)
    # The first that is decided ends the look.
    return code or _unscored(iter_records(out, Verdict), f"remove {out} and run again")


def _to_stream(arguments: VerifyArguments, progress: TerminalProgress) -> int:
    from veritune.rounds import verify_stream

    source = _stdin() if arguments.candidates == STREAM else arguments.candidates
    first: list[Verdict] = []  # Or one that is decided, if there is any.
    with TemporaryFile("w+") as kept:

        def write(verdict: Verdict) -> None:
            line = verdict.to_line()
            # One write a line: whoever reads it sees whole lines, and at once.
            sys.stdout.buffer.write(line.encode() + b"\n")
            sys.stdout.buffer.flush()
            if arguments.wants_summary:
                kept.write(line + "\n")
            if not first or _is_decided(verdict):
                first[:] = [verdict]

        counts = run_async(
            verify_stream(
                arguments.problems,
                source,
                write,
                arguments,
                progress,
                arguments.columns,
                _posing(arguments, progress),
            )
        )
        progress.say(_counted(counts))
        code = _finish(arguments, lambda: _read_again(kept), progress)
        return code or _unscored(first)


def _posing(
    arguments: VerifyArguments, progress: TerminalProgress
) -> Callable[[Sequence[Problem]], list[Problem]] | None:
    """How problems are put to the model that completes steps; None where none does."""
    model = arguments.rollouts.model
    if model is None or not asks_rollouts(arguments.labellers):
        return None
    return lambda problems: pose(problems, arguments.prompt, model, HERE, progress)


def _finish(
    arguments: VerifyArguments,
    verdicts: Callable[[], Iterable[Verdict]],
    progress: TerminalProgress,
) -> int:
    """Write the summaries that were asked for; the exit code."""
    if not arguments.wants_summary:
        return 0
    from veritune.benchmarks import VerdictSummary, write_junit, write_markdown

    summary = VerdictSummary()
    for verdict in verdicts():
        summary.add(verdict)
    if arguments.junit is not None:
        write_junit(arguments.junit, verdicts(), summary)
    if arguments.markdown is not None:
        write_markdown(arguments.markdown, summary)
    if arguments.fail_under is None:
        return 0
    if why := summary.shortfall(arguments.fail_under):
        return fail(f"--fail-under: {why}", 1)
    progress.say(f"pass rate {summary.pass_rate.value:.4g}, wanted {arguments.fail_under:g}")
    return 0


def _unscored(verdicts: Iterable[Verdict], then: str = "run again") -> int:
    """1, with a line, where all verdicts are verifier errors, and there are some."""
    first = ""
    for verdict in verdicts:
        if _is_decided(verdict):
            return 0
        first = first or verdict.reason
    why = f"no candidate has a score; {first}; mend the verifier, {then}"
    return fail(why, 1) if first else 0


def _is_decided(verdict: Verdict) -> bool:
    """Whether there is a score, or a label on a step: solutions may come without an answer."""
    return verdict.score is not None or any(s.label != "unchecked" for s in verdict.steps or ())


def _write_page(arguments: VerifyArguments, candidates: str, page: Path) -> None:
    from veritune.viewer import page_of, verdict_folder

    verdicts = Path(arguments.out)
    with verdict_folder(verdicts, arguments.problems, candidates, arguments.columns) as folder:
        write_text(page, page_of([folder]))


@contextmanager
def _spooled(candidates: str) -> Iterator[str]:
    """The candidates as a file, which can be read through before any is verified."""
    if candidates != STREAM:
        yield candidates
        return
    with TemporaryDirectory(prefix="veritune-") as folder:
        path = Path(folder, "stdin.jsonl")
        with path.open("wb") as stream:
            shutil.copyfileobj(_stdin(), stream)
        try:
            yield str(path)
        except RecordError as error:
            # Whoever sent the lines knows nothing of the file.
            raise RecordError(str(error).replace(str(path), "stdin")) from None


def _stdin() -> BinaryIO:
    if sys.stdin is None:  # closed by who started us
        raise RecipeError("--candidates -: standard input is closed")
    return sys.stdin.buffer


def _read_again(kept: IO[str]) -> Iterator[Verdict]:
    kept.seek(0)
    return map(Verdict.from_line, kept)


def _check_summaries(arguments: VerifyArguments) -> None:
    """Refuse what could not be written before hours of work."""
    for option, ending, name in (
        ("--junit", ".xml", arguments.junit),
        ("--markdown", ".md", arguments.markdown),
        ("--report", ".html", arguments.report),
    ):
        if name is not None:
            check_output(name, option, (ending,))


def _counted(counts: Mapping[str, int]) -> str:
    return (
        f"{sum(counts.values())} candidates: {counts['passed']} passed, {counts['failed']} failed,"
        f" {counts['error']} verifier errors"
    )
