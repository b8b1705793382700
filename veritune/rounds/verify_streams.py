"""Verdicts on candidates that come through a pipe: each is given on as soon as its turn comes."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, suppress
from pathlib import Path
from threading import Semaphore, Thread
from typing import BinaryIO

from veritune.config import ColumnsConfig, VerifierConfig
from veritune.errors import RecordError
from veritune.files import LONGEST_LINE
from veritune.problems import CandidateLines, iter_candidates, read_problems, survey
from veritune.records import Candidate, Problem, Verdict
from veritune.rounds.progress import NullProgress, Progress
from veritune.rounds.verify_files import Pose
from veritune.verifiers import Verifier, open_verifier

Write = Callable[[Verdict], None]
ProblemCandidate = tuple[Problem, Candidate]
# Verdicts that wait for an earlier one: one slow candidate must not fill the memory.
AHEAD = 1024


async def verify_stream(
    problems: str | Path,
    candidates: str | Path | BinaryIO,
    write: Write,
    config: VerifierConfig | None = None,
    progress: Progress | None = None,
    columns: ColumnsConfig | None = None,
    pose: Pose | None = None,
) -> Counter[str]:
    """Give `write` the verdicts on a file or stream of candidates, in their order; returns how
    many came out how. `pose` puts the problems as the model of rollouts gets them.

    Of a stream nothing is read ahead of need. A line of it that is not right ends it: the verdicts
    on those before are given first, then `RecordError` is raised.
    """
    config, progress = config or VerifierConfig(), progress or NullProgress()
    read = read_problems(str(problems), columns)
    by_id = {problem.id: problem for problem in (read if pose is None else pose(read))}
    if isinstance(candidates, str | Path):
        path = str(candidates)
        kinds = survey(path, by_id, str(problems), columns).kinds
        asked = [problem for problem in by_id.values() if problem.kind in kinds]
        pairs = _of_file(path, by_id, columns)
    else:
        # Which kinds will come is not known: a sandbox starts with the first program.
        asked, pairs = [], _of_stream(candidates, by_id, columns)
    counts: Counter[str] = Counter()
    async with (
        open_verifier(config, asked, progress.say) as verifier,
        aclosing(_in_order(verifier, pairs, config.at_once)) as verdicts,
    ):
        async for verdict in verdicts:
            write(verdict)
            counts[verdict.outcome] += 1
    return counts


async def _in_order(
    verifier: Verifier, pairs: AsyncIterator[ProblemCandidate], at_once: int
) -> AsyncGenerator[Verdict, None]:
    """The verdicts in the order of the candidates; `at_once` are under way at a time."""
    gate, waiting = asyncio.Semaphore(at_once), asyncio.Queue[asyncio.Task[Verdict] | None](AHEAD)
    tasks: set[asyncio.Task[Verdict]] = set()

    async def verify(problem: Problem, candidate: Candidate) -> Verdict:
        try:
            return await verifier.verify(problem, candidate)
        finally:
            gate.release()

    async def read() -> None:
        try:
            async for problem, candidate in pairs:
                await gate.acquire()
                task = asyncio.create_task(verify(problem, candidate))
                tasks.add(task)
                await waiting.put(task)
        finally:
            await waiting.put(None)

    reader = asyncio.create_task(read())
    try:
        while (task := await waiting.get()) is not None:
            yield await task
            tasks.discard(task)
        await reader
    finally:
        reader.cancel()
        for task in tasks:
            task.cancel()
        # A full queue would hold up a reader that is called off.
        while not waiting.empty():
            waiting.get_nowait()
        await asyncio.gather(reader, *tasks, return_exceptions=True)


async def _of_file(
    path: str, problems: Mapping[str, Problem], columns: ColumnsConfig | None
) -> AsyncIterator[ProblemCandidate]:
    for _, candidate in iter_candidates(path, problems, columns, trusted=True):
        yield problems[candidate.problem_id], candidate


async def _of_stream(
    stream: BinaryIO, problems: Mapping[str, Problem], columns: ColumnsConfig | None
) -> AsyncIterator[ProblemCandidate]:
    lines = CandidateLines("stdin", problems, columns)
    number = 0
    async for raw in _lines(stream):
        number += 1
        for pair in lines.read(number, raw):
            yield pair
    if not number:
        raise RecordError("stdin: empty; expected one Candidate a line")


async def _lines(stream: BinaryIO) -> AsyncIterator[bytes]:
    """The lines as they come. A thread waits for them, which the loop must not do."""
    loop, ready = asyncio.get_running_loop(), asyncio.Queue[bytes | RecordError]()
    # Nothing is read ahead of need: a place is free again when its line is taken.
    places = Semaphore(AHEAD)

    def put(item: bytes | RecordError) -> None:
        places.acquire()
        loop.call_soon_threadsafe(ready.put_nowait, item)

    def pump() -> None:
        with suppress(RuntimeError):  # of a loop that is closed: nobody reads any more
            try:
                # A file object of its own: one that a thread holds as Python ends is fatal.
                with open(os.dup(stream.fileno()), "rb") as source:
                    while raw := source.readline(LONGEST_LINE):
                        put(raw)
                put(b"")
            except OSError as error:
                put(RecordError(f"stdin: cannot be read ({error.strerror})"))

    Thread(target=pump, name="veritune-stdin", daemon=True).start()
    while raw := await ready.get():
        places.release()
        if isinstance(raw, RecordError):
            raise raw
        yield raw
