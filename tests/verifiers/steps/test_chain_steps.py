"""The steps of chain traces: where an error is marked, and where it is not."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritune.config import ChainConfig
from veritune.problems.datasets.chain import draw, teach
from veritune.records import MathProblem, MathReference, Problem, StepRule
from veritune.verifiers.steps import check_steps

RIGHT = ChainConfig(misconception=0, slips=0)


def chain(prompt: str) -> Problem:
    return MathProblem(
        id="p",
        prompt=prompt,
        reference=MathReference(
            answer="1",
            steps=("95", "80", "51"),
            marker="#",
            step_rule=StepRule(
                name="chain", settings={"chain": prompt, "modulus": 100, "answer_modulus": 10}
            ),
        ),
    )


def labels(text: str, prompt: str = "38+57*04-29=") -> str:
    """One letter a step: c(orrect) or i(ncorrect)."""
    return "".join(step.label[0] for step in check_steps(chain(prompt), text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("95;80;51;#1", "cccc"),
        ("95;80;61;#1", "ccic"),  # right answer from a wrong trace
        ("94;76;47;#7", "iccc"),  # carried on, marked once
        ("95;80;51;#2", "ccci"),
        ("95;80;51;#01", "ccci"),
        ("95;80;#0", "cci"),
        ("95;80;51;60;#0", "cccic"),
        ("95;80;51;", "ccc"),
        ("95;8", "ci"),
        ("95;8;51;#1", "ciic"),
        ("95;;51;#1", "ciic"),
        ("95;80;51;#1#1", "cccii"),
        ("95;80;51;#1;", "cccii"),
        ("95;80;51;#1 ok", "ccci"),
        (" 95;80;51;#1", "iicc"),
        ("hello", "i"),
        ("#1", "i"),
        ("", ""),
    ],
)
def test_labels(text: str, expected: str) -> None:
    assert labels(text) == expected


def test_borrow_and_wrap_around() -> None:
    assert labels("73;#3", "30-57=") == "cc"
    assert labels("27;#7", "30-57=") == "ic"
    assert labels("08;#8", "99*92=") == "cc"


def test_reasons_say_what_it_should_have_been() -> None:
    steps = check_steps(chain("38+57*04-29="), "94;76;47;#7")
    assert steps[0].reason == "38+57=95, not 94"
    assert "earlier error" in steps[1].reason


@settings(deadline=None)
@given(st.text(alphabet="0123456789;# a\n٣", max_size=40))
def test_spans_partition_any_text(text: str) -> None:
    steps = check_steps(chain("38+57*04-29="), text)
    assert "".join(text[step.start : step.end] for step in steps) == text
    assert all(step.start < step.end for step in steps)


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_references_are_right_and_one_changed_value_is_one_error(seed: int) -> None:
    rng = Random(seed)
    problem = draw(RIGHT, rng)
    text = teach(problem, RIGHT, rng)
    assert text == problem.reference.solution
    assert {step.label for step in check_steps(problem, text)} == {"correct"}
    at = rng.randrange(RIGHT.steps)
    value = (int(text[3 * at : 3 * at + 2]) + rng.randrange(1, 100)) % 100
    changed = text[: 3 * at] + f"{value:02d}" + text[3 * at + 2 :]
    steps = check_steps(problem, changed)
    assert steps[at].label == "incorrect"
    assert all(step.label == "correct" for step in steps[:at])


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_every_error_of_the_teacher_is_found(seed: int) -> None:
    config = ChainConfig(misconception=0.5, slips=0.1)
    rng = Random(seed)
    problem = draw(config, rng)
    text = teach(problem, config, rng)
    wrong = [step for step in check_steps(problem, text) if step.label == "incorrect"]
    assert bool(wrong) == (text != problem.reference.solution)
