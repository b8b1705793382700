"""Where untrusted programs run: isolated, limited, many a second.

`open_sandbox` gives an async context manager; `run` takes a `Program`, or a `GradedJob` candidate
whose tests run in a second, separately confined process.
"""

from __future__ import annotations

import functools

from veritune.errors import SandboxFailureError, SandboxUnavailableError
from veritune.sandbox import bubblewrap, docker
from veritune.sandbox.limits import Limits
from veritune.sandbox.pool import PooledSandbox
from veritune.sandbox.protocol import ExecResult, GradedJob, Job, Program, Sandbox, Shared

__all__ = [
    "ExecResult",
    "GradedJob",
    "Job",
    "Limits",
    "Program",
    "Sandbox",
    "SandboxFailureError",
    "SandboxUnavailableError",
    "Shared",
    "open_sandbox",
]


def open_sandbox(
    kind: str = "bubblewrap",
    *,
    workers: int = 2,
    limits: Limits | None = None,
    image: str = docker.IMAGE,
    runtime: str | None = None,
) -> Sandbox:
    """A sandbox with `workers` slots, to be entered with `async with`.

    `kind` is "bubblewrap" or "docker"; `image` and `runtime` ("runsc" for gVisor) are Docker's.
    Raises `SandboxUnavailableError`, in one line that says how to get one, where this machine
    has none of that kind; here, or on entering.
    """
    limits = limits or Limits()
    if kind == "bubblewrap":
        bubblewrap.find_bwrap()
        return PooledSandbox(bubblewrap.open_slot, workers=workers, limits=limits)
    if kind == "docker":
        docker.require_image(image)
        opening = functools.partial(docker.open_slot, limits, image, runtime)
        return PooledSandbox(opening, workers=workers, limits=limits)
    raise SandboxUnavailableError(f"sandbox {kind!r}: unknown; use 'bubblewrap' or 'docker'")
