"""pass@k of a file of candidates: Chen et al. 2021 (arXiv 2107.03374), unbiased."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from veritune.errors import RecordError
from veritune.records import Verdict
from veritune.rounds import pass_at_k


class PassAtKRates(BaseModel):
    """pass@k for each k, over the problems with at least k candidates that have a verdict."""

    model_config = ConfigDict(frozen=True)

    rates: dict[int, float]
    problems: int
    candidates: int
    unchecked: int
    too_few: dict[int, int]


def estimate(verdicts: Iterable[Verdict], ks: Iterable[int]) -> PassAtKRates:
    """pass@k from verdicts; those with a verifier error are left out and counted.

    A problem with fewer than k checked candidates cannot be estimated: it is counted in
    `too_few[k]`. Where no problem is left for a k, that is an error and not a zero.
    """
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[verdict.problem_id].append(verdict)
    decided = [[v for v in group if v.outcome != "error"] for group in groups.values()]
    rates, too_few = {}, {}
    for k in ks:
        enough = [group for group in decided if len(group) >= k]
        if not enough:
            raise RecordError(_nothing_at(k, decided, groups.values()))
        counts = [(len(g), sum(v.outcome == "passed" for v in g)) for g in enough]
        rates[k] = sum(pass_at_k(n, right, k) for n, right in counts) / len(enough)
        too_few[k] = len(decided) - len(enough)
    total = sum(map(len, groups.values()))
    return PassAtKRates(
        rates=rates,
        problems=len(groups),
        candidates=total,
        unchecked=total - sum(map(len, decided)),
        too_few=too_few,
    )


def _nothing_at(k: int, decided: list[list[Verdict]], groups: Iterable[list[Verdict]]) -> str:
    """Why no problem can be estimated: too few candidates, or a verifier that decided on none."""
    most = max(map(len, decided), default=0)
    errors = [v.reason for group in groups for v in group if v.outcome == "error"]
    if most == 0 and errors:
        return f"pass@{k}: all {len(errors)} verdicts are verifier errors, the first: {errors[0]}"
    return f"pass@{k}: no problem has {k} checked candidates; use a k of at most {most}"
