"""Inference-time selection: how often one of n candidates is right when something picks it.

Every figure is the exact mean over all subsets of n of a problem's candidates, so that none of
them is wasted and no chance is left in it. Candidates with a verifier error are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from veritune.benchmarks.estimators import Vote, best_scored, majority
from veritune.errors import RecordError
from veritune.records import Verdict
from veritune.rounds import pass_at_k
from veritune.use import use_of

Key = tuple[str, int]
# The two curves that need no scores.
VERIFIER, MAJORITY = "verifier", "majority"


@dataclass(frozen=True, slots=True)
class Curve:
    """Chance of a right pick for each n, and how many problems have that many candidates."""

    rates: dict[int, float]
    problems: dict[int, int]


def curves(
    verdicts: Iterable[Verdict],
    scores: Mapping[str, Mapping[Key, float]],
    ns: Sequence[int],
) -> dict[str, Curve]:
    """A curve for the verifier itself, for the majority of answers, and for each of `scores`.

    The verifier picks one that it passed, and that is no cheat, if there is one: pass@n. Majority
    takes the answer that most candidates give, ties broken evenly; it is left out where verdicts
    name no answers. A scorer takes the candidate of the highest score, and must have scored all.
    """
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if use_of(verdict).outcome is not None:
            groups[verdict.problem_id].append(verdict)
    if not groups:
        raise RecordError("every candidate has a verifier error, so nothing can be selected")
    wanted = list(ns) or _doubling(max(map(len, groups.values())))
    found = {VERIFIER: _curve(groups, wanted, _of_verifier)}
    if any(verdict.answer is not None for group in groups.values() for verdict in group):
        votes = {id: _votes(group) for id, group in groups.items()}
        found[MAJORITY] = _curve(groups, wanted, lambda g, n: majority(votes[g[0].problem_id], n))
    for name, by_key in scores.items():
        ranked = {id: _scored(group, by_key, name) for id, group in groups.items()}

        def of_scorer(
            group: Sequence[Verdict], n: int, ranked: dict[str, list[tuple[float, bool]]] = ranked
        ) -> float:
            return best_scored(ranked[group[0].problem_id], n)

        found[name] = _curve(groups, wanted, of_scorer)
    return found


def _curve(
    groups: Mapping[str, Sequence[Verdict]],
    ns: Sequence[int],
    rate: Callable[[Sequence[Verdict], int], float],
) -> Curve:
    rates, problems = {}, {}
    for n in ns:
        enough = [group for group in groups.values() if len(group) >= n]
        if not enough:
            raise RecordError(
                f"best of {n}: no problem has {n} checked candidates; use a smaller n"
            )
        rates[n] = sum(rate(group, n) for group in enough) / len(enough)
        problems[n] = len(enough)
    return Curve(rates, problems)


def _of_verifier(group: Sequence[Verdict], n: int) -> float:
    return pass_at_k(len(group), sum(use_of(verdict).solved for verdict in group), n)


def _scored(
    group: Sequence[Verdict], scores: Mapping[Key, float], name: str
) -> list[tuple[float, bool]]:
    found = []
    for verdict in group:
        score = scores.get((verdict.problem_id, verdict.index))
        if score is None:
            raise RecordError(
                f"{name}: no score for candidate {verdict.index} of problem '{verdict.problem_id}'"
            )
        found.append((score, use_of(verdict).solved))
    return found


def _votes(group: Sequence[Verdict]) -> list[Vote]:
    """The answers that were given, equal ones together; who gave none has no vote.

    What passed equals the reference and so each other; only wrong answers need comparing.
    """
    right = sum(use_of(verdict).solved for verdict in group)
    wrong: dict[str, int] = {}
    silent = 0
    for verdict in group:
        if use_of(verdict).solved:
            continue
        if verdict.answer is None:
            silent += 1
        else:
            text = verdict.answer.strip()
            # By text first: comparing pairs of answers is the slow part.
            wrong[text] = wrong.get(text, 0) + 1
    votes = [Vote(count, right=False) for count in _merged(wrong)]
    votes += [Vote(right, right=True)] if right else []
    return [*votes, Vote(silent, right=False, counts=False)] if silent else votes


def _merged(wrong: Mapping[str, int]) -> list[int]:
    from veritune.verifiers import compare

    kinds: dict[str, int] = {}
    for text, count in wrong.items():
        same = next((kind for kind in kinds if compare(kind, text).equal), text)
        kinds[same] = kinds.get(same, 0) + count
    return list(kinds.values())


def _doubling(most: int) -> list[int]:
    """1, 2, 4, ... and `most`."""
    # Each doubling is one more bit of selection.
    powers = [1 << i for i in range(most.bit_length()) if 1 << i < most]
    return [*powers, most]
