"""The prefixes of one solution: which completions are still wanted of them, and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from veritune.records import Candidate, Evidence, Outcome, Problem, StepLabel, StepVerdict, Verdict
from veritune.verifiers.steps import Span, spans_of

FROM_HERE = Evidence(kind="rollouts", checker="rollouts")
# Completions sampled at least at a time while an error is searched.
FEWEST = 4


@dataclass(frozen=True, slots=True)
class StepLabels:
    """Verdicts on the steps of one solution, and their soft labels (None where nothing was
    sampled).

    `first_error` is the index of the first incorrect step; `verdict` is the solution's own.
    """

    steps: tuple[StepVerdict, ...]
    soft: tuple[float | None, ...]
    first_error: int | None
    verdict: Verdict


@dataclass(slots=True)
class Tally:
    """The results of the completions of one prefix so far; `spent` if no more can be sampled."""

    passed: int = 0
    failed: int = 0
    errors: int = 0
    spent: bool = False

    @property
    def asked(self) -> int:
        return self.passed + self.failed + self.errors

    @property
    def share(self) -> float | None:
        """The soft label: the share that passes, of those that have a verdict."""
        checked = self.passed + self.failed
        return self.passed / checked if checked else None

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Add completions that were verified."""
        for outcome in outcomes:
            self.passed += outcome == "passed"
            self.failed += outcome == "failed"
            self.errors += outcome == "error"


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Completions that are to be known of one prefix."""

    problem: Problem
    prefix: str
    indices: range
    tally: Tally = field(compare=False)


class PrefixSearch:
    """One solution. Prefix i holds its first i steps; the last prefix is the whole solution."""

    def __init__(
        self,
        problem: Problem,
        candidate: Candidate,
        verdict: Verdict,
        k: int,
        few: int,
        *,
        search: bool,
        spans: Sequence[Span] | None = None,
    ) -> None:
        """A prefix is good if more than `few` of its `k` completions pass."""
        self._problem, self._text, self._verdict = problem, candidate.text, verdict
        self._k, self._few, self._search = k, few, search
        self._spans = _steps(problem, candidate) if spans is None else list(spans)
        self._tallies = [Tally() for _ in self._spans[:-1]]
        self._passes = verdict.outcome == "passed"
        self._good, self._bad = 0, len(self._spans) + self._passes

    def wanted(self) -> Iterator[CompletionRequest]:
        """The completions to be known next; nothing once the labels are certain."""
        if not self._search:
            for number, tally in enumerate(self._tallies, 1):
                if tally.asked < self._k and not tally.spent:
                    yield self._want(number, self._k - tally.asked)
        elif self._passes:
            yield from self._scan()
        elif self._verdict.outcome == "failed":
            yield from self._bisect()

    def labels(self) -> StepLabels:
        """What is known now, as verdicts."""
        found = [self._found(number) for number in range(1, len(self._spans) + 1)]
        steps = tuple(
            StepVerdict(
                start=start,
                end=end,
                label=label,
                reason=reason,
                evidence=None if label == "unchecked" else FROM_HERE,
            )
            for (start, end), (label, reason) in zip(self._spans, found, strict=True)
        )
        wrong = (at for at, step in enumerate(steps) if step.label == "incorrect")
        soft = tuple(tally.share for tally in self._tallies)
        own = (self._verdict.score,) if self._spans else ()
        return StepLabels(steps, (*soft, *own), next(wrong, None), self._verdict)

    def _scan(self) -> Iterator[CompletionRequest]:
        """A right answer can be reached by wrong steps, whose errors come and go."""
        certain = True
        for number, tally in enumerate(self._tallies, 1):
            good = self._is_good(tally)
            if good is False:
                self._bad = min(self._bad, number)
                return
            if good is None and tally.asked < self._k and not tally.spent:
                yield self._want(number, self._batch(tally))
            certain = certain and good is True
            self._good = number if certain else self._good
        self._good = len(self._spans) if certain else self._good

    def _bisect(self) -> Iterator[CompletionRequest]:
        while self._bad - self._good > 1:
            middle = (self._good + self._bad) // 2
            tally = self._tallies[middle - 1]
            good = self._is_good(tally)
            if good is None:
                if tally.asked < self._k and not tally.spent:
                    yield self._want(middle, self._batch(tally))
                return
            self._good, self._bad = (middle, self._bad) if good else (self._good, middle)

    def _is_good(self, tally: Tally) -> bool | None:
        """Whether enough completions pass; None where those still to come may decide it."""
        left = self._k - tally.asked
        if tally.passed > self._few:
            return True
        if not left:
            return None if tally.share is None else tally.share > self._few / self._k
        return False if tally.passed + left <= self._few else None

    def _batch(self, tally: Tally) -> int:
        """How many more may make the label certain."""
        left = self._k - tally.asked
        passes, fails = self._few + 1 - tally.passed, tally.passed + left - self._few
        return min(left, max(FEWEST, min(passes, fails)))

    def _want(self, number: int, count: int) -> CompletionRequest:
        tally = self._tallies[number - 1]
        prefix = self._text[: self._spans[number - 1][1]]
        return CompletionRequest(
            self._problem, prefix, range(tally.asked, tally.asked + count), tally
        )

    def _found(self, number: int) -> tuple[StepLabel, str]:
        """The label of the step that ends prefix `number`, and why."""
        if self._search:
            return self._searched(number)
        if number == len(self._spans):
            return self._whole()
        tally = self._tallies[number - 1]
        share = tally.share
        if share is None or tally.asked < self._k:
            return "unchecked", _shown(tally, "not enough completions could be sampled or verified")
        return ("verified" if share > self._few / self._k else "incorrect"), _shown(tally)

    def _searched(self, number: int) -> tuple[StepLabel, str]:
        """Good up to the last good prefix, bad where the next one is known to be bad."""
        if self._verdict.outcome == "error":
            return self._whole()
        if number <= self._good or number == self._bad == self._good + 1:
            if number == len(self._spans):
                return self._whole()
            at = number if self._passes or number == self._bad else self._good
            label: StepLabel = "verified" if number <= self._good else "incorrect"
            return label, _shown(self._tallies[at - 1])
        return (
            "unchecked",
            "behind the first error, beyond the budget, or longer than the model reads",
        )

    def _whole(self) -> tuple[StepLabel, str]:
        labels: dict[Outcome, StepLabel] = {"passed": "verified", "failed": "incorrect"}
        outcome = self._verdict.outcome
        return labels.get(outcome, "unchecked"), f"the solution's outcome is {outcome}"


def _steps(problem: Problem, candidate: Candidate) -> list[Span]:
    """A program has no steps here."""
    return [] if problem.kind == "code" else spans_of(problem, candidate)


def _shown(tally: Tally, doubt: str = "") -> str:
    checked = tally.passed + tally.failed
    text = f"{tally.passed} of {checked} completions from here pass"
    return f"{text}; {doubt}" if doubt else text
