"""A file of verdicts on a file of candidates, in bounded memory; verifying resumes after a kill."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial as partial_function
from pathlib import Path

from veritune.config import ClusterConfig, ColumnsConfig, VerifierConfig
from veritune.errors import JournalError
from veritune.files import write_record_lines
from veritune.plugins import is_plugin, source_hash
from veritune.problems import Survey, iter_candidates, read_problems, survey
from veritune.records import Candidate, Problem, Verdict
from veritune.rounds.caches import with_caches
from veritune.rounds.own_code import check_own_verifiers
from veritune.rounds.progress import NullProgress, Progress
from veritune.rounds.reasons import ReasonCounts, commonest, silence
from veritune.store import Partial, check_output, content_hash, is_made, note_made
from veritune.text import truncation
from veritune.verifiers import Verifier, open_verifier, verify_each

# Where things stand and how fast they go, which verdicts do not depend on.
FREE: dict[str, bool | set[str]] = {
    "workers": True,
    "judge": {"url", "concurrency", "cache"},
    "rollouts": {"cache"},
}
# For candidates without an answer, with the option of `veritune verify`.
ANSWERS_HELP = "take what is not marked (--answers.mode lenient, and another --out)"
# Problems as a model gets them, as many as were given and in their order.
Pose = Callable[[Sequence[Problem]], list[Problem]]
# Opens what verifies these problems, and says how many candidates it verifies at once.
Opened = Callable[[Sequence[Problem]], AbstractAsyncContextManager[tuple[Verifier, int]]]


async def verify_file(
    problems: str | Path,
    candidates: str | Path,
    out: str | Path,
    config: VerifierConfig | None = None,
    progress: Progress | None = None,
    columns: ColumnsConfig | None = None,
    cluster: ClusterConfig | None = None,
    pose: Pose | None = None,
) -> dict[str, int] | None:
    """Write the verdicts on all candidates to `out`, in their order; returns how many came out how.

    They stand in `OUT.part` as they come, and verifying resumes from there. With an address,
    `cluster` says how many verifiers are on a Ray cluster. `pose` puts the problems as the model
    of rollouts gets them. None where `out` already holds them. Raises `RecipeError` where it holds
    anything else.
    """
    config, progress = config or VerifierConfig(), progress or NullProgress()
    out = check_output(out)
    check_own_verifiers(config)
    inputs = {"problems": str(problems), "candidates": str(candidates)}
    asked = read_problems(inputs["problems"], columns)
    asked = asked if pose is None else pose(asked)
    by_id = {problem.id: problem for problem in asked}
    prompts = None if pose is None else _digest(asked)
    made_of = _made_of(config, inputs, columns, prompts)
    part = out.with_name(f"{out.name}.part")
    if is_made(out, made_of, inputs.values()):
        part.unlink(missing_ok=True)
        return None
    found = survey(inputs["candidates"], by_id, inputs["problems"], columns)
    with Partial(part, made_of, found.count) as partial:
        _say_resumed(partial, progress)
        opened = partial_function(_opened, with_caches(config, out), cluster, progress)
        read = iter_candidates(inputs["candidates"], by_id, columns, trusted=True)
        await _verify_rest(opened, read, by_id, found, partial, progress)
        if _made_of(config, inputs, columns, prompts) != made_of:
            raise JournalError(
                f"{candidates}: it or the problems changed while they were verified; remove"
                f" {part} and run again"
            )

        def note(aside: Path) -> None:
            note_made(out, made_of, content_hash(aside))

        tally = ReasonCounts()
        write_record_lines(out, tally.counted(partial.lines()), Verdict, note)
        partial.remove()
        if said := truncation(found.truncated, found.count, thinking=found.truncated_thinking):
            progress.say(said)
        if tally.silent:
            progress.say(silence(tally.silent, found.count, ANSWERS_HELP))
        if said := commonest(tally.errors):
            progress.say(f"verifier errors, mostly: {said}")
        return {key: partial.outcomes[key] for key in ("passed", "failed", "error")}


def _made_of(
    config: VerifierConfig,
    inputs: Mapping[str, str],
    columns: ColumnsConfig | None,
    prompts: str | None,
) -> dict[str, object]:
    """What the verdicts follow from: contents and options, but not where they stand or how fast.

    `prompts` tells how problems were put apart from how they were put another time.
    """
    options = {name: getattr(config, name) for name in VerifierConfig.model_fields}
    made_of = VerifierConfig(**options).model_dump(mode="json", exclude=FREE)
    own = filter(is_plugin, [*config.deciders, *config.labellers])
    made_of["own_code"] = [source_hash(one, "--type") for one in own]
    if columns is not None:
        made_of["columns"] = columns.model_dump(exclude_none=True)
    if prompts is not None:
        made_of["prompts"] = prompts
    # A data set of the hub lies in a cache whose place says nothing: its name counts.
    of = {name: content_hash(path) if on_disk(path) else path for name, path in inputs.items()}
    return made_of | of


def _digest(problems: Sequence[Problem]) -> str:
    found = hashlib.sha256()
    for problem in problems:
        found.update(problem.to_line().encode() + b"\n")
    return found.hexdigest()


def on_disk(path: str) -> bool:
    """Whether a path is a file's or folder's, or looks like one; else it is a hub name."""
    return os.path.exists(path) or path.endswith((".jsonl", ".json", ".zst", ".parquet", ".csv"))


@asynccontextmanager
async def _opened(
    config: VerifierConfig,
    cluster: ClusterConfig | None,
    progress: Progress,
    problems: Sequence[Problem],
) -> AsyncIterator[tuple[Verifier, int]]:
    """What verifies these problems, here or on a cluster, and how many candidates at once."""
    if cluster is None or cluster.address is None:
        async with open_verifier(config, problems, progress.say) as verifier:
            yield verifier, config.at_once
        return
    from veritune.rounds.session import open_session

    there = cluster.model_copy(update={"samplers": 0})
    async with open_session(
        verifier=config, problems=problems, say=progress.say, cluster=there
    ) as session:
        yield session.verifier, session.at_once


async def _verify_rest(
    opened: Opened,
    read: Iterable[tuple[int, Candidate]],
    problems: Mapping[str, Problem],
    found: Survey,
    partial: Partial,
    progress: Progress,
) -> None:
    """Verify what has no verdict yet."""
    if partial.done == found.count:
        return
    jobs = (
        (position, problems[candidate.problem_id], candidate)
        for position, (_, candidate) in enumerate(read)
        if position not in partial
    )
    asked = [problem for problem in problems.values() if problem.kind in found.kinds]
    async with opened(asked) as (verifier, at_once):
        with progress.phase("verify", found.count) as advance:
            advance(partial.done)

            def take(position: int, verdict: Verdict) -> None:
                partial.add(position, verdict)
                advance(1)

            await verify_each(verifier, jobs, take, at_once=at_once)


def _say_resumed(partial: Partial, progress: Progress) -> None:
    if partial.damaged:
        progress.say(f"{partial.path}: {partial.damaged} damaged lines; verified again")
    if partial.done:
        progress.say(f"resuming: {partial.done} candidates already have a verdict")
