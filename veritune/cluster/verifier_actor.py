"""A verifier in a process of its own, on a node that has a sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from veritune.config import VerifierConfig
from veritune.orphans import end_with
from veritune.records import Candidate, Problem, Verdict
from veritune.verifiers import Verifier, open_verifier


@dataclass(frozen=True, slots=True)
class VerifiedReply:
    """The verdict that the request `id` asked for."""

    id: int
    verdict: Verdict


class VerifierActor:
    """Verifies candidates; what it needs for these problems, it opens once."""

    def __init__(self, config: VerifierConfig, problems: Sequence[Problem], owner: str) -> None:
        """`owner` is the identity of the process whose actor this is."""
        end_with(owner)
        self._config, self._problems = config, problems
        self._stack, self._lock = AsyncExitStack(), asyncio.Lock()
        self._verifier: Verifier | None = None

    async def start(self) -> None:
        """Start the sandbox where one is needed; raises `SandboxUnavailableError`."""
        await self._opened()

    async def verify(self, id: int, problem: Problem, candidate: Candidate) -> VerifiedReply:
        """The verdict, with the request's `id`."""
        verifier = await self._opened()
        return VerifiedReply(id, await verifier.verify(problem, candidate))

    async def is_there(self) -> None:
        """From another thread: answer, which a process that is stopped does not."""

    async def close(self) -> None:
        """Stop the workers and the sandbox."""
        await self._stack.aclose()

    async def _opened(self) -> Verifier:
        async with self._lock:
            if self._verifier is None:
                opening = open_verifier(self._config, self._problems)
                self._verifier = await self._stack.enter_async_context(opening)
        return self._verifier
