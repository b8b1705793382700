"""`veritune compare A.jsonl B.jsonl`: two sets of verdicts on the same candidates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated

from veritune.benchmarks import VerdictComparison, compare_verdicts
from veritune.cli.arguments import Positional, parse
from veritune.cli.options import OptionName
from veritune.config import Count, Frozen
from veritune.files import write_lines
from veritune.records import Outcome
from veritune.report import Rate
from veritune.store import check_output
from veritune.text import one_line, shown

OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "error")
# Characters of a reason in the list of disagreements.
LONGEST = 70


class CompareArguments(Frozen):
    """Compare two sets of verdicts on the same candidates: two verifiers, two models."""

    a: Positional[str]
    """A file of verdicts."""
    b: Positional[str]
    """Another; what both have by problem and index is compared."""
    first: Count = 10
    """List this many disagreements."""
    out: str | None = None
    """Write all disagreements here, one JSON object a line."""
    as_json: Annotated[bool, OptionName("json")] = False
    """Print the figures as one JSON object."""


def main(argv: Sequence[str]) -> int:
    """Print what two files share and where they differ; exit code 0 whatever that is."""
    arguments = parse(CompareArguments, argv, prog="veritune compare")
    out = None
    if arguments.out is not None:
        both = arguments.a, arguments.b
        out = check_output(arguments.out, endings=(".jsonl",), inputs=both)
    found = compare_verdicts(arguments.a, arguments.b)
    if out is not None:
        write_lines(out, (json.dumps(one.to_json()) for one in found.disagreements))
    if arguments.as_json:
        print(json.dumps(_figures(arguments, found), indent=2))
        return 0
    for line in _lines(arguments, found):
        print(line)
    return 0


def _lines(arguments: CompareArguments, found: VerdictComparison) -> Iterator[str]:
    rates, only = found.pass_rates, found.only
    yield f"A {arguments.a}, B {arguments.b}: {found.shared} candidates in both"
    if any(only):
        yield f"left out: {only[0]} are only in A, {only[1]} only in B"
    yield ""
    yield f"{'A, down; B, across':<18}" + "".join(f"{name:>10}" for name in OUTCOMES)
    for a in OUTCOMES:
        yield f"{a:<18}" + "".join(f"{found.outcomes[a, b]:>10}" for b in OUTCOMES)
    yield ""
    yield f"agreement    {_shown(found.agreement)}"
    if found.scored < found.shared:
        yield f"{found.shared - found.scored} with a verifier error are left out of what follows"
    for name, rate in zip("AB", rates, strict=True):
        yield f"pass rate {name}  {_shown(rate)}"
    if difference := found.difference():
        low, high = (f"{100 * one:+.1f}" for one in difference[1:])
        yield f"B less A     {100 * difference[0]:+.1f} points ({low} to {high}), by problem"
    yield (
        f"McNemar      p = {found.p_value:.3g}: {found.only_passed[0]} passed in A alone,"
        f" {found.only_passed[1]} in B alone"
    )
    yield from _disagreements(arguments, found)


def _disagreements(arguments: CompareArguments, found: VerdictComparison) -> Iterator[str]:
    listed = found.disagreements[: arguments.first]
    if listed:
        yield from ("", f"{len(listed)} of {len(found.disagreements)} disagreements:")
    for one in listed:
        yield f"  {shown(one.problem_id)} {one.index}"
        for name, outcome, reason in zip("AB", one.outcomes, one.reasons, strict=True):
            yield f"    {name} {outcome}: {one_line(reason)[:LONGEST]}"


def _figures(arguments: CompareArguments, found: VerdictComparison) -> dict[str, object]:
    a, b = found.pass_rates
    return {
        "a": arguments.a,
        "b": arguments.b,
        "shared": found.shared,
        "only_a": found.only[0],
        "only_b": found.only[1],
        "table": {
            one: {other: found.outcomes[one, other] for other in OUTCOMES} for one in OUTCOMES
        },
        "agreement": _plain(found.agreement),
        "pass_rate_a": _plain(a),
        "pass_rate_b": _plain(b),
        "difference": found.difference(),
        "mcnemar_p": found.p_value,
        "disagreements": len(found.disagreements),
    }


def _plain(rate: Rate) -> dict[str, float | int | None]:
    return {
        "value": rate.value if rate.n else None,
        "low": rate.low,
        "high": rate.high,
        "n": rate.n,
    }


def _shown(rate: Rate) -> str:
    if not rate.n:
        return "- (of none)"
    low, high = f"{100 * rate.low:.1f}", f"{100 * rate.high:.1f}%"
    return f"{100 * rate.value:.1f}% ({low} to {high}) of {rate.n}"
