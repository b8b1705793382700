"""What one candidate may use."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from veritune.config import VerifierConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits on one run of one untrusted program.

    CPU time, over all its processes, decides a time-out; `wall_seconds` is a wide backstop, and
    grows by what a job waits for a core, so that a busy machine never turns right into wrong.
    `idle_seconds` is time in which a job neither runs nor waits to run. `output_kb` counts what is
    printed, `file_mb` and `files` what is written to its private file system.
    """

    cpu_seconds: float = 8.0
    wall_seconds: float = 30.0
    idle_seconds: float = 5.0
    memory_mb: int = 512
    processes: int = 16
    output_kb: int = 256
    file_mb: int = 16
    files: int = 1000

    def __post_init__(self) -> None:
        for spec in fields(self):
            if not getattr(self, spec.name) > 0:
                raise ValueError(f"{spec.name}: must be above 0 (got {getattr(self, spec.name)})")

    @classmethod
    def from_config(cls, config: VerifierConfig) -> Self:
        """The limits that a recipe states."""
        return cls(**{spec.name: getattr(config, spec.name) for spec in fields(cls)})
