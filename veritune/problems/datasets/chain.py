"""`chain`: left-to-right modular arithmetic with written steps, and a teacher who errs.

The prompt `38+57*04-29=` asks for `95;80;51;#1`: every running value as two digits, then the last
value modulo `answer_modulus`. A wrong trace can therefore end on the right answer, by chance once
in `answer_modulus`: the false positives of outcome supervision, on a dial.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from veritune.config import ChainConfig, Positive, ProblemsConfig
from veritune.errors import RecordError
from veritune.problems.datasets.dataset import DataSet, Generator, Settings, Taught, Wanted
from veritune.problems.traces import Carried, PieceVerdict, check_pieces
from veritune.records import MathProblem, MathReference, Problem, Record, StepRule, StepVerdict

# Two digits a term: every step is as long as every other, in tokens, too.
_PROMPT = re.compile(r"(\d\d)((?:[-+*]\d\d)+)=", re.ASCII)
_VALUE = re.compile(r"[0-9]{2};")
_ANSWER = re.compile(r"#[0-9]{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSettings(Record):
    """What the step rule must know: the problem itself, since prompts get instructions."""

    chain: str
    modulus: Positive
    answer_modulus: Positive


def draw(config: ChainConfig, rng: Random) -> MathProblem:
    """One problem; equal prompts are equal problems."""
    largest = min(config.largest_term, config.modulus - 1)
    prompt = f"{rng.randint(0, largest):02d}"
    for _ in range(config.steps):
        operator = rng.choice(config.operators)
        # Times 0 or 1 would be no step.
        low, high = (2, config.largest_factor) if operator == "*" else (0, largest)
        prompt += f"{operator}{rng.randint(low, high):02d}"
    return _problem(prompt + "=", config)


def chain_operations(prompt: str) -> tuple[int, list[tuple[str, int]]]:
    """The start value and the (operator, operand) pairs of a prompt."""
    match = _PROMPT.fullmatch(prompt)
    if match is None:
        raise RecordError(f"prompt: not a chain such as 38+57*04-29= (got {prompt[:60]!r})")
    operations = [(op, int(digits)) for op, digits in re.findall(r"([-+*])(\d\d)", match[2])]
    return int(match[1]), operations


def chain_step(value: int, operator: str, operand: int, modulus: int) -> int:
    """One operation modulo `modulus`."""
    if operator == "+":
        return (value + operand) % modulus
    if operator == "-":
        return (value - operand) % modulus
    return (value * operand) % modulus


def teach(problem: Problem, config: ChainConfig, rng: Random) -> str:
    """A trace by a teacher with a misconception and slips, who carries his own errors on."""
    value, operations = chain_operations(str(problem.prompt))
    written = []
    for operator, operand in operations:
        value = _taught_step(value, operator, operand, config, rng)
        written.append(f"{value:02d}")
    return _trace(written, value % config.answer_modulus)


def _taught_step(value: int, operator: str, operand: int, config: ChainConfig, rng: Random) -> int:
    right = chain_step(value, operator, operand, config.modulus)
    believed = smaller_from_larger(value, operand) % config.modulus
    # Only where borrowing is needed: elsewhere the misconception gives the right digit.
    if operator == "-" and believed != right and rng.random() < config.misconception:
        right = believed
    if rng.random() < config.slips:
        return (right + rng.randrange(1, config.modulus)) % config.modulus
    return right


def smaller_from_larger(value: int, operand: int) -> int:
    """Subtraction without borrowing: in each column the smaller digit from the larger.

    The commonest bug of children's subtraction (Brown and Burton 1978, "Diagnostic Models for
    Procedural Bugs in Basic Mathematical Skills").
    """
    tens = abs(value // 10 - operand // 10)
    ones = abs(value % 10 - operand % 10)
    return 10 * tens + ones


def _problem(prompt: str, config: ChainConfig) -> MathProblem:
    value, operations = chain_operations(prompt)
    steps = []
    for operator, operand in operations:
        value = chain_step(value, operator, operand, config.modulus)
        steps.append(f"{value:02d}")
    answer = value % config.answer_modulus
    settings: Settings = {
        "chain": prompt,
        "modulus": config.modulus,
        "answer_modulus": config.answer_modulus,
    }
    return MathProblem(
        id=f"chain-{hashlib.sha256(prompt.encode()).hexdigest()[:16]}",
        prompt=prompt,
        reference=MathReference(
            answer=str(answer),
            steps=tuple(steps),
            solution=_trace(steps, answer),
            marker="#",
            step_rule=StepRule(name="chain", settings=settings),
        ),
        metadata={"source": "chain"},
    )


def _trace(steps: list[str], answer: int) -> str:
    return "".join(f"{step};" for step in steps) + f"#{answer}"


def check_chain(problem: MathProblem, settings: Settings, text: str) -> tuple[StepVerdict, ...]:
    """One verdict for every `dd;` and one for the final `#d`; spans partition `text`.

    A step is correct if it follows from the value written before it and the next operation. So an
    error that is carried on is marked once, where it was made; what follows from it is correct.
    Values too many or too few, anything malformed, and text after the answer are incorrect.
    Without an answer the steps that are there are verified, and no more.
    """
    told = ChainSettings.from_json(settings)
    value, operations = chain_operations(told.chain)
    trace = ChainTrace(value, operations, told.modulus, told.answer_modulus)
    return check_pieces(trace, text)


class ChainTrace(Carried):
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

    def check_piece(self, piece: str, *, last: bool) -> PieceVerdict:
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

    def _step(self, written: int) -> PieceVerdict:
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

    def _answer(self, piece: str, last: bool) -> PieceVerdict:
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


def draws(config: ProblemsConfig, rng: Random, wanted: Wanted) -> Iterator[Taught]:
    """Problems without end."""
    while True:
        problem = draw(config.chain, rng)
        yield problem, teach(problem, config.chain, rng)


DATA_SET = DataSet(name="chain", problems=Generator(draws=draws), check_steps=check_chain)
