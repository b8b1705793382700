"""How many candidates passed, failed or were verifier errors, and what the failing ones came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from veritune.records import Outcome, Verdict
from veritune.report import Rate, wilson
from veritune.rounds import kind_of


@dataclass(slots=True)
class VerdictSummary:
    """Counts as verdicts go by, without keeping them.

    A verifier error says nothing of its candidate, so the pass rate is of those that have a score.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    problems: dict[str, Counter[Outcome]] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, verdict: Verdict) -> None:
        """Count one."""
        self.outcomes[verdict.outcome] += 1
        self.problems.setdefault(verdict.problem_id, Counter())[verdict.outcome] += 1
        self.seconds += verdict.seconds
        if verdict.outcome != "passed":
            self.kinds[kind_of(verdict)] += 1

    @property
    def total(self) -> int:
        """How many there are."""
        return self.outcomes.total()

    @property
    def pass_rate(self) -> Rate:
        """The share that passed of those with a score, and its interval."""
        scored = self.total - self.outcomes["error"]
        return wilson(self.outcomes["passed"] / scored if scored else 0.0, scored)

    def shortfall(self, least: float) -> str:
        """Why the pass rate cannot be said to reach `least`; empty where it does.

        A verifier error is not counted as a failure; but a rate that holds only if those
        candidates had passed does not hold.
        """
        passed, errors = self.outcomes["passed"], self.outcomes["error"]
        if self.total and passed >= least * self.total:
            return ""
        rate = self.pass_rate
        if not rate.n:
            return f"no candidate has a score ({errors} verifier errors); wanted {least:g}"
        said = f"pass rate {rate.value:.4g} of {rate.n}"
        if rate.value >= least:
            return f"{said}, but {errors} verifier errors could bring it under {least:g}"
        return f"{said} is under {least:g}"
