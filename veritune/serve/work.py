"""What the endpoints do, on the verifier and the sandbox that the service has open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.exceptions import HTTPException

from veritune.errors import InputError, SandboxFailureError, SandboxUnavailableError, VerituneError
from veritune.integrations import RowProblems, openrlhf_reply, openrlhf_texts
from veritune.records import Candidate, Problem, Verdict
from veritune.sandbox import Limits, Sandbox, open_sandbox
from veritune.serve.bodies import BatchBody, OpenRlhfBody, RunCodeBody, VerifyBody
from veritune.serve.gate import ServiceMetrics
from veritune.serve.run_code import run_code
from veritune.serve.settings import ServeSettings
from veritune.text import one_line, writable
from veritune.verifiers import Verifier, open_verifier

Reply = dict[str, object]
Pair = tuple[Problem, Candidate]


class Work:
    """Opened with the service, and closed with it."""

    def __init__(self, settings: ServeSettings, metrics: ServiceMetrics, rows: RowProblems) -> None:
        self._settings, self._metrics, self._rows = settings, metrics, rows
        self._gate = asyncio.Semaphore(settings.at_once)
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._verifier: Verifier | None = None
        self._sandbox: Sandbox | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """With the verifier; the sandbox starts with the first program."""
        async with self._stack:
            opening = open_verifier(self._settings)
            self._verifier = await self._stack.enter_async_context(opening)
            yield

    async def verify(self, asked: VerifyBody) -> Reply:
        """The verdict."""
        (verdict,) = await self._verdicts([self._pair(asked, "")])
        return verdict.to_json()

    async def verify_batch(self, asked: BatchBody) -> Reply:
        """The verdicts, in the order of the items."""
        pairs = [self._pair(item, f"items.{at}.") for at, item in enumerate(asked.items)]
        return {"verdicts": [verdict.to_json() for verdict in await self._verdicts(pairs)]}

    async def openrlhf(self, asked: OpenRlhfBody) -> Reply:
        """Rewards, as OpenRLHF asks a remote reward for them."""
        texts = openrlhf_texts(self._rows, asked.query, asked.prompts, asked.labels)
        pairs = [
            (problem, Candidate(problem_id=problem.id, index=at, text=writable(text)))
            for at, (problem, text) in enumerate(texts)
        ]
        verdicts = await self._verdicts(pairs)
        try:
            return openrlhf_reply(verdicts)
        except SandboxFailureError as error:
            # It has no form for a candidate without a reward; a 0 would be trained on.
            raise HTTPException(424, one_line(str(error))) from None

    async def run_code(self, asked: RunCodeBody) -> Reply:
        """SandboxFusion's reply."""
        sandbox = await self._opened_sandbox()
        async with self._gate:
            return await run_code(sandbox, asked)

    def _pair(self, asked: VerifyBody, where: str) -> Pair:
        if asked.problem is None and not self._rows.known:
            why = "missing" if asked.problem_id is None else "missing: none is known by its id"
            raise HTTPException(422, f"{where}problem: {why}; send the row, or serve --problems")
        if asked.problem is None and asked.problem_id is None:
            raise HTTPException(422, f"{where}problem_id: missing")
        problem = self._rows.of(asked.problem or {}, asked.problem_id, f"{where}problem")
        candidate = Candidate(
            problem_id=problem.id,
            index=asked.index,
            text=asked.text,
            finish_reason=asked.finish_reason,
        )
        return problem, candidate

    async def _verdicts(self, pairs: Sequence[Pair]) -> list[Verdict]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._verdict(*pair)) for pair in pairs]
        return [task.result() for task in tasks]

    async def _verdict(self, problem: Problem, candidate: Candidate) -> Verdict:
        assert self._verifier is not None
        async with self._gate:
            verdict = await self._verifier.verify(problem, candidate)
        self._metrics.verdicts.labels(verdict.outcome).inc()
        return verdict

    async def _opened_sandbox(self) -> Sandbox:
        """The sandbox of `/run_code`, of as many slots as there are workers."""
        async with self._opening:
            if self._sandbox is None:
                config = self._settings
                opening = open_sandbox(
                    config.sandbox,
                    workers=config.workers,
                    limits=Limits.from_config(config),
                    image=config.image,
                    runtime=config.runtime,
                    requirements=config.requirements,
                )
                self._sandbox = await self._stack.enter_async_context(opening)
            return self._sandbox


def refusal(error: BaseException) -> HTTPException:
    """What a client is told of an error: whose it is, in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, HTTPException):
        return error
    if isinstance(error, InputError):
        return HTTPException(422, one_line(str(error)))
    if isinstance(error, SandboxUnavailableError):
        return HTTPException(503, one_line(str(error)))
    said = str(error) if isinstance(error, VerituneError) else f"{type(error).__name__}: {error}"
    return HTTPException(500, one_line(said)[:500])
