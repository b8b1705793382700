"""Which problems a round samples: in turn, or by how often they were solved before.

    uniform     the next ones of the train split, beginning again at its end
    window      as uniform, but problems that were solved too rarely or too often are passed over
    pass_rate   at random, each with weight p (1 - p), p = (passed + 1) / (verified + 2): a group's
                outcomes differ most often where p is 1/2, and new problems come first

Everything follows from the recipe and from what the journal holds of earlier rounds, so a run that
resumes asks the same. With `rounds.dynamic_sampling` groups without signal, whose candidates all
passed or all failed, are replaced until there are enough or the budget is spent (DAPO, Yu et al.
2025, arXiv 2503.14476, section 3.2). Signal is in the outcomes of candidates that ended: shaped
rewards nearly always differ, and what a truncated candidate would have come to is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from random import Random

from veritune.config import RoundsConfig
from veritune.records import Problem

# Of each problem, how many candidates came out how.
Outcomes = Mapping[str, Mapping[str, int]]


class PassRates:
    """How often each problem was solved, over all rounds that were added."""

    def __init__(self) -> None:
        self.rounds = 0
        self.asked = 0
        self._counts: dict[str, tuple[int, int]] = {}

    def add(self, outcomes: Outcomes) -> None:
        """Count the candidates of one more round; those with a verifier error do not count."""
        for problem, found in outcomes.items():
            passed, verified = self.counts(problem)
            right = found.get("passed", 0)
            wrong = found.get("failed", 0) + found.get("truncated", 0)
            self._counts[problem] = passed + right, verified + right + wrong
        self.rounds += 1
        self.asked += len(outcomes)

    def counts(self, problem: str) -> tuple[int, int]:
        """(passed, verified)."""
        return self._counts.get(problem, (0, 0))


def choose(
    train: Sequence[Problem],
    rates: PassRates,
    config: RoundsConfig,
    *,
    count: int,
    taken: Sequence[Problem],
    seed: int,
) -> list[Problem]:
    """`count` more problems for a round that has `taken` some; fewer where there are no more."""
    known = {problem.id for problem in taken}
    if config.order == "pass_rate":
        draw = Random(f"curriculum:{seed}:{rates.rounds}")
        # Efraimidis and Spirakis 2006: the largest u^(1/w) are a weighted draw without replacement.
        keys = {problem.id: draw.random() ** (1 / _weight(rates, problem)) for problem in train}
        ranked = sorted(train, key=lambda problem: -keys[problem.id])
        return [problem for problem in ranked if problem.id not in known][:count]
    first = rates.asked % len(train)
    turn = [*train[first:], *train[:first]]
    if config.order == "window":
        # Those outside come last, and not never: a round must be filled.
        turn = sorted(turn, key=lambda problem: not _inside(rates, problem, config))
    return [problem for problem in turn if problem.id not in known][:count]


def with_signal(outcomes: Outcomes) -> list[str]:
    """The problems that were both solved and failed, in order."""
    return [id for id, found in outcomes.items() if found.keys() >= {"passed", "failed"}]


def lacking(config: RoundsConfig, mixed: Collection[str], asked: int) -> int:
    """How many problems more a round samples, having `asked` some."""
    if not config.dynamic_sampling:
        return 0
    room = int(config.prompts * config.sampling_budget) - asked
    return max(0, min(config.prompts - len(mixed), room))


def _weight(rates: PassRates, problem: Problem) -> float:
    passed, verified = rates.counts(problem.id)
    # Laplace's rule: a problem that was never sampled counts as half solved, and comes early.
    p = (passed + 1) / (verified + 2)
    return p * (1 - p)


def _inside(rates: PassRates, problem: Problem, config: RoundsConfig) -> bool:
    """Whether a problem's pass rate is in the window; one that was never sampled is."""
    passed, verified = rates.counts(problem.id)
    if not verified:
        return True
    return config.lowest_pass_rate <= passed / verified <= config.highest_pass_rate
