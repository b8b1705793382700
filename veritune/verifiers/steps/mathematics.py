"""The steps of a math solution, checked by rules: annotations, equations in prose, the answer.

A step is "incorrect" if one of its claims is, "correct" if at least one was checked and none is
wrong. A claim is checked as it is written: what follows correctly from an earlier wrong value is
correct and says so, so that an error is marked where it was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from veritune.records import MathProblem, StepLabel, StepVerdict
from veritune.verifiers.answers.limits import start_meter
from veritune.verifiers.steps.annotations import Finding, check_annotations
from veritune.verifiers.steps.equality_check import Rounding, check_equality
from veritune.verifiers.steps.equations import Equality, equalities
from veritune.verifiers.steps.ledger import Ledger, numbers_in
from veritune.verifiers.steps.segment import Span, steps_of
from veritune.verifiers.steps.sides import value_of
from veritune.verifiers.steps.tokens import ProseToken, scan
from veritune.verifiers.steps.units import LARGE, unit_factors
from veritune.verifiers.steps.wording import supposes

if TYPE_CHECKING:
    from veritune.verifiers.steps.algebra import Algebra

LONGEST = 50_000
"""Characters; what is longer is unchecked."""
_FREELY = re.compile(
    r"rounded|rounding|round(?:s|ing)? (?:up|down|off|to|it)|about|approx|nearest|roughly|almost"
    r"|nearly|≈|estimat",
    re.IGNORECASE,
)
_TO_WHOLE = re.compile(
    r"whole|full\b|remain|left ?over|with \d+ (?:\w+ )?left|quotient|at least|at most",
    re.IGNORECASE,
)
_PROMISING = re.compile(r"[=<>≤≥]|\\[lg]eq?|≈|\\approx|\b(?:is|are|equals|gives|makes)\b")
_ENDING = re.compile(r"(?:[ \t]*[^\s\d]+){0,6}\s*")
_CENTS = (1, 100, Fraction(1, 100))


def check_mathematics(
    problem: MathProblem, text: str, spans: Sequence[Span] | None = None
) -> tuple[StepVerdict, ...]:
    """One verdict a step; the steps are `spans`, or what `steps_of` finds."""
    if len(text) > LONGEST:
        reason = f"longer than {LONGEST} characters"
        whole = [(0, len(text))]
        return tuple(
            StepVerdict(start=start, end=end, label="unchecked", reason=reason)
            for start, end in spans or whole
        )
    start_meter()
    solution = _Solution(problem, text, steps_of(text) if spans is None else list(spans))
    return solution.verdicts()


class _Solution:
    """One text, read from its start to its end."""

    def __init__(self, problem: MathProblem, text: str, spans: list[Span]) -> None:
        self._text = text
        self._marker = problem.reference.marker or "####"
        self._question = problem.prompt if isinstance(problem.prompt, str) else ""
        self._ledger = Ledger()
        self._spans = spans
        self._algebra: Algebra | None = None
        self._step = 0

    def verdicts(self) -> tuple[StepVerdict, ...]:
        """One a step."""
        return tuple(self._verdict(start, end) for start, end in self._spans)

    def _verdict(self, start: int, end: int) -> StepVerdict:
        self._step += 1
        label: StepLabel = "unchecked"
        reason = "no claim that rules can check"
        for found, why in self._findings(start, end):
            if label == "unchecked" or (label == "correct" and found == "incorrect"):
                label, reason = found, why
        return StepVerdict(start=start, end=end, label=label, reason=reason)

    def _findings(self, start: int, end: int) -> Iterator[Finding]:
        yield from check_annotations(self._text, start, end)
        ahead = self._text[end : end + 40].lstrip(" \n\t&")
        if ahead.startswith("=") or _PROMISING.search(self._text, start, end):
            tokens = scan(self._text, start, end)
            yield from self._arithmetic(tokens, start, end)
            if any(token.kind == "variable" for token in tokens):
                yield from self._unknowns(tokens, continues=ahead.startswith("="))
        yield from self._answer(start, end)

    def _unknowns(self, tokens: list[ProseToken], *, continues: bool) -> Iterator[Finding]:
        if self._algebra is None:
            from veritune.verifiers.steps.algebra import Algebra  # few solutions need its weight

            pieces = [self._text[start:end] for start, end in self._spans]
            self._algebra = Algebra(self._question, self._text, pieces)
        yield from self._algebra.findings(tokens, self._step, continues=continues)

    def _arithmetic(self, tokens: list[ProseToken], start: int, end: int) -> Iterator[Finding]:
        large = unit_factors(token.text for token in tokens if token.text in LARGE)
        rounding = self._rounding(start, end)
        for equality in equalities(tokens):
            label, why = check_equality(
                equality, rounding=rounding, rounded=self._ledger.rounded, large=large
            )
            if label == "incorrect" and supposes(self._text, equality.start, equality.end):
                label, why = "unchecked", f"not asserted, or taken back ({why})"
            yield label, self._entered(equality, label, why)

    def _rounding(self, start: int, end: int) -> Rounding:
        """How freely a step says that it rounds."""
        if _FREELY.search(self._text, start, end):
            return "freely"
        return "to whole numbers" if _TO_WHOLE.search(self._text, start, end) else ""

    def _entered(self, equality: Equality, label: StepLabel, why: str) -> str:
        """Note in the ledger what an equality claims; the reason to give."""
        shown = equality.right.printed
        written = self._text[equality.start : equality.end]
        if label == "unchecked":
            self._ledger.last = None
            return f"{written}: {why}"
        if shown is not None:
            self._ledger.last, self._ledger.last_end = shown.value, equality.end
        carried = self._ledger.carried(equality.left.tree)
        if label == "incorrect":
            if shown is not None:
                self._ledger.wrong[shown.value] = self._step
            return f"{written}: {why}"
        if shown is not None:
            value = value_of(equality.left.tree)
            if value != shown.value and not shown.percent:
                self._ledger.rounded[shown.value] = value
            if carried is not None:
                self._ledger.wrong[shown.value] = carried
        return f"{written}: {why}" + (f", carried on from step {carried}" if carried else "")

    def _answer(self, start: int, end: int) -> Iterator[Finding]:
        """Whether the final answer is the value computed last, or at least stands above.

        An answer that stands nowhere, not even in the question, and differs from the value that
        the line before ends on, follows from nothing. Only where calculations are annotated: in
        plain prose the last one need not be the answer's.
        """
        at = self._text.find(self._marker, start, end)
        last = self._ledger.last
        if at < 0 or last is None or not _ENDING.fullmatch(self._text, self._ledger.last_end, at):
            return
        stated = numbers_in(self._text[at:end])
        if len(stated) != 1:
            return
        answer = stated.pop()
        if any(answer == last * factor for factor in _CENTS):
            yield "correct", f"{answer} is the value computed last"
        elif last in self._ledger.wrong or "<<" not in self._text:
            return
        elif answer not in numbers_in(self._text[:at] + self._question):
            yield "incorrect", f"the answer is {answer}, the value computed last {last}"
