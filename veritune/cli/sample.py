"""`veritune sample --model M --problems P.jsonl --n N --out C.jsonl [--verdicts V.jsonl]`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from veritune.cli.arguments import parse
from veritune.cli.console import Terminal
from veritune.cli.inputs import read_problems
from veritune.cli.running import run_async
from veritune.config import Count, Frozen, SamplerConfig, VerifierConfig
from veritune.errors import RecipeError, UnwritableError
from veritune.files import write_records
from veritune.records import Problem, Verdict
from veritune.text import parse_json

if TYPE_CHECKING:
    from veritune.journal import Journal


class SampleArguments(Frozen):
    """Draw candidates for a file of problems; a draw that was stopped goes on where it was."""

    model: str
    """Hugging Face folder, PEFT adapter or hub name; for a server, the model's name there."""
    problems: str
    """Problems: .jsonl, .jsonl.zst or .parquet."""
    out: str
    """Where the candidates go, in order of problem and index; the ending picks the format."""
    verdicts: str | None = None
    """Also judge every candidate as it comes, and write the verdicts here."""
    seed: Count = 0
    """Everything drawn at random follows from this."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """What the model computes in."""
    sampler: SamplerConfig = SamplerConfig()
    verifier: VerifierConfig = VerifierConfig()


def main(argv: Sequence[str]) -> int:
    """Draw `sampler.n` candidates a problem and write them."""
    words = ["--sampler.n" if word == "--n" else word for word in argv]
    arguments = parse(SampleArguments, words, prog="veritune sample")
    problems = read_problems(arguments.problems)
    watch = Terminal()
    with ExitStack() as stack:
        journal = stack.enter_context(_unfinished(arguments))
        run_async(_draw(arguments, problems, journal, watch))
        count = write_records(arguments.out, journal.candidates(0, "train"))
        watch.say(f"{count} candidates of {len(problems)} problems in {arguments.out}")
        if arguments.verdicts is not None:
            write_records(arguments.verdicts, _verdicts(journal))
            outcomes = journal.outcomes(0, "train")
            watch.say(
                f"{outcomes.get('passed', 0)} passed, {outcomes.get('failed', 0)} failed,"
                f" {outcomes.get('error', 0)} could not be checked; verdicts in"
                f" {arguments.verdicts}"
            )
    shutil.rmtree(_folder(arguments), ignore_errors=True)
    return 0


async def _draw(
    arguments: SampleArguments, problems: list[Problem], journal: Journal, watch: Terminal
) -> None:
    from veritune.rounds.drawing import draw, draw_and_judge, named_policy
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
            with watch.phase("sample", total) as advance:
                await draw(journal, sampler, policy, problems, config.n, advance)
            return
        needs_code = any(problem.kind == "code" for problem in problems)
        async with open_verifier(verifying, needs_code=needs_code) as verifier:
            with watch.phase("sample and verify", total) as advance:
                await draw_and_judge(
                    journal, sampler, verifier, policy, problems, config.n, advance,
                    at_once=2 * verifying.workers,
                )  # fmt: skip


def _folder(arguments: SampleArguments) -> Path:
    """Where a draw that is not finished lies."""
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
    """An unfinished draw goes on with the settings that it began with, or not at all."""
    from veritune.journal import content_hash

    path = _folder(arguments) / "settings.json"
    drawing = arguments.sampler.model_dump(mode="json", exclude={"batch", "gpu_memory", "url"})
    wanted = {"policy": policy, "seed": arguments.seed, "dtype": arguments.dtype, **drawing}
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
            f"{path}: cannot be read ({error}); remove {path.parent} to draw afresh"
        ) from None
    if other := [key for key, value in wanted.items() if found.get(key) != value]:
        raise RecipeError(
            f"{path.parent}: an unfinished draw with another {', '.join(other)}; give the same"
            " again to go on with it, or remove that folder"
        )


def _verdicts(journal: Journal) -> Iterator[Verdict]:
    return (verdict for _, _, verdict in journal.judged(0, "train"))
