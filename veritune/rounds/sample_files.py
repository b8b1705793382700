"""A file of candidates sampled by a model; sampling that was stopped resumes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from veritune.config import ClusterConfig, SamplerConfig, VerifierConfig
from veritune.errors import RecipeError
from veritune.files import iter_records, write_records, write_text
from veritune.records import Candidate, Checkpoint, Problem, Record
from veritune.rounds.progress import NullProgress, Progress
from veritune.rounds.reasons import truncations
from veritune.rounds.session import named_policy, open_session, opened_store
from veritune.store import Store, check_output, content_hash, is_made, note_made
from veritune.text import parse_json, truncation

# The set of the unfinished store that holds the candidates.
SET = "sample"


async def sample_file(
    model: str,
    problems: Sequence[Problem],
    out: str | Path,
    *,
    verdicts: str | Path | None = None,
    sampler: SamplerConfig | None = None,
    verifier: VerifierConfig | None = None,
    seed: int = 0,
    dtype: Literal["float32", "bfloat16"] = "float32",
    cluster: ClusterConfig | None = None,
    progress: Progress | None = None,
) -> int:
    """Write `sampler.n` candidates of every problem to `out`; returns how many.

    With `verdicts`, each is verified as it comes, and the verdicts are written there. With an
    address, `cluster` says how much of both is on a Ray cluster. Until all is written, it stands in
    `OUT.part`. Raises `RecipeError` where that, `out` or `verdicts` is of other settings; files
    that hold just this already are left as they are.
    """
    config, progress = sampler or SamplerConfig(), progress or NullProgress()
    out = check_output(out)
    if verdicts is not None:
        check_output(verdicts, "--verdicts")
    policy = named_policy(model, on_server=config.type == "server")
    settings = _settings(policy, problems, config, seed, dtype)
    part = Path(f"{out}.part")
    verified: dict[str, object] = {
        **settings,
        "verifier": (verifier or VerifierConfig()).model_dump(mode="json"),
    }
    sampled = is_made(out, settings, ())
    if sampled and (verdicts is None or is_made(Path(verdicts), verified, ())):
        progress.say(f"{out} already holds these candidates")
        return len(problems) * config.n
    with _kept_where_sampled(part) as store:
        _check_same(part, settings)
        if sampled:
            _take(store, problems, out)
        async with open_session(
            store,
            sampler=config,
            verifier=verifier if verdicts is not None else None,
            seed=seed,
            dtype=dtype,
            problems=problems if verdicts is not None else (),
            cluster=_needed(cluster, verdicts),
        ) as session:
            work = session.sample if verdicts is None else session.fill
            title = "sample" if verdicts is None else "sample and verify"
            with progress.phase(title, len(problems) * config.n) as advance:
                await work(SET, problems, config.n, policy, advance)
        count = _write(out, settings, store.candidates(SET))
        progress.say(f"{count} candidates of {len(problems)} problems in {out}")
        truncated, thinking = truncations(store.candidates(SET))
        if said := truncation(truncated, count, config.max_tokens, thinking):
            progress.say(said)
        if verdicts is not None:
            _write_verdicts(store, Path(verdicts), verified, progress)
    shutil.rmtree(part, ignore_errors=True)
    return count


def _needed(cluster: ClusterConfig | None, verdicts: str | Path | None) -> ClusterConfig | None:
    """Without verifiers where nothing is verified."""
    if cluster is None or verdicts is not None:
        return cluster
    return cluster.model_copy(update={"verifiers": 0})


@contextmanager
def _kept_where_sampled(part: Path) -> Iterator[Store]:
    """The store of sampling that is not finished; gone again where it failed with nothing drawn."""
    drawn = True
    try:
        with opened_store(part) as store:
            try:
                yield store
            except BaseException:
                drawn = not store.is_empty()
                raise
    finally:
        if not drawn:
            shutil.rmtree(part, ignore_errors=True)


def _take(store: Store, problems: Sequence[Problem], out: Path) -> None:
    """Candidates that were sampled before, into the store."""
    store.add_problems(SET, problems)
    store.add_candidates(SET, iter_records(out, Candidate))


def _write(out: Path, made_of: dict[str, object], records: Iterable[Record]) -> int:
    """Write a file that says what it was made of."""
    return write_records(out, records, lambda aside: note_made(out, made_of, content_hash(aside)))


def _write_verdicts(
    store: Store, path: Path, made_of: dict[str, object], progress: Progress
) -> None:
    _write(path, made_of, (verdict for _, _, verdict in store.verified(SET)))
    outcomes = store.outcomes(SET)
    progress.say(
        f"{outcomes.get('passed', 0)} passed, {outcomes.get('failed', 0)} failed,"
        f" {outcomes.get('error', 0)} verifier errors; verdicts in {path}"
    )


def _settings(
    policy: Checkpoint, problems: Sequence[Problem], config: SamplerConfig, seed: int, dtype: str
) -> dict[str, object]:
    """What candidates follow from: not how many are sampled at once, or where."""
    free = {"max_num_seqs", "gpu_memory_utilization", "url"}
    posed = hashlib.sha256("\n".join(problem.to_line() for problem in problems).encode())
    settings = {"policy": policy.policy, "seed": seed, "dtype": dtype}
    settings |= config.model_dump(mode="json", exclude=free)
    return settings | {"problems": posed.hexdigest()[:32]}


def _check_same(part: Path, wanted: Mapping[str, object]) -> None:
    """Unfinished sampling resumes with the settings that it began with, or not at all."""
    path = part / "settings.json"
    if not path.exists():
        write_text(path, json.dumps(wanted))
        return
    try:
        found = parse_json(path.read_bytes())
        if not isinstance(found, dict):
            raise TypeError("expected a JSON object")
    except (OSError, ValueError, TypeError) as error:
        raise RecipeError(
            f"{path}: cannot be read ({error}); remove {part} to sample afresh"
        ) from None
    if other := [key for key, value in wanted.items() if found.get(key) != value]:
        raise RecipeError(
            f"{part}: unfinished sampling with another {', '.join(other)}; give the same again to"
            " resume it, or remove that folder"
        )
