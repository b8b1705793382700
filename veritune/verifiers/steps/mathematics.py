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

from veritune.algebra import Node, real_value, start_meter
from veritune.records import MathProblem, StepVerdict
from veritune.verifiers.steps.annotations import Finding, check_annotations
from veritune.verifiers.steps.calculations import shown
from veritune.verifiers.steps.equality_check import check_equality
from veritune.verifiers.steps.equations import Equality, equalities
from veritune.verifiers.steps.formulas import Formula, formulas
from veritune.verifiers.steps.labels import step_verdict
from veritune.verifiers.steps.ledger import Ledger, numbers_in
from veritune.verifiers.steps.segment import Span, steps_of
from veritune.verifiers.steps.setups import below_zero, is_word_problem, percent_of_one, set_up
from veritune.verifiers.steps.tokens import ProseToken, scan
from veritune.verifiers.steps.words import in_words
from veritune.verifiers.steps.words.wording import supposes

if TYPE_CHECKING:
    from veritune.verifiers.steps.algebra import Algebra

# Characters; what is longer is unchecked.
LONGEST = 50_000
# What is read by the algebra though there is no backslash.
_TYPESET = re.compile(r"[\\!^√∛²³|π≤≥≠≡<>{_(]")
# A line without any of these claims nothing that could be checked.
_PROMISING = re.compile(
    r"[=<>≤≥≠≡≈]|\\(?:[lg]eq?|neq?|equiv|n?mid|approx)\b|\b(?:is|are|equals|gives|makes|divides?)\b"
)
_BASE = re.compile(
    r"\bbase[- $]{1,2}(?:\d|two|three|four|five|six|seven|eight|nine|twelve|[a-z]\b)"
    r"|\bin (?:binary|octal)"
)
_ENDING = re.compile(r"(?:[ \t]*+[^\s\d]++){0,6}\s*+")
_CENT = Fraction(1, 100)
# A claim may count in cents what its numbers have in dollars, and the reverse.
_CENTS = (1, 100, _CENT)


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


def _outside(tokens: list[ProseToken], found: list[Span]) -> list[ProseToken]:
    """The tokens, with breaks in the place of those that were checked."""
    if not found:
        return tokens
    return [
        ProseToken("break", "", token.start, token.end, True)
        if any(first <= token.start < last for first, last in found)
        else token
        for token in tokens
    ]


def _names_base(text: str) -> bool:
    """Whether a text calculates in another base than ten."""
    return (
        any(word in text for word in ("base", "binary", "octal")) and _BASE.search(text) is not None
    )


class _Solution:
    """One text, read from its start to its end."""

    def __init__(self, problem: MathProblem, text: str, spans: list[Span]) -> None:
        self._text = text
        self._marker = problem.reference.marker or "####"
        self._question = problem.prompt if isinstance(problem.prompt, str) else ""
        self._ledger = Ledger()
        self._spans = spans
        self._algebra: Algebra | None = None
        self._worded = "\\" not in text and is_word_problem(self._question)
        self._based = _names_base(self._question) or _names_base(text)
        self._step = 0

    def verdicts(self) -> tuple[StepVerdict, ...]:
        """One a step."""
        return tuple(self._verdict(start, end) for start, end in self._spans)

    def _verdict(self, start: int, end: int) -> StepVerdict:
        self._step += 1
        calculated = list(check_annotations(self._text, start, end))
        derived: list[Finding] = []
        ahead = self._text[end : end + 40].lstrip(" \n\t&")
        if ahead.startswith("=") or _PROMISING.search(self._text, start, end):
            tokens = scan(self._text, start, end)
            calculated += self._calculated(tokens, start, end)
            if any(token.kind == "variable" for token in tokens):
                derived += self._unknowns(tokens, continues=ahead.startswith("="))
        if self._worded:
            calculated += set_up(self._text, start, end)
        calculated += self._answer(start, end)
        return step_verdict(self._text, start, end, calculated, derived)

    def _calculated(self, tokens: list[ProseToken], start: int, end: int) -> Iterator[Finding]:
        """What is claimed in words, then in formulas, then in the rest of a step."""
        read: list[Span] = []
        for first, last, finding in in_words(self._text, start, end):
            read.append((first, last))
            yield self._asserted(first, last, finding)
        formed = [
            formula
            for formula in self._formulas(start, end)
            if not any(first < formula.end and formula.start < last for first, last in read)
        ]
        for formula in formed:
            read.append((formula.start, formula.end))
            yield self._noted(*formula)
        yield from self._arithmetic(_outside(tokens, read), start, end)

    def _asserted(self, start: int, end: int, finding: Finding) -> Finding:
        """The finding, but an error is one only where the claim is asserted."""
        label, why = finding
        if label == "incorrect" and self._based:
            return "unchecked", f"may be in another base ({why})"
        if label == "incorrect" and supposes(self._text, start, end):
            return "unchecked", f"not asserted, or taken back ({why})"
        return label, why

    def _unknowns(self, tokens: list[ProseToken], *, continues: bool) -> Iterator[Finding]:
        if self._algebra is None:
            from veritune.verifiers.steps.algebra import Algebra  # few solutions need its weight

            pieces = [self._text[start:end] for start, end in self._spans]
            self._algebra = Algebra(self._question, self._text, pieces)
        yield from self._algebra.findings(tokens, self._step, continues=continues)

    def _arithmetic(self, tokens: list[ProseToken], start: int, end: int) -> Iterator[Finding]:
        step = self._text[start:end]
        for equality in equalities(tokens):
            finding = check_equality(equality, step, self._ledger.rounded)
            left, right = equality.left.node, equality.right.node
            label, reason = self._noted(equality.start, equality.end, left, right, finding)
            odd = self._odd(equality, step) if label != "incorrect" else None
            yield ("incorrect", f"{reason}, but {odd}") if odd else (label, reason)

    def _odd(self, equality: Equality, step: str) -> str | None:
        """What is wrong with the set-up of a word problem, seen in a calculation that holds."""
        if not self._worded:
            return None
        return below_zero(equality, self._question, step) or percent_of_one(equality)

    def _formulas(self, start: int, end: int) -> list[Formula]:
        step = self._text[start:end]
        typeset = _TYPESET.search(step) or "mod" in step or "pi" in step
        return list(formulas(self._text, start, end)) if typeset else []

    def _noted(self, start: int, end: int, left: Node, right: Node, found: Finding) -> Finding:
        """The finding on an equation where it stands, and what it leaves in the ledger."""
        label, why = self._asserted(start, end, found)
        reason = f"{self._text[start:end].strip()}: {why}"
        ledger, result = self._ledger, shown(right)
        if label == "unchecked":
            ledger.last = None
            return label, reason
        carried = None if label == "incorrect" else ledger.carried(left)
        if result is not None:
            ledger.last, ledger.last_end = result.value, end
            if label == "incorrect":
                ledger.wrong[result.value] = self._step
            elif carried is not None:
                ledger.wrong[result.value] = carried
            # What is rounded to a whole number is one from then on.
            whole = not result.places or result.percent
            exact = None if why == "holds" or whole else real_value(left)
            if label == "correct" and exact is not None and exact > 0:
                ledger.rounded[result.value] = exact
        return label, reason if carried is None else f"{reason}, carried on from step {carried}"

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
        elif last in self._ledger.wrong or "<<" not in self._text or abs(answer - last) <= _CENT:
            return  # carried on, no calculator, or a cent that a calculator lost
        elif answer not in numbers_in(self._text[:at] + self._question):
            yield "incorrect", f"the answer is {answer}, the value computed last {last}"
