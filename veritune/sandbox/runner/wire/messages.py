"""Shapes of what crosses between processes: for the type checker, so the runner never loads them.

What the candidate's side sends may have any shape, whatever these say: the grader checks each
part before it uses it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal, NotRequired, Required, TypedDict, final

Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
# A value as the codec writes it: a scalar, a list, or an object whose one key is its tag.
Encoded = Json
# What keeps its identity when it crosses, since it can change.
Container = list[object] | bytearray | deque[object] | set[object] | dict[object, object]
# [path, its bytes in hexadecimal or None for a folder], or ["-", path] for what is gone.
Change = list[str | None]
# ["out" or "err", text], ["warn", ...] or ["log", ...].
Event = list[object]
# [name, outcome, reason].
TestEnd = list[str]


class ClassDetails(TypedDict, total=False):
    """The last part of a description. `fields`: [name, init, repr, compare, kw_only] of each."""

    fields: list[list[object]]
    frozen: bool
    meta: bool
    doc: str
    errors: list[str]
    package: str
    library: list[str]


class Surroundings(TypedDict, total=False):
    """What changed around the tests: variables (None: gone), and the working folder."""

    environ: dict[str, str | None]
    cwd: str


# The last part of an exception of the candidate's. `on`: its handle; `p`: the tests' number of it.
# By this form, since names in a class that begin with two underscores are mangled.
ErrorDetails = TypedDict(
    "ErrorDetails",
    {
        "on": int,
        "p": int,
        "state": dict[str, Encoded],
        "__cause__": "RaisedError",
        "__context__": "RaisedError",
        "group": "list[RaisedError]",
    },
    total=False,
)


class Target(TypedDict, total=False):
    """What a request is about. `on`: the handle of the object that it is done to."""

    on: int
    name: str
    module: str
    count: int


@final
class GraderRequest(Target, total=False):
    """From the grader: one thing to do."""

    id: Required[int]
    op: Required[str]
    args: list[Encoded]
    kwargs: dict[str, Encoded]
    around: Surroundings
    free: list[int]
    held: list[list[Encoded]]
    files: list[Change]


@final
class Answer(TypedDict, total=False):
    """To a request, from the candidate's side, and to a callback, from the grader's."""

    id: int
    ok: Encoded
    exc: RaisedError | PassedError
    held: list[list[Encoded]]
    live: list[int]
    kept: list[int]
    changed: list[list[Encoded]]
    events: list[Event]
    files: list[Change]


@final
class Callback(TypedDict, total=False):
    """From the candidate's side: what number `call` is to do; -1 stands for the streams."""

    call: Required[int]
    op: str
    args: Required[list[Encoded]]
    kwargs: Required[dict[str, Encoded]]
    held: list[list[Encoded]]
    events: list[Event]


class Call(TypedDict, total=False):
    """A callback whose values are not encoded yet."""

    call: Required[int]
    op: str
    args: Required[Sequence[object]]
    kwargs: Required[dict[str, object]]


# What the tests pass by reference: their number, then what the other side is told of them.
# A function: name, whether it is async, its docstring, [name, kind, has a default] of parameters.
PassedFunction = tuple[int, str, bool, str | None, list[tuple[str, int, bool]]]
# An exception class: name, the builtin class that it descends from.
PassedException = tuple[int, str, str]
# Any other class: name.
PassedClass = tuple[int, str]
# Any other object: the operators that it has, the builtin class that it descends from.
PassedObject = tuple[int, list[str], str]
# An exception of the tests': class, arguments, text, number.
PassedError = tuple[Encoded, list[Encoded], str, int]
# An exception of the candidate's: class or None, builtin class, arguments, text, line, more.
RaisedError = tuple[dict[str, Encoded] | None, str, list[Encoded], str, int | None, ErrorDetails]
# A class of the candidate's: name, base classes, operators, builtin base, members by kind, more.
Description = tuple[str, list[type], list[str], str, dict[str, str], ClassDetails]

# A parameter of a function of the candidate's: name, kind, [its default], [its annotation].
Parameter = tuple[str, int, list[object], list[object]]
SignatureParts = tuple[list[Parameter], list[object]]
# A class that the tests derive from the candidate's: name, bases, [name, kind, value] of members.
Subclass = tuple[str, list[type], list[tuple[str, str, object]]]


class Payload(TypedDict, total=False):
    """What a candidate's process gets to start with, where a grader asks it."""

    sources: Required[list[tuple[str, str]]]
    numpy: Required[bool]
    mirror: bool
    tree: bool
    suite: bool
    wall_seconds: float
    kept: list[str]
    files: dict[str, str]
    aliases: list[str]
    int_digits: int
    own_file: bool
    exact: bool


class SharedPayload(TypedDict):
    """What the one process of candidate and tests gets."""

    sources: list[tuple[str, str]]
    tests: GraderJob
    nonce: str


class ProgramPayload(TypedDict, total=False):
    """What a whole program's process gets: `source` and `args`, or `argv` and `environment`."""

    files: Required[dict[str, str]]
    source: str
    args: list[str]
    int_digits: int | None
    own_file: bool
    argv: list[str]
    environment: dict[str, str]


class Case(TypedDict, total=False):
    """One call of the entry point, and what it must give."""

    args: Required[list[object]]
    kwargs: dict[str, object]
    expected: Required[object]


class Tests(TypedDict, total=False):
    """A problem's tests: calls have `cases`, asserts `code` and `setup`, a suite `files` ..."""

    type: str
    entry_point: str
    cases: list[Case]
    code: str
    setup: str
    files: dict[str, str]


class GraderJob(TypedDict, total=False):
    """What a grader gets: one problem's tests. `reference` is made there, of `solution`."""

    type: Required[str]
    tests: Required[Tests]
    reference: Callable[[str], type | None]
    numpy: bool
    mirror: bool
    tree: bool
    kept: list[str]
    modules: list[str]
    libraries: list[str]
    solution: str
    prompt_code: str
    stops: bool
    suite: bool
    wall_seconds: float
    cpu_seconds: int
    only: list[str]


class Report(TypedDict, total=False):
    """What a grader says of one candidate. `used`: [seconds of CPU, peak memory in KB]."""

    tests: list[TestEnd]
    lost: str
    unsupported: str
    stale: bool
    doubts: list[str]
    broken: str
    id: int
    used: list[float]


class SuiteReport(Report, total=False):
    """A suite's report. `load`, `collection`, `broke`: why what was to run did not, or ended.

    `names`: all its tests; `collection`: [file, text, whether the candidate is the cause];
    `broke`: [the test that ran, why]; `seconds`: CPU time of the process that ran it; `took`: by
    a test's name, wall seconds and what it printed.
    """

    done: bool
    took: dict[str, tuple[float, str]]
    names: list[str]
    load: str
    collection: tuple[str, str, bool]
    broke: list[str]
    seconds: float


class Rules(TypedDict, total=False):
    """How a candidate's process is shut in."""

    cpu_seconds: int
    memory_bytes: int
    processes: int
    file_bytes: int
    files: int
    address_space: bool


Mode = Literal["answer", "shared", "program"]


class Spec(TypedDict):
    """Mode and limits of a job. `suite`: whether its grader is one of pytest suites."""

    mode: Mode
    suite: bool
    cpu_seconds: float
    wall_seconds: float
    idle_seconds: float
    memory_bytes: int
    output_bytes: int
    confinement: Rules


@final
class Pipes(TypedDict, total=False):
    """A request for a pipe of its own for replies, with the answer: the pipe's two ends."""

    id: str
    replies: Sequence[int] | None


class ProcessEnd(TypedDict):
    """How a candidate's process ended."""

    code: int
    killed: str
    failure: str
    cpu_ms: float
    wall_ms: float
    peak_kb: int


class HostReply(TypedDict):
    """What the host says of a job."""

    end: ProcessEnd
    over: str
    stdout: str
    stderr: str
    claim: NotRequired[str]
    grader: NotRequired[SuiteReport | None]
    grader_code: NotRequired[int | None]
