"""Verifiers as a reward of Prime Intellect's `verifiers` (written against 0.4, whose stack is v1).

By its import path, in the configuration of any environment:

    [env.taskset.task.rewards.verified]
    fn = "veritune.integrations.verifiers:verified"

or as a method of a task of yours: `verified = vf.reward(verifiers.reward())` in its class.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Protocol

from veritune.config import ColumnsConfig, VerifierConfig
from veritune.integrations.rows import KnownProblems
from veritune.integrations.scoring import RowVerifier, reward_of
from veritune.verifiers import Verifier


class PrimeTaskData(Protocol):
    """What is needed of `vf.TaskData`: its own columns, such as `answer`, are in the dump."""

    id: str | None

    @property
    def prompt_text(self) -> str: ...

    def model_dump(self, *, mode: str, exclude_none: bool) -> dict[str, object]: ...


class PrimeTrace(Protocol):
    """What is needed of `vf.Trace`."""

    @property
    def last_reply(self) -> str: ...


# Columns of every task, which say nothing of how it is checked.
SETTINGS = (
    *("idx", "name", "description", "system_prompt", "image", "workdir", "agent_user", "skills"),
    *("network_allow", "network_block", "artifacts", "artifact_max_bytes", "timeout"),
    *("resources", "prompt"),
)


def reward(
    problems: KnownProblems = (),
    verifier: VerifierConfig | Verifier | None = None,
    *,
    columns: ColumnsConfig | None = None,
) -> Callable[[PrimeTaskData, PrimeTrace], Awaitable[float]]:
    """A reward `(task, trace) -> float`: the verdict's score, in [0, 1], and 0 for a cheat.

    The problem is made of the task's own columns (`answer`, `solution`, tests). With `problems`,
    the task's `id`, or a column `problem_id`, names one of them. A verifier error raises
    `SandboxFailureError`: the trace stays unscored, and is not counted against the model.
    """
    return PrimeReward(RowVerifier(problems, verifier, columns)).verified


class PrimeReward:
    """The reward."""

    def __init__(self, rows: RowVerifier) -> None:
        self._rows = rows

    async def verified(self, task: PrimeTaskData, trace: PrimeTrace) -> float:
        """The score of the last reply."""
        dump = task.model_dump(mode="json", exclude_none=True)
        own = {name: value for name, value in dump.items() if name not in SETTINGS}
        row = {"prompt": task.prompt_text or "a task", **own}
        problem = self._rows.rows.of(row, task.id, where=f"task {task.id or ''}".strip())
        (verdict,) = await self._rows.averdicts([(problem, trace.last_reply)])
        return reward_of(verdict)[0]


async def verified(task: PrimeTaskData, trace: PrimeTrace) -> float:
    """`reward()`, for a configuration that names a function by its import path."""
    return await _default().verified(task, trace)


@cache
def _default() -> PrimeReward:
    return PrimeReward(RowVerifier())
