"""Where untrusted programs run: isolated, limited, many a second.

`open_sandbox` gives an async context manager; `run` takes a `Program`, or a `Graded` candidate
whose tests run in a second, separately confined process.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from veritune.errors import SandboxFailureError, SandboxUnavailableError
from veritune.sandbox import bubblewrap, docker, removal
from veritune.sandbox.docker import IMAGE as DOCKER_IMAGE
from veritune.sandbox.doctor import IsolationCheck, examine
from veritune.sandbox.engine import connect as connect_docker
from veritune.sandbox.image import TOOLCHAINS, build_from_dockerfile, build_from_host
from veritune.sandbox.libraries import find_libraries
from veritune.sandbox.limits import Limits
from veritune.sandbox.pool import PooledSandbox
from veritune.sandbox.protocol import ExecResult, Graded, Job, Program, Sandbox, Shared
from veritune.sandbox.runner.wire.messages import GraderJob, SuiteReport, Tests

__all__ = [
    "DOCKER_IMAGE",
    "TOOLCHAINS",
    "ExecResult",
    "Graded",
    "GraderJob",
    "IsolationCheck",
    "Job",
    "Limits",
    "Program",
    "Sandbox",
    "SandboxFailureError",
    "SandboxUnavailableError",
    "Shared",
    "SuiteReport",
    "Tests",
    "build_from_dockerfile",
    "build_from_host",
    "connect_docker",
    "examine",
    "open_sandbox",
]


def open_sandbox(
    kind: str = "bubblewrap",
    *,
    workers: int = 2,
    limits: Limits | None = None,
    image: str = docker.IMAGE,
    runtime: str | None = None,
    requirements: str | Sequence[str] | None = None,
) -> Sandbox:
    """A sandbox with `workers` slots, to be entered with `async with`.

    `kind` is "bubblewrap" or "docker"; `image` and `runtime` ("runsc" for gVisor) are Docker's.
    `requirements`: a requirements file, a list of requirements, or an existing environment, which
    candidates and tests may import.
    Raises `SandboxUnavailableError`, in one line that says how to get one, where this machine
    has none of that kind; here, or on entering.
    """
    limits = limits or Limits()
    libraries = None if requirements is None else find_libraries(requirements)
    if kind == "bubblewrap":
        bubblewrap.find_bwrap()
        start = functools.partial(bubblewrap.open_slot, libraries)
        return PooledSandbox(start, workers=workers, limits=limits)
    if kind == "docker":
        docker.require_image(image)
        opening = functools.partial(docker.open_slot, limits, image, runtime, libraries)
        around = removal.containers_removed
        return PooledSandbox(opening, workers=workers, limits=limits, around=around)
    raise SandboxUnavailableError(f"sandbox {kind!r}: unknown; use 'bubblewrap' or 'docker'")
