"""The steps of a math solution, checked by rules: annotations, equations in prose, the answer.

`labels` makes a step's label of its claims. A claim is checked as it is written: what follows
correctly from an earlier wrong value is correct and says so, so that an error is marked where it
was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from veritune.algebra import Num, start_meter, walk
from veritune.records import MathProblem, StepVerdict
from veritune.verifiers.steps.annotations import ClaimLabel, Finding, check_annotations
from veritune.verifiers.steps.equality_check import Rounding, check_equality
from veritune.verifiers.steps.equations import Equality, equalities
from veritune.verifiers.steps.formulas import Formula, formulas
from veritune.verifiers.steps.labels import Claim, claims, step_verdict
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
_TYPESET = re.compile(r"\{,\}|[\d)]\s?[!^]|[√∛²³|]")
"""What is read by the algebra though there is no backslash."""
_PROMISING = re.compile(r"[=<>≤≥]|\\[lg]eq?|≈|\\approx|\b(?:is|are|equals|gives|makes)\b")
_ENDING = re.compile(r"(?:[ \t]*+[^\s\d]++){0,6}\s*+")
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


def _outside(tokens: list[ProseToken], found: list[Formula]) -> list[ProseToken]:
    """The tokens with a break in the place of every formula that was checked."""
    if not found:
        return tokens
    kept: list[ProseToken] = []
    waiting = found[::-1]
    for token in tokens:
        while waiting and waiting[-1].end <= token.start:
            waiting.pop()
        inside = waiting[-1] if waiting and waiting[-1].start <= token.start else None
        if inside is None:
            kept.append(token)
        elif not kept or kept[-1].start != inside.start or kept[-1].kind != "break":
            kept.append(ProseToken("break", "", inside.start, inside.end, True))
    return kept


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
        return step_verdict(self._text, start, end, self._claims(start, end))

    def _claims(self, start: int, end: int) -> Iterator[Claim]:
        yield from claims("arithmetic", check_annotations(self._text, start, end))
        ahead = self._text[end : end + 40].lstrip(" \n\t&")
        if ahead.startswith("=") or _PROMISING.search(self._text, start, end):
            tokens = scan(self._text, start, end)
            formed = self._formulas(start, end)
            yield from claims("arithmetic", (self._formula(formula) for formula in formed))
            if plain := _outside(tokens, formed):
                yield from claims("arithmetic", self._arithmetic(plain, start, end))
            if any(token.kind == "variable" for token in tokens):
                found = self._unknowns(tokens, continues=ahead.startswith("="))
                yield from claims("derivation", found)
        yield from claims("arithmetic", self._answer(start, end))

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

    def _formulas(self, start: int, end: int) -> list[Formula]:
        if "\\" not in self._text and not _TYPESET.search(self._text, start, end):
            return []
        freely = self._rounding(start, end) == "freely"
        return list(formulas(self._text, start, end, freely=freely))

    def _formula(self, formula: Formula) -> Finding:
        """A finding, and what it leaves in the ledger."""
        label, why = formula.label, formula.reason
        written = self._text[formula.start : formula.end].strip()
        if label == "incorrect" and supposes(self._text, formula.start, formula.end):
            label, why = "unchecked", f"not asserted, or taken back ({why})"
        value = formula.right.value if isinstance(formula.right, Num) else None
        self._ledger.last, self._ledger.last_end = value, formula.end
        numbers = [part.value for part in walk(formula.left) if isinstance(part, Num)]
        carried = next((self._ledger.wrong[n] for n in numbers if n in self._ledger.wrong), None)
        if label == "incorrect" and value is not None:
            self._ledger.wrong[value] = self._step
        elif label == "correct" and carried is not None:
            why += f", carried on from step {carried}"
            if value is not None:
                self._ledger.wrong[value] = carried
        return label, f"{written}: {why}"

    def _rounding(self, start: int, end: int) -> Rounding:
        """How freely a step says that it rounds."""
        if _FREELY.search(self._text, start, end):
            return "freely"
        return "to whole numbers" if _TO_WHOLE.search(self._text, start, end) else ""

    def _entered(self, equality: Equality, label: ClaimLabel, why: str) -> str:
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
