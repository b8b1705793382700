"""Problems: a prompt with what is needed to check an answer, of a math problem or of a program.

Everything that decides how a candidate is checked stands in the typed reference. `metadata` is
free: it travels along for people, and nothing is decided by it. `prefill` is what the model's turn
begins with; `template_kwargs` are arguments of its chat template.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import isfinite
from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, Field, ValidationError, with_config
from typing_extensions import TypedDict

from veritune.errors import RecordError
from veritune.records.record import OMIT, STRICT, Record, adapter, first_problem


@with_config(STRICT)
class Message(TypedDict):
    """One turn of a chat prompt."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCase(Record):
    """One call of the entry point, and the value it must return."""

    args: list[object]
    kwargs: dict[str, object] = field(default_factory=dict, metadata=OMIT)
    expected: object


@dataclass(frozen=True, slots=True, kw_only=True)
class StdioCase(Record):
    """One run of a whole program: its standard input, and the output it must print."""

    input: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTests(Record):
    """Calls of one function, compared by value outside the candidate's process.

    The first `visible` cases are those that a prompt may show.
    """

    type: Literal["calls"] = "calls"
    entry_point: str
    cases: tuple[CallCase, ...]
    visible: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertTests(Record):
    """One assert a line, as in MBPP."""

    type: Literal["asserts"] = "asserts"
    code: str
    setup: str = field(default="", metadata=OMIT)
    visible: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTests(Record):
    """Source that defines `check(candidate)`, as in HumanEval."""

    type: Literal["check"] = "check"
    entry_point: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StdioTests(Record):
    """Whole programs that read standard input and print, as in LiveCodeBench.

    `tolerance` is an absolute and relative one for numbers; `checker` is a Python program that
    decides instead of a comparison.
    """

    type: Literal["stdio"] = "stdio"
    cases: tuple[StdioCase, ...]
    language: str = field(default="python", metadata=OMIT)
    compare: Literal["tokens", "exact"] = field(default="tokens", metadata=OMIT)
    tolerance: float | None = None
    checker: str | None = None
    visible: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestTests(Record):
    """A pytest suite: file path to text.

    `given` are other files of the candidate's package, and `module` is the one that it writes.
    """

    type: Literal["pytest"] = "pytest"
    files: dict[str, str]
    given: dict[str, str] = field(default_factory=dict, metadata=OMIT)
    module: str | None = None


# Tests that run in a process of their own beside the candidate's.
SplitTests = CallTests | AssertTests | CheckTests
Tests = Annotated[SplitTests | StdioTests | PytestTests, Field(discriminator="type")]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRule(Record):
    """Whose rule checks the steps: the data set's name, and what its rule must know."""

    name: str
    settings: dict[str, str | int] = field(default_factory=dict, metadata=OMIT)


# Below it every whole float is the number that was written.
EXACT = 2**53


def _as_text(value: object) -> object:
    """A number as its text; everything else as it is, for the strict check that follows.

    2.0 is 2: as a decimal it would stand for all that rounds to it.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return value
    whole = isinstance(value, float) and value.is_integer() and abs(value) < EXACT
    return str(int(value) if whole else value)


# An answer; data sets also write it as a JSON number.
AnswerText = Annotated[str, BeforeValidator(_as_text)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MathReference(Record):
    """What is needed to check a math answer.

    `steps` and `solution` are how the data set solves it; `marker` stands before the final answer
    of a solution, where the data set asks for one. Without a `step_rule` the steps are read as
    mathematics.
    """

    answer: AnswerText
    steps: tuple[str, ...] = ()
    solution: str | None = None
    marker: str | None = None
    step_rule: StepRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReference(Record):
    """What is needed to check a program; `prompt_code` is what a completion continues."""

    tests: Tests
    solution: str | None = None
    prompt_code: str = field(default="", metadata=OMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class MathProblem(Record):
    """A problem whose final answer is compared with a known one."""

    id: str
    kind: Literal["math"] = "math"
    prompt: str | list[Message]
    reference: MathReference
    metadata: dict[str, object] = field(default_factory=dict)
    prefill: str = field(default="", metadata=OMIT)
    template_kwargs: dict[str, object] = field(default_factory=dict, metadata=OMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeProblem(Record):
    """A problem whose answer is a program that is run on tests."""

    id: str
    kind: Literal["code"] = "code"
    prompt: str | list[Message]
    reference: CodeReference
    metadata: dict[str, object] = field(default_factory=dict)
    prefill: str = field(default="", metadata=OMIT)
    template_kwargs: dict[str, object] = field(default_factory=dict, metadata=OMIT)


Problem = MathProblem | CodeProblem
_EITHER = Annotated[Problem, Field(discriminator="kind")]


def problem_from_line(line: str | bytes) -> Problem:
    """The problem of one JSON object; raises `RecordError` with one line naming the key."""
    try:
        found = adapter(_EITHER).validate_json(line)
    except ValidationError as error:
        raise RecordError(first_problem(error, tagged=True)) from None
    return cast(Problem, found)


def problem_from_json(value: object) -> Problem:
    """As `problem_from_line`, from parsed JSON."""
    return problem_from_line(json.dumps(value))
