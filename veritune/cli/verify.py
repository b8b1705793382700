"""`veritune verify --problems P.jsonl --candidates C.jsonl --out V.jsonl`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from veritune.cli.arguments import parse
from veritune.cli.console import Terminal
from veritune.cli.inputs import read_pairs
from veritune.cli.running import run_async
from veritune.config import VerifierConfig
from veritune.files import write_records
from veritune.records import Candidate, Problem, Verdict


class VerifyArguments(VerifierConfig):
    """Judge a file of candidates."""

    problems: str
    """Problems: .jsonl, .jsonl.zst or .parquet."""
    candidates: str
    """Candidates of those problems, in any of the same formats."""
    out: str
    """Where the verdicts go, in the order of the candidates."""


def main(argv: Sequence[str]) -> int:
    """Judge every candidate; exit code 0 whatever the verdicts are."""
    arguments = parse(VerifyArguments, argv, prog="veritune verify")
    pairs = read_pairs(arguments.problems, arguments.candidates)
    watch = Terminal()
    verdicts = run_async(judge(arguments, pairs, watch))
    write_records(arguments.out, verdicts)
    counts = Counter(verdict.outcome for verdict in verdicts)
    watch.say(
        f"{len(verdicts)} candidates: {counts['passed']} passed, {counts['failed']} failed,"
        f" {counts['error']} could not be checked; verdicts in {arguments.out}"
    )
    return 0


async def judge(
    config: VerifierConfig, pairs: Sequence[tuple[Problem, Candidate]], watch: Terminal
) -> list[Verdict]:
    """The verdicts, in the order of the pairs."""
    from veritune.verifiers import open_verifier

    needs_code = any(problem.kind == "code" for problem, _ in pairs)
    gate = asyncio.Semaphore(2 * config.workers)
    async with open_verifier(config, needs_code=needs_code) as verifier:
        with watch.phase("verify", len(pairs)) as advance:

            async def one(problem: Problem, candidate: Candidate) -> Verdict:
                async with gate:
                    verdict = await verifier.verify(problem, candidate)
                advance(1)
                return verdict

            return list(await asyncio.gather(*(one(p, c) for p, c in pairs)))
