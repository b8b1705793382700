"""`veritune audit`: draw verdicts for a person to label, and read what the labels say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

from pydantic import Field

from veritune.benchmarks import AuditEstimate, draw_audit, estimate_audit
from veritune.cli.arguments import Positional, parse
from veritune.cli.options import OptionName
from veritune.config import CandidateColumnsConfig, Count, Frozen, Positive
from veritune.errors import RecipeError
from veritune.problems import read_verified
from veritune.store import check_output

SAID = {"passed": "wrong", "failed": "right"}


class AuditArguments(Frozen):
    """Find out how often a verifier is wrong: draw a sample, have it labelled, read it with
    --labels."""

    verdicts: Positional[str | None] = None
    """A file of verdicts to draw from."""
    problems: str | None = None
    """Their problems: a file, folder or hub name, in any known layout."""
    columns: CandidateColumnsConfig = CandidateColumnsConfig()
    candidates: str | None = None
    """Their candidates."""
    out: str | None = None
    """Where the sample goes, a .jsonl file: put right or wrong into "label", about the solution."""
    n: Positive = 200
    """How many to draw, half of them passed and half failed."""
    seed: Count = 0
    """Random seed of the draw."""
    labels: str | None = None
    """A labelled sample: print what it says; rows whose label is empty are not counted."""
    half_width: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """With --labels: say how many more labels an interval of plus or minus this much needs."""
    as_json: Annotated[bool, OptionName("json")] = False
    """With --labels: print the figures as one JSON object."""


def main(argv: Sequence[str]) -> int:
    """Draw, or estimate."""
    arguments = parse(AuditArguments, argv, prog="veritune audit")
    if arguments.labels is None:
        return _draw(arguments)
    drawing = arguments.verdicts, arguments.problems, arguments.candidates, arguments.out
    if any(one is not None for one in drawing) or arguments.columns.maps_any:
        raise RecipeError(
            "give VERDICTS, --problems, --candidates and --out to draw a sample, or --labels to"
            " read one, not both"
        )
    found = estimate_audit(arguments.labels, half_width=arguments.half_width)
    if arguments.as_json:
        print(json.dumps(asdict(found), indent=2))
        return 0
    for line in _lines(found, arguments.half_width):
        print(line)
    return 0


def _draw(arguments: AuditArguments) -> int:
    verdicts, problems, candidates = arguments.verdicts, arguments.problems, arguments.candidates
    if verdicts is None or problems is None or candidates is None or arguments.out is None:
        raise RecipeError(
            "to draw a sample: veritune audit VERDICTS --problems P --candidates C --out S.jsonl;"
            " to read a labelled one: veritune audit --labels S.jsonl"
        )
    out = check_output(arguments.out, endings=(".jsonl",))
    if out.exists() and out.stat().st_size:
        raise RecipeError(f"--out: {out} exists, and may hold labels; name another, or remove it")
    rows = read_verified(problems, candidates, verdicts, arguments.columns)
    counts = draw_audit(rows, out, n=arguments.n, seed=arguments.seed)
    for name, (taken, size) in counts.items():
        print(f"{taken:>6} of {size:>8}  {name}")
    errors = sum(verdict.outcome == "error" for _, _, verdict in rows)
    if errors:
        print(f"{errors} verifier errors are left out: they accept and reject nothing")
    print(
        f"{sum(taken for taken, _ in counts.values())} rows in {out}: put right or wrong into each"
        f' "label", about the solution; then veritune audit --labels {out}'
    )
    return 0


def _lines(found: AuditEstimate, half_width: float) -> Iterator[str]:
    for outcome, strata in found.strata.items():
        yield f"{outcome}: {found.population[outcome]} candidates"
        for one in strata:
            labelled = f"{one.hits:>4} {SAID[outcome]} of {one.n:>4} labelled"
            yield f"  {labelled}, {one.size:>8}  {one.name}"
        if found.missing[outcome]:
            yield f"  {found.missing[outcome]} are in strata without a label, and not counted"
    yield ""
    for title, rate in (
        ("passed, but wrong (of those that passed)", found.wrong_passed),
        ("failed, but right (of those that failed)", found.right_failed),
        ("false accepts (of wrong solutions)", found.false_accepts),
        ("false rejects (of right solutions)", found.false_rejects),
    ):
        value = "-" if rate.value is None else f"{100 * rate.value:.2f}%"
        yield f"{title:<42} {value:>7}  ({100 * rate.low:.2f} to {100 * rate.high:.2f}%)"
    yield ""
    for outcome, more in found.more.items():
        said = f"{more} more labels of {outcome} candidates" if more else "no more labels"
        yield f"{outcome}: within {100 * half_width:g} points takes {said}"
    if not any(one.n for strata in found.strata.values() for one in strata):
        yield "no row has a label yet: veritune view FILE --label shows them one by one"
