"""A file of candidates sampled by a model; sampling that was stopped resumes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from veritune.config import SamplerConfig, VerifierConfig
from veritune.errors import RecipeError
from veritune.files import write_record_lines, write_records, write_text
from veritune.records import Candidate, Checkpoint, Problem
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
    progress: Progress | None = None,
) -> int:
    """Write `sampler.n` candidates of every problem to `out`; returns how many.

    With `verdicts`, each is verified as it comes, and the verdicts are written there. Until all
    is written, it stands in `OUT.part`. Raises `RecipeError` where that, or `out`, is of other
    settings.
    """
    config, progress = sampler or SamplerConfig(), progress or NullProgress()
    out = check_output(out)
    if verdicts is not None:
        check_output(verdicts, "--verdicts")
    policy = named_policy(model, on_server=config.type == "server")
    settings = _settings(policy, problems, config, seed, dtype)
    part = Path(f"{out}.part")
    if is_made(out, settings, ()) and verdicts is None:
        progress.say(f"{out} already holds these candidates")
        return len(problems) * config.n
    with _kept_where_sampled(part) as store:
        _check_same(part, settings)
        async with open_session(
            store,
            sampler=config,
            verifier=verifier if verdicts is not None else None,
            seed=seed,
            dtype=dtype,
            problems=problems if verdicts is not None else (),
        ) as session:
            work = session.sample if verdicts is None else session.fill
            title = "sample" if verdicts is None else "sample and verify"
            with progress.phase(title, len(problems) * config.n) as advance:
                await work(SET, problems, config.n, policy, advance)
        lines = (candidate.to_line() for candidate in store.candidates(SET))

        def note(aside: Path) -> None:
            note_made(out, settings, content_hash(aside))

        count = write_record_lines(out, lines, Candidate, note)
        progress.say(f"{count} candidates of {len(problems)} problems in {out}")
        truncated, thinking = truncations(store.candidates(SET))
        if said := truncation(truncated, count, config.max_tokens, thinking):
            progress.say(said)
        if verdicts is not None:
            _write_verdicts(store, verdicts, progress)
    shutil.rmtree(part, ignore_errors=True)
    return count


@contextmanager
def _kept_where_sampled(part: Path) -> Iterator[Store]:
    """The store of sampling that is not finished; gone again where it failed with nothing drawn."""
    drawn = True
    try:
        with opened_store(part) as store:
            try:
                yield store
            except BaseException:
                drawn = bool(store.keys(SET))
                raise
    finally:
        if not drawn:
            shutil.rmtree(part, ignore_errors=True)


def _write_verdicts(store: Store, path: str | Path, progress: Progress) -> None:
    write_records(path, (verdict for _, _, verdict in store.verified(SET)))
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
