"""`veritune view RUN [RUN ...]`, or `view V.jsonl --problems P.jsonl --candidates C.jsonl`."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from pydantic import Field

from veritune.cli.arguments import Positional, parse
from veritune.config import CandidateColumnsConfig, Frozen
from veritune.errors import RecipeError


class ViewArguments(Frozen):
    """Runs, or a file of verdicts, in the browser: read-only, on this machine alone."""

    runs: Positional[tuple[str, ...]] = ()
    """Folders of runs, which may still be running, or a folder with runs in it; or the verdicts
    that `veritune verify` wrote."""
    problems: str | None = None
    """For a file of verdicts: the problems."""
    columns: CandidateColumnsConfig = CandidateColumnsConfig()
    candidates: str | None = None
    """For a file of verdicts: the candidates."""
    label: bool = False
    """Label the sample that `veritune audit` drew: labels are written into that file."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8765
    """Port on 127.0.0.1; 0 takes one that is free."""


def main(argv: Sequence[str]) -> int:
    """Serve until interrupted."""
    arguments = parse(ViewArguments, argv, prog="veritune view")
    # Before anything is read: what is missing is said at once.
    for package in ("starlette", "uvicorn"):
        if find_spec(package) is None:
            raise ModuleNotFoundError(package, name=package)
    from veritune.viewer import serve_labels, serve_view, verdict_folder

    def say(text: str) -> None:
        print(text, flush=True)

    if arguments.label:
        if len(arguments.runs) != 1 or arguments.problems or arguments.candidates:
            raise RecipeError("--label: give the one file that veritune audit drew, and no other")
        with _ended_by_sigterm():
            serve_labels(Path(arguments.runs[0]), arguments.port, say)
        return 0
    with _ended_by_sigterm(), ExitStack() as stack:
        folders = [Path(run) for run in arguments.runs]
        if not folders:
            raise RecipeError("missing: RUNS; give a run's folder, see veritune view --help")
        files = [folder for folder in folders if folder.is_file()]
        if files and len(folders) > 1:
            raise RecipeError(f"{files[0]}: a file of verdicts is looked at alone; name no other")
        if not files and (arguments.problems or arguments.candidates or arguments.columns.maps_any):
            raise RecipeError(
                "--problems, --candidates, --columns: are for a file of verdicts; a run holds"
                " its own"
            )
        for folder in files:
            if arguments.problems is None or arguments.candidates is None:
                raise RecipeError(
                    f"{folder}: a file of verdicts names neither prompts nor texts; give"
                    " --problems and --candidates, too"
                )
            made = verdict_folder(
                folder, arguments.problems, arguments.candidates, arguments.columns
            )
            folders = [stack.enter_context(made)]
        shown = ", ".join(arguments.runs)
        serve_view(folders, arguments.port, say, shown)
    return 0


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does: else the folder that was made of files would stay."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
