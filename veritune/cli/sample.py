"""`veritune sample --model M --problems P.jsonl --n N --out C.jsonl [--verdicts V.jsonl]`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress
from veritune.cli.inputs import read_problems
from veritune.cli.posing import pose
from veritune.cli.running import run_async
from veritune.config import (
    ColumnsConfig,
    Count,
    Frozen,
    PromptConfig,
    SamplerConfig,
    VerifierConfig,
)
from veritune.errors import RecipeError, UnwritableError
from veritune.files import write_records
from veritune.records import Problem, Verdict
from veritune.text import parse_json, truncation

if TYPE_CHECKING:
    from veritune.journal import Journal


class SampleArguments(Frozen):
    """Sample candidates for a file of problems; sampling that was stopped resumes."""

    model: str
    """Hugging Face folder, PEFT adapter or hub name; for a server, the model's name there."""
    problems: str
    """Problems: a file, folder or hub name, in any known layout."""
    columns: ColumnsConfig = ColumnsConfig()
    prompt: PromptConfig = PromptConfig()
    out: str
    """Where the candidates go, in order of problem and index; the ending picks the format."""
    verdicts: str | None = None
    """Also verify every candidate as it comes, and write the verdicts here."""
    seed: Count = 0
    """Random seed: every random choice follows from it."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """What the model computes in."""
    sampler: SamplerConfig = SamplerConfig()
    verifier: VerifierConfig = VerifierConfig()


def main(argv: Sequence[str]) -> int:
    """Sample `sampler.n` candidates a problem and write them."""
    words = ["--sampler.n" if word == "--n" else word for word in argv]
    arguments = parse(SampleArguments, words, prog="veritune sample")
    progress = TerminalProgress()
    read = read_problems(arguments.problems, arguments.columns)
    problems = pose(read, arguments.prompt, arguments.model, arguments.sampler, progress)
    with ExitStack() as stack:
        journal = stack.enter_context(_unfinished(arguments))
        run_async(_sample(arguments, problems, journal, progress))
        count = write_records(arguments.out, journal.candidates(0, "train"))
        progress.say(f"{count} candidates of {len(problems)} problems in {arguments.out}")
        cut = sum(candidate.truncated for candidate in journal.candidates(0, "train"))
        if said := truncation(cut, count, arguments.sampler.max_tokens):
            progress.say(said)
        if arguments.verdicts is not None:
            write_records(arguments.verdicts, _verdicts(journal))
            outcomes = journal.outcomes(0, "train")
            progress.say(
                f"{outcomes.get('passed', 0)} passed, {outcomes.get('failed', 0)} failed,"
                f" {outcomes.get('error', 0)} verifier errors; verdicts in"
                f" {arguments.verdicts}"
            )
    shutil.rmtree(_folder(arguments), ignore_errors=True)
    return 0


async def _sample(
    arguments: SampleArguments,
    problems: list[Problem],
    journal: Journal,
    progress: TerminalProgress,
) -> None:
    from veritune.rounds.sampling import named_policy, sample_and_verify, sample_candidates
    from veritune.sampler import open_sampler
    from veritune.verifiers import open_verifier

    config, verifying = arguments.sampler, arguments.verifier
    policy = named_policy(arguments.model, on_server=config.type == "server")
    _check_same(arguments, policy.policy)
    journal.add_problems("train", problems)
    sampler = open_sampler(config, seed=arguments.seed, dtype=arguments.dtype)
    total = len(problems) * config.n
    with closing(sampler):
        if arguments.verdicts is None:
            with progress.phase("sample", total) as advance:
                await sample_candidates(journal, sampler, policy, problems, config.n, advance)
            return
        needs_code = any(problem.kind == "code" for problem in problems)
        async with open_verifier(verifying, needs_code=needs_code) as verifier:
            with progress.phase("sample and verify", total) as advance:
                await sample_and_verify(
                    journal, sampler, verifier, policy, problems, config.n, advance,
                    at_once=2 * verifying.workers,
                )  # fmt: skip


def _folder(arguments: SampleArguments) -> Path:
    """Where unfinished samples are kept."""
    return Path(f"{arguments.out}.part")


def _unfinished(arguments: SampleArguments) -> Journal:
    from veritune.journal import Journal

    folder = _folder(arguments)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableError(f"{folder}: cannot be made ({error.strerror})") from None
    return Journal.open(folder)


def _check_same(arguments: SampleArguments, policy: str) -> None:
    """Unfinished sampling resumes with the settings that it began with, or not at all."""
    from veritune.journal import content_hash

    path = _folder(arguments) / "settings.json"
    sampling = arguments.sampler.model_dump(
        mode="json", exclude={"max_num_seqs", "gpu_memory_utilization", "url"}
    )
    wanted = {"policy": policy, "seed": arguments.seed, "dtype": arguments.dtype, **sampling}
    wanted["prompt"] = arguments.prompt.model_dump(exclude_none=True)
    wanted["columns"] = arguments.columns.model_dump(exclude_none=True)
    wanted["problems"] = content_hash(arguments.problems)
    if not path.exists():
        aside = path.with_name(".settings.json")
        aside.write_text(json.dumps(wanted))
        aside.replace(path)
        return
    try:
        found = dict(parse_json(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise RecipeError(
            f"{path}: cannot be read ({error}); remove {path.parent} to sample afresh"
        ) from None
    if other := [key for key, value in wanted.items() if found.get(key) != value]:
        raise RecipeError(
            f"{path.parent}: unfinished sampling with another {', '.join(other)}; give the"
            " same again to resume it, or remove that folder"
        )


def _verdicts(journal: Journal) -> Iterator[Verdict]:
    return (verdict for _, _, verdict in journal.verified(0, "train"))
