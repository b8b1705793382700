"""How Prime's verifiers score a reply: what the tests of both of our parts there call."""

from __future__ import annotations

from typing import Any


async def scored(task: Any, text: str) -> float | None:
    """The reward `verified` that a task's own scoring gives a trace whose last reply is `text`."""
    import verifiers.v1 as vf

    trace = vf.Trace(
        task=vf.TraceTask(type="Task", data=task.data),
        agent=vf.AgentInfo(config=vf.AgentConfig()),
    )
    trace.root_reply = text
    await task.score(trace)
    found: float | None = trace.rewards["verified"].score
    return found
