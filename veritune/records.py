"""The shapes that cross every boundary: problems, candidates, verdicts, checkpoints.

Each is one JSON object a line when it stands in a file. `from_json` checks types strictly and
refuses unknown keys; `to_json` leaves out optional fields that are not set.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, NotRequired, Self, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from veritune.errors import RecordError
from veritune.text import writable

Outcome = Literal["passed", "failed", "error"]
StepLabel = Literal["correct", "incorrect", "unchecked"]
TestOutcome = Literal[
    "accepted",
    "wrong answer",
    "cpu time",
    "wall time",
    "memory",
    "output",
    "runtime error",
    "unsupported",
    "infrastructure",
]
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
Index = Annotated[int, Field(ge=0, lt=2**63)]
"""A number that sqlite and parquet can hold."""


@with_config(STRICT)
class Message(TypedDict):
    """One turn of a chat prompt."""

    role: str
    content: str


@with_config(STRICT)
class CallCase(TypedDict):
    """One call of the entry point, and the value it must return."""

    args: list[Any]
    kwargs: NotRequired[dict[str, Any]]
    expected: Any


@with_config(STRICT)
class StdioCase(TypedDict):
    """One run of a whole program: its standard input, and the output it must print."""

    input: str
    output: str


@with_config(STRICT)
class CallTests(TypedDict):
    """Calls of one function, compared by value outside the candidate's process."""

    type: Literal["calls"]
    entry_point: str
    cases: list[CallCase]
    visible: NotRequired[int]


@with_config(STRICT)
class AssertTests(TypedDict):
    """One assert a line, as in MBPP."""

    type: Literal["asserts"]
    code: str
    setup: NotRequired[str]
    visible: NotRequired[int]


@with_config(STRICT)
class CheckTests(TypedDict):
    """Source that defines `check(candidate)`, as in HumanEval."""

    type: Literal["check"]
    entry_point: str
    code: str


@with_config(STRICT)
class StdioTests(TypedDict):
    """Whole programs that read standard input and print, as in LiveCodeBench."""

    type: Literal["stdio"]
    cases: list[StdioCase]
    language: NotRequired[str]
    compare: NotRequired[Literal["tokens", "exact"]]
    tolerance: NotRequired[float]
    checker: NotRequired[str]
    visible: NotRequired[int]


@with_config(STRICT)
class PytestTests(TypedDict):
    """A pytest suite: file path to text."""

    type: Literal["pytest"]
    files: dict[str, str]


Tests = Annotated[
    CallTests | AssertTests | CheckTests | StdioTests | PytestTests, Field(discriminator="type")
]


@with_config(STRICT)
class MathReference(TypedDict):
    """What is needed to check a math answer."""

    answer: str
    steps: NotRequired[list[str]]


@with_config(STRICT)
class CodeReference(TypedDict):
    """What is needed to check a program; `prompt_code` is what a completion continues."""

    tests: Tests
    solution: NotRequired[str]
    prompt_code: NotRequired[str]


# Made once: `json.dumps` with an option makes one a call.
_encoded = json.JSONEncoder(ensure_ascii=False).encode


class Record:
    """JSON in and out for the frozen dataclasses below."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """Build from one JSON object; raises `RecordError` with one line naming the key."""
        try:
            return cast(Self, _adapter(cast(Hashable, cls)).validate_json(line))
        except ValidationError as error:
            raise RecordError(first_problem(error)) from None

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Build from parsed JSON, as `from_line` does from text."""
        return cls.from_line(json.dumps(value))

    def to_line(self) -> str:
        """One JSON object on one line, without the line end."""
        return writable(_encoded(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data; optional fields at their default are left out."""
        out: dict[str, Any] = {}
        for name, default, omit in _specs(cast(Hashable, type(self))):
            value = getattr(self, name)
            if default is None and value is None:
                continue
            if isinstance(value, tuple):
                if not value and default == ():
                    continue
                value = [v.to_json() if isinstance(v, Record) else v for v in value]
            elif omit and value == default:
                continue
            out[name] = value
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Record):
    """A prompt with what is needed to check an answer.

    `reference` is a `MathReference` or a `CodeReference`, by `kind`. `metadata` is free; the
    key `source` names the data set or generator, and picks the step checker.
    """

    id: str
    kind: Literal["math", "code"]
    prompt: str | list[Message]
    reference: dict[str, Any]
    metadata: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """As for every record; the reference is checked against the problem's kind too."""
        problem = super(Problem, cls).from_line(line)
        adapter = _adapter(MathReference if problem.kind == "math" else CodeReference)
        try:
            adapter.validate_json(json.dumps(problem.reference))
        except ValidationError as error:
            raise RecordError(first_problem(error, "reference")) from None
        return problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Record):
    """One sampled solution. `policy` is the content hash of the weights that sampled it."""

    problem_id: str
    index: Index
    text: str
    finish_reason: Literal["stop", "length"] | None = None
    token_ids: list[int] | None = None
    logprobs: list[float] | None = None
    policy: str | None = None
    round: Index | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestVerdict(Record):
    """What became of one test."""

    __test__: ClassVar[bool] = False

    name: str
    outcome: TestOutcome
    reason: str
    visible: bool | None = None
    cpu_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepVerdict(Record):
    """What became of one step: `start` and `end` are character offsets into the candidate.

    `score` is the chance that the step is right, where the checker gives one.
    """

    start: int
    end: int
    label: StepLabel
    reason: str
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Record):
    """What a verifier concluded about one candidate, and why.

    `score` is in [0, 1], and None exactly when the outcome is "error": the checker broke, not
    the candidate. `trust` is "lower" where judge and candidate had to share a process. `flags`
    name hack-shaped code, whether or not it passed.
    """

    problem_id: str
    index: Index
    outcome: Outcome
    score: float | None
    reason: str
    answer: str | None = None
    tests: tuple[TestVerdict, ...] = ()
    steps: tuple[StepVerdict, ...] = ()
    seconds: float = 0.0
    cpu_ms: float | None = None
    peak_memory_mb: float | None = None
    output: str | None = None
    trust: Literal["full", "lower"] = field(default="full", metadata={"omit": True})
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.score is None) != (self.outcome == "error"):
            raise RecordError("score: must be null exactly when the outcome is 'error'")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise RecordError(f"score: must be between 0 and 1 (got {self.score})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint(Record):
    """A policy on disk: a Hugging Face folder or a PEFT adapter, and its content hash."""

    path: str
    policy: str


@cache
def _specs(shape: Hashable) -> tuple[tuple[str, Any, bool], ...]:
    """Name, default and whether the default is left out, of every field."""
    return tuple(
        (
            spec.name,
            spec.default_factory() if spec.default_factory is not MISSING else spec.default,
            bool(spec.metadata.get("omit")),
        )
        for spec in fields(cast(Any, shape))
    )


@cache
def _adapter(shape: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, shape))


def first_problem(error: ValidationError, prefix: str = "") -> str:
    """The most exact complaint of a pydantic error as `key.path: what is wrong`."""
    first = max(error.errors(include_url=False), key=lambda item: len(item["loc"]))
    path = ".".join([prefix, *map(str, first["loc"])] if prefix else map(str, first["loc"]))
    message = first["msg"][:1].lower() + first["msg"][1:]
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        message = "unknown key"
    elif first["type"] == "missing":
        message = "missing"
    elif not isinstance(first["input"], (dict, list)):
        message += f" (got {first['input']!r})"[:80]
    return f"{path}: {message}" if path else message
