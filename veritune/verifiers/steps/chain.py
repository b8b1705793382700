"""The steps of a `chain` trace such as `95;80;51;#1`.

A step is correct if it follows from the value written before it and the next operation. So an
error that is carried on is marked once, where it was made; the steps that follow from it are
correct and say so.
"""

from __future__ import annotations

import re

from veritune.problems import chain_operations, chain_step
from veritune.records import Problem, StepVerdict
from veritune.verifiers.steps.traces import Carried, Judgement, judged_pieces

_VALUE = re.compile(r"[0-9]{2};")
_ANSWER = re.compile(r"#[0-9]{1,2}")


def check_chain(problem: Problem, text: str) -> tuple[StepVerdict, ...]:
    """One verdict for every `dd;` and one for the final `#d`; spans partition `text`.

    Values too many or too few, anything malformed, and text after the answer are incorrect.
    Without an answer the steps that are there are judged, and no more.
    """
    value, operations = chain_operations(str(problem.metadata.get("chain", problem.prompt)))
    modulus, answer_modulus = (problem.metadata[k] for k in ("modulus", "answer_modulus"))
    trace = _Trace(value, operations, int(modulus), int(answer_modulus))
    return judged_pieces(trace, text)


class _Trace(Carried):
    """The value written last, and the operations to come."""

    def __init__(
        self, value: int, operations: list[tuple[str, int]], modulus: int, answer_modulus: int
    ) -> None:
        super().__init__()
        self._value: int | None = value
        self._operations = operations
        self._modulus, self._answer_modulus = modulus, answer_modulus
        self._at = 0
        self._answered = False

    def judge(self, piece: str, *, last: bool) -> Judgement:
        if self._answered:
            return self.incorrect("stands after the answer")
        if piece.startswith("#"):
            self._answered = True
            return self._answer(piece, last)
        if not _VALUE.fullmatch(piece):
            self._value = None
            self._at += 1
            return self.incorrect("not a two-digit value and a semicolon")
        return self._step(int(piece[:2]))

    def _step(self, written: int) -> Judgement:
        before, self._value = self._value, written
        self._at += 1
        if self._at > len(self._operations):
            return self.incorrect(
                f"one value too many; there are {len(self._operations)} operations"
            )
        operator, operand = self._operations[self._at - 1]
        if before is None:
            return self.incorrect("follows no readable value")
        expected = chain_step(before, operator, operand, self._modulus)
        claim = f"{before:02d}{operator}{operand:02d}={expected:02d}"
        if written != expected:
            return self.incorrect(f"{claim}, not {written:02d}")
        return self.correct(claim)

    def _answer(self, piece: str, last: bool) -> Judgement:
        missing = len(self._operations) - self._at
        if missing > 0:
            return self.incorrect(f"{missing} of {len(self._operations)} values are missing")
        if not _ANSWER.fullmatch(piece) or self._value is None:
            return self.incorrect("not # and the answer")
        if not last:
            return self.incorrect("the answer does not end the text")
        expected = str(self._value % self._answer_modulus)
        claim = f"{self._value:02d} mod {self._answer_modulus} = {expected}"
        if piece[1:] != expected:
            return self.incorrect(f"{claim}, not {piece[1:]}")
        return self.correct(claim)
