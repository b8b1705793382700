"""`veritune problems show|convert|dedup|from-repo`: look at problem files, and make ours."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from veritune.cli.arguments import Positional, parse
from veritune.cli.console import TerminalProgress
from veritune.cli.running import run_async
from veritune.config import ColumnsConfig, Frozen, Positive, VerifierConfig
from veritune.errors import RecipeError
from veritune.files import write_records
from veritune.problems import (
    LeaveOut,
    content,
    left_out,
    overlaps,
    read_problems,
    read_repository,
    reference_solution,
    text_of,
)
from veritune.records import CodeProblem, Problem
from veritune.store import check_output

KINDS = {
    "show": "what is understood of a file's first rows",
    "convert": "write a file's problems in our own layout",
    "dedup": "leave out problems that stand twice, or overlap with another file",
    "from-repo": "make problems of a repository: one function or module left out, its tests",
}
# Enough to see what was understood, and no page of it.
ROWS = 3
# Characters that are shown of a prompt or a solution.
LONGEST = 300


class ShowArguments(Frozen):
    """Print what is understood of a file's first three rows."""

    problems: Positional[str]
    """A file, folder or hub name, in any known layout."""
    columns: ColumnsConfig = ColumnsConfig()


class WriteArguments(ShowArguments):
    """Write a file's problems in our own layout."""

    out: Positional[str]
    """Where they go: .jsonl, .jsonl.zst or .parquet."""


class DedupArguments(WriteArguments):
    """Write the problems that stand once, and that overlap with no held-out one."""

    against: str | None = None
    """Held-out problems: what has the same prompt, or half of its sequences of 8 words, goes."""


class RepositoryArguments(VerifierConfig):
    """Make problems of a repository; those stay whose original passes and that tests look at."""

    path: Positional[str]
    """The root of a repository with pytest or unittest tests."""
    out: Positional[str]
    """Where the problems go: .jsonl, .jsonl.zst or .parquet."""
    leave_out: LeaveOut = "function"
    """What a candidate is to write: one function, or one whole module."""
    limit: Positive | None = None
    """Try at most this many."""


def main(argv: Sequence[str]) -> int:
    """Run one of `KINDS`."""
    if not argv or argv[0] in ("-h", "--help"):
        print("usage: veritune problems KIND FILE ...\n")
        for name, text in KINDS.items():
            print(f"  {name:<9}  {text}")
        print("\nveritune problems KIND --help explains each.")
        return 0 if argv else 2
    if argv[0] not in KINDS:
        raise RecipeError(f"no kind '{argv[0]}' of problems; there are: {', '.join(KINDS)}")
    prog = f"veritune problems {argv[0]}"
    if argv[0] == "show":
        return _show(parse(ShowArguments, argv[1:], prog=prog))
    if argv[0] == "convert":
        return _convert(parse(WriteArguments, argv[1:], prog=prog))
    if argv[0] == "from-repo":
        return _from_repository(parse(RepositoryArguments, argv[1:], prog=prog))
    return _dedup(parse(DedupArguments, argv[1:], prog=prog))


def _show(arguments: ShowArguments) -> int:
    problems = read_problems(arguments.problems, arguments.columns)
    say = TerminalProgress().say
    kinds = Counter(problem.kind for problem in problems)
    say(f"{len(problems)} problems: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}")
    for problem in problems[:ROWS]:
        for line in described(problem):
            say(line)
    return 0


def described(problem: Problem) -> list[str]:
    """What is understood of a problem, a line for each of its parts."""
    parts = {"prompt": text_of(problem.prompt)}
    if isinstance(problem, CodeProblem):
        parts["tests"] = json.dumps(problem.reference.tests.to_json(), ensure_ascii=False)
    else:
        parts["answer"] = problem.reference.answer or "none known"
    if solution := reference_solution(problem):
        parts["solution"] = solution
    if problem.metadata:
        parts["metadata"] = json.dumps(problem.metadata, ensure_ascii=False)
    lines = [f"  {name:<9} {_short(text)}" for name, text in parts.items()]
    return ["", f"{problem.id} ({problem.kind})", *lines]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def _convert(arguments: WriteArguments) -> int:
    _new(arguments.out)
    problems = read_problems(arguments.problems, arguments.columns)
    count = write_records(arguments.out, problems)
    TerminalProgress().say(f"{count} problems written to {Path(arguments.out)}")
    return 0


def _from_repository(arguments: RepositoryArguments) -> int:
    from veritune.rounds import covered_problems

    _new(arguments.out)
    found = list(left_out(read_repository(arguments.path), arguments.leave_out))
    found = found[: arguments.limit]
    progress = TerminalProgress()
    held, left, examples = run_async(covered_problems(found, arguments, progress=progress))
    for why, count in left.items():
        progress.say(f"{count} left out: {why} ({' '.join(examples[why].split())[:LONGEST]})")
    if not held:
        progress.say(f"none of {len(found)} is a problem; {Path(arguments.out)} is not written")
        return 1
    count = write_records(arguments.out, held)
    progress.say(f"{count} of {len(found)} problems written to {Path(arguments.out)}")
    return 0


def _new(out: str) -> None:
    """Raise where a file cannot be written, or would be written over."""
    if check_output(out, "OUT").exists():
        raise RecipeError(f"OUT: {out} exists; name another file, or remove it")


def _dedup(arguments: DedupArguments) -> int:
    _new(arguments.out)
    problems = read_problems(arguments.problems, arguments.columns)
    say = TerminalProgress().say
    once = list({content(problem): problem for problem in reversed(problems)}.values())[::-1]
    say(f"{len(problems) - len(once)} of {len(problems)} problems have the prompt of another")
    if arguments.against is not None:
        held = read_problems(arguments.against, arguments.columns)
        prompts = {content(problem): problem.id for problem in held}
        found = overlaps(once, held)
        found |= {p.id: prompts[content(p)] for p in once if content(p) in prompts}
        for id, other in list(found.items())[:10]:
            say(f"  {id} overlaps with {other}")
        say(f"{len(found)} of {len(once)} problems overlap with {arguments.against}")
        once = [problem for problem in once if problem.id not in found]
    count = write_records(arguments.out, once)
    say(f"{count} problems written to {Path(arguments.out)}")
    return 0
