"""Where untrusted programs run: isolated, limited, many a second.

`open_sandbox` gives an async context manager; `run` takes a `Program`, or a `Judged` candidate
whose tests run in a second, separately confined process.
"""

from __future__ import annotations

from veritune.errors import SandboxFailureError, SandboxUnavailableError
from veritune.sandbox import bubblewrap
from veritune.sandbox.limits import Limits
from veritune.sandbox.pool import PooledSandbox
from veritune.sandbox.protocol import ExecResult, Job, Judged, Program, Sandbox, Shared

__all__ = [
    "ExecResult",
    "Job",
    "Judged",
    "Limits",
    "Program",
    "Sandbox",
    "SandboxFailureError",
    "SandboxUnavailableError",
    "Shared",
    "open_sandbox",
]


def open_sandbox(
    kind: str = "bubblewrap", *, workers: int = 2, limits: Limits | None = None
) -> Sandbox:
    """A sandbox with `workers` slots, to be entered with `async with`.

    Raises `SandboxUnavailableError`, in one line that says how to get one, where this machine
    has none of that kind; here, or on entering.
    """
    if kind != "bubblewrap":
        raise SandboxUnavailableError(f"sandbox {kind!r}: unknown; use 'bubblewrap'")
    bubblewrap.find_bwrap()
    return PooledSandbox(bubblewrap.open_slot, workers=workers, limits=limits or Limits())
