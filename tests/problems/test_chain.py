"""The chain generator and its teacher."""

import re
from random import Random

import pytest

from veritune.config import ChainConfig, ProblemsConfig
from veritune.errors import RecordError
from veritune.problems import demonstrations
from veritune.problems.datasets.chain import (
    chain_operations,
    chain_step,
    draw,
    smaller_from_larger,
    teach,
)
from veritune.records import problem_from_line


def test_the_shape_that_the_design_fixes() -> None:
    problem = draw(ChainConfig(steps=3), Random(5))
    assert re.fullmatch(r"\d\d([-+*]\d\d){3}=", str(problem.prompt))
    assert problem.metadata["source"] == "chain"
    assert problem.reference.marker == "#"
    assert re.fullmatch(r"(\d\d;){3}#\d", problem.reference.solution)
    assert problem_from_line(problem.to_line()) == problem


@pytest.mark.parametrize(
    ("value", "operator", "operand", "result"),
    [(38, "+", 57, 95), (95, "*", 4, 80), (80, "-", 29, 51), (30, "-", 57, 73), (60, "+", 60, 20)],
)
def test_steps_are_modulo_100(value: int, operator: str, operand: int, result: int) -> None:
    assert chain_step(value, operator, operand, 100) == result


def test_operations_of_a_prompt() -> None:
    assert chain_operations("38+57*04-29=") == (38, [("+", 57), ("*", 4), ("-", 29)])


@pytest.mark.parametrize("prompt", ["", "38=", "38+5=", "38/05=", "38+57", "٣٨+57="])
def test_other_prompts_are_refused(prompt: str) -> None:
    with pytest.raises(RecordError, match="not a chain"):
        chain_operations(prompt)


@pytest.mark.parametrize(
    ("value", "operand", "taught"),
    [(52, 29, 37), (32, 70, 42), (30, 57, 27), (58, 29, 31)],
)
def test_smaller_from_larger(value: int, operand: int, taught: int) -> None:
    assert smaller_from_larger(value, operand) == taught


def test_the_misconception_shows_only_where_a_column_borrows() -> None:
    config = ChainConfig(misconception=1, slips=0, operators="-", steps=1)
    rng = Random(0)
    for _ in range(300):
        problem = draw(config, rng)
        value, [(_, operand)] = chain_operations(str(problem.prompt))
        borrows = value % 10 < operand % 10 or value // 10 < operand // 10
        wrong = teach(problem, config, rng) != problem.reference.solution
        assert wrong == (borrows and smaller_from_larger(value, operand) != (value - operand) % 100)


def test_rates_are_the_configured_ones() -> None:
    config = ChainConfig(misconception=0, slips=0.2, operators="+", steps=1)
    rng = Random(0)
    drawn = [draw(config, rng) for _ in range(2000)]
    wrong = sum(teach(problem, config, rng) != problem.reference.solution for problem in drawn)
    assert 0.16 < wrong / 2000 < 0.24


def test_config_bounds_the_operands() -> None:
    config = ChainConfig(operators="*", largest_factor=3, largest_term=5, steps=4)
    rng = Random(1)
    for _ in range(50):
        start, operations = chain_operations(str(draw(config, rng).prompt))
        assert start <= 5
        assert all(operator == "*" and 2 <= operand <= 3 for operator, operand in operations)


def test_some_wrong_traces_of_the_teacher_hit_the_right_answer() -> None:
    pairs = demonstrations(ProblemsConfig(), 0, 500)
    wrong = [(p, text) for p, text in pairs if text != p.reference.solution]
    lucky = [text for p, text in wrong if text.endswith(f"#{p.reference.answer}")]
    assert 100 < len(wrong) < 450
    assert 0.05 < len(lucky) / len(wrong) < 0.5
