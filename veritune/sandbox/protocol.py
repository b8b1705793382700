"""What every sandbox does: jobs in, their results out."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from veritune.sandbox.limits import Limits

if TYPE_CHECKING:
    from veritune.sandbox.runner.wire.messages import GraderJob, SuiteReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A whole program: Python `source` with `args`, or `argv` to execute beside `files`.

    `int_digits`: the most digits of an integer that Python reads or prints, if not as usual.
    """

    source: str = ""
    args: tuple[str, ...] = ()
    argv: tuple[str, ...] = ()
    stdin: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    int_digits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """A candidate's module and a test program, each to run in a process of its own.

    `sources` are (file name, text) run one after another in one Python namespace; `tests` is what
    the in-sandbox grader takes. `files` stand beside it, and `aliases` are other names of its
    module. `numpy`: whether arrays may cross between them; `mirror`: whether the tests see what the
    candidate prints, warns of and logs, and give it input; `tree`: whether files below `/tmp` are
    told from each side to the other.
    """

    sources: tuple[tuple[str, str], ...]
    tests: GraderJob
    numpy: bool = False
    mirror: bool = False
    tree: bool = False
    int_digits: int | None = None
    files: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """As `Graded`, but tests and candidate in one process: what it reports may be a lie."""

    sources: tuple[tuple[str, str], ...]
    tests: GraderJob


Job = Program | Graded | Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecResult:
    """How a job ended.

    `killed` is the limit that ended it ("cpu time", "wall time", "memory", "output"), or "".
    `code` is its exit code, negative for a signal. `report` is the grader's, for a graded job, or
    the process's own claim, for a shared one.
    """

    code: int
    killed: str
    stdout: str
    stderr: str
    cpu_ms: float
    wall_ms: float
    peak_memory_mb: float
    report: SuiteReport | None = None


class Sandbox(Protocol):
    """An async context manager that runs untrusted programs, several at a time."""

    limits: Limits

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def run(self, job: Job, limits: Limits | None = None) -> ExecResult:
        """Run one job under `limits` (the sandbox's own by default), when a slot is free.

        Raises `SandboxFailureError` where the sandbox, not the job, broke, and kept breaking.
        """
        ...
