"""The commands. Each module holds one; it is imported only when its command is called."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from veritune.cli.ends import Ends
from veritune.cli.names import check_named, is_request
from veritune.errors import VerituneError
from veritune.extras import missing_extra
from veritune.lazy import lazily
from veritune.text import one_line
from veritune.version import __version__

if TYPE_CHECKING:
    from veritune.cli.calls import improve
    from veritune.cli.calls import solve as solve_with
    from veritune.cli.calls import verify as verify_files
else:
    # Not by the names `solve` and `verify`: those are the commands' modules, once imported.
    __getattr__ = lazily(
        __name__, {"calls": ("improve", "solve_with=solve", "verify_files=verify")}
    )

__all__ = ["improve", "main", "solve_with", "verify_files"]

COMMANDS = {
    "run": "run a recipe's rounds; resumes by itself if the run exists",
    "sample": "sample candidates for a file of problems",
    "verify": "verify a file of candidates",
    "solve": "solve one math problem: what most candidates say, and how sure that is",
    "compare": "two sets of verdicts on the same candidates: agreement, McNemar's test",
    "audit": "how often the verifier is wrong, from a sample that a person labels",
    "serve": "the verifiers over HTTP, with limits, a token and metrics",
    "train": "train on files: sft, reward, dpo, ppo, group; adapter, merge",
    "bench": "measure: pass-at-k, best-of-n, supervision, steps, throughput",
    "validate": "check every reference solution with its own verifier",
    "problems": "show, convert, dedup: what is understood of a file, and files in our layout",
    "new": "write a starting point: a verifier, a recipe, a file of problems",
    "convert": "labelled steps between PRM800K, Math-Shepherd, ProcessBench and TRL's files",
    "view": "look at a run in the browser, while it runs or after",
    "report": "write a run's HTML page",
    "export": "a run's verified candidates as rows for TRL, verl or OpenRLHF",
    "compact": "give back the disk space that a run's journal holds and does not use",
    "model": "fetch: a small pretrained model to try things with",
    "sandbox": "doctor: what isolation this machine offers; build: the image",
    "demo": "a weak model gets better at math and code because it is verified",
}
# How torch's threads wait for each other. Where a machine does something else, too, long spinning
# slows them down many times over; to sleep at once costs a quiet machine a quarter of its speed.
WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "3000"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 the work failed, 2 a wrong request."""
    words = list(sys.argv[1:] if argv is None else argv)
    _open_streams()
    try:
        try:
            code = _run(words, alone=argv is None)
        except SystemExit as stop:  # of --help
            code = int(stop.code or 0)
        sys.stdout.flush()
        return code
    except OSError as error:
        if isinstance(error, BrokenPipeError) and _is_left():  # Whoever read this has enough.
            _drop_output()
            return 1
        _drop_output()
        where = f"{error.filename}: " if error.filename else "the work or its output: "
        return fail(f"{where}{error.strerror or error}", 2 if is_request(error) else 1)


def _run(words: Sequence[str], *, alone: bool) -> int:
    """Run one command; a process that does nothing else is left `alone` after Ctrl-C."""
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if words else 2
    if words[0] in ("-V", "--version"):
        print(f"veritune {__version__}")
        return 0
    if words[0] not in COMMANDS:
        return fail(f"no command '{words[0]}'; {_instead(words[0])}", 2)
    for name, value in WAITING.items():
        os.environ.setdefault(name, value)
    ends = Ends()
    try:
        if alone and "RANK" not in os.environ:  # torchrun tells its processes to end, and says so.
            ends.heed()
        check_named(words[1:])
        code: int = import_module(f"veritune.cli.{words[0]}").main(words[1:])
        return code
    except VerituneError as error:
        from veritune.cli.naming import with_option

        code = 2 if is_request(error) else error.exit_code
        return fail(with_option(str(error), words), code)
    except ModuleNotFoundError as error:
        if line := missing_extra(error, words[0]):
            return fail(line, 2)
        raise
    except KeyboardInterrupt:
        fail(ends.line, ends.code)
        if alone:
            from veritune.cli.running import leave

            leave(ends.code)
        return ends.code


def _instead(word: str) -> str:
    """What may have been meant by a word that is no command."""
    from difflib import get_close_matches

    near = get_close_matches(word, COMMANDS, 1)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(COMMANDS)}"


def _open_streams() -> None:
    """Make it safe to print where there is no output, or where it cannot hold every text."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    if isinstance(sys.stdout, io.TextIOWrapper):  # Not every text has a form in every encoding.
        sys.stdout.reconfigure(errors="backslashreplace")


def _is_left() -> bool:
    """Whether nobody reads any more what is printed."""
    found = select.poll()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # what is no file
            found.register(stream.fileno(), 0)
    gone = select.POLLERR | select.POLLHUP
    return any(event & gone for _, event in found.poll(0))


def _drop_output() -> None:
    """What is still to be printed would fail again as Python ends."""
    with suppress(OSError):  # what is no file has nothing left to print
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def usage() -> str:
    """The list of commands."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        [
            "usage: veritune COMMAND ...",
            "",
            "Improve language models on problems whose answers can be checked.",
            "",
            *lines,
            "",
            "veritune COMMAND --help explains each.",
        ]
    )


def fail(message: str, code: int) -> int:
    """Print one line on standard error."""
    with suppress(OSError):  # nobody reads it; the exit code says as much
        print(f"veritune: {one_line(message)}", file=sys.stderr)
    return code
