"""The code verifier, whose sandbox starts with the first code problem."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from veritune.config import VerifierConfig
from veritune.records import Candidate, Problem, Verdict
from veritune.verifiers.protocol import Verifier


class CodeOnFirstUse:
    """Opens a sandbox on `stack` when a code problem comes; what never comes costs nothing."""

    def __init__(self, config: VerifierConfig, stack: AsyncExitStack) -> None:
        self._config, self._stack = config, stack
        self._lock = asyncio.Lock()
        self._verifier: Verifier | None = None

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The code verifier's verdict."""
        return await (await self.start()).verify(problem, candidate)

    async def start(self) -> Verifier:
        """The code verifier in its sandbox.

        Raises `SandboxUnavailableError` where no sandbox works: untrusted code never runs without.
        """
        async with self._lock:
            if self._verifier is None:
                self._verifier = await self._open()
        return self._verifier

    async def _open(self) -> Verifier:
        from veritune.sandbox import Limits, open_sandbox
        from veritune.verifiers.code import CodeVerifier

        config = self._config
        sandbox = await self._stack.enter_async_context(
            open_sandbox(
                config.sandbox,
                workers=config.workers,
                limits=Limits.from_config(config),
                image=config.image,
                runtime=config.runtime,
                requirements=config.requirements,
            )
        )
        return CodeVerifier(
            sandbox, in_process=config.in_process, partial_credit=config.partial_credit
        )
