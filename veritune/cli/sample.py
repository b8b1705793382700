"""`veritune sample --model M --problems P.jsonl --n N --out C.jsonl`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from veritune.cli.arguments import parse
from veritune.cli.console import Terminal
from veritune.config import Count, Frozen, SamplerConfig
from veritune.files import read_records, write_records
from veritune.records import Candidate, Checkpoint, Problem


class SampleArguments(Frozen):
    """Draw candidates for a file of problems."""

    model: str
    """Hugging Face folder or hub name."""
    problems: str
    """Problems: .jsonl, .jsonl.zst or .parquet."""
    out: str
    """Where the candidates go; the ending picks the format."""
    seed: Count = 0
    """Everything drawn at random follows from this."""
    sampler: SamplerConfig = SamplerConfig()


def main(argv: Sequence[str]) -> int:
    """Draw `sampler.n` candidates a problem and write them."""
    words = ["--sampler.n" if word == "--n" else word for word in argv]
    arguments = parse(SampleArguments, words, prog="veritune sample")
    problems = read_records(arguments.problems, Problem)
    from veritune.models import model_folder, policy_hash
    from veritune.sampler import open_sampler

    folder = model_folder(arguments.model)
    sampler = open_sampler(arguments.sampler, seed=arguments.seed)
    sampler.load(Checkpoint(path=str(folder), policy=policy_hash(folder)))
    indices = [range(arguments.sampler.n)] * len(problems)
    watch = Terminal()
    with watch.phase("sample", len(problems) * arguments.sampler.n) as advance:

        def drawn() -> Iterator[Candidate]:
            for candidate in sampler.sample(problems, indices, round=0):
                advance(1)
                yield candidate

        count = write_records(arguments.out, drawn())
    sampler.close()
    watch.say(f"{count} candidates of {len(problems)} problems in {arguments.out}")
    return 0
