"""`veritune sample --model M --problems P.jsonl --n N --out C.jsonl [--verdicts V.jsonl]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal

from pydantic import model_validator

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress
from veritune.cli.posing import pose
from veritune.cli.running import run_async
from veritune.config import (
    ClusterConfig,
    ColumnsConfig,
    Count,
    Frozen,
    PromptConfig,
    SamplerConfig,
    VerifierConfig,
)
from veritune.problems import read_problems


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
    cluster: ClusterConfig = ClusterConfig()

    @model_validator(mode="after")
    def _cluster_can(self) -> SampleArguments:
        self.cluster.check(self.sampler, self.verifier)
        return self


def main(argv: Sequence[str]) -> int:
    """Sample `sampler.n` candidates a problem and write them."""
    words = ["--sampler.n" if word == "--n" else word for word in argv]
    arguments = parse(SampleArguments, words, prog="veritune sample")
    from veritune.rounds import sample_file

    progress = TerminalProgress(aside=sys.stderr)
    read = read_problems(arguments.problems, arguments.columns)
    work = sample_file(
        arguments.model,
        pose(read, arguments.prompt, arguments.model, arguments.sampler, progress),
        arguments.out,
        verdicts=arguments.verdicts,
        sampler=arguments.sampler,
        verifier=arguments.verifier,
        seed=arguments.seed,
        dtype=arguments.dtype,
        cluster=arguments.cluster,
        progress=progress,
    )
    run_async(work)
    return 0
