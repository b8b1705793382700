"""`chain`: left-to-right modular arithmetic with written steps, and a teacher who errs.

The prompt `38+57*04-29=` asks for `95;80;51;#1`: every running value as two digits, then the last
value modulo `answer_modulus`. A wrong trace can therefore end on the right answer, by chance once
in `answer_modulus`: the false positives of outcome supervision, on a dial.
"""

from __future__ import annotations

import hashlib
import re
from random import Random

from veritune.config import ChainConfig
from veritune.errors import RecordError
from veritune.records import Problem

_PROMPT = re.compile(r"(\d\d)((?:[-+*]\d\d)+)=", re.ASCII)


def draw(config: ChainConfig, rng: Random) -> Problem:
    """One problem; equal prompts are equal problems."""
    largest = min(config.largest_term, config.modulus - 1)
    prompt = f"{rng.randint(0, largest):02d}"
    for _ in range(config.steps):
        operator = rng.choice(config.operators)
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


def _problem(prompt: str, config: ChainConfig) -> Problem:
    value, operations = chain_operations(prompt)
    steps = []
    for operator, operand in operations:
        value = chain_step(value, operator, operand, config.modulus)
        steps.append(f"{value:02d}")
    answer = value % config.answer_modulus
    return Problem(
        id=f"chain-{hashlib.sha256(prompt.encode()).hexdigest()[:16]}",
        kind="math",
        prompt=prompt,
        reference={"answer": str(answer), "steps": steps},
        metadata={
            "source": "chain",
            "marker": "#",
            "chain": prompt,
            "modulus": config.modulus,
            "answer_modulus": config.answer_modulus,
            "solution": _trace(steps, answer),
        },
    )


def _trace(steps: list[str], answer: int) -> str:
    return "".join(f"{step};" for step in steps) + f"#{answer}"
