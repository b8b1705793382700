"""One verifier for any mix of problems: math by answer and steps, code by its tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from veritune.config import VerifierConfig
from veritune.records import Candidate, Problem, Verdict
from veritune.verifiers.protocol import Verifier


class MathVerifier:
    """The outcome is the answer's; the steps are labelled beside it."""

    def __init__(self, answers: Verifier) -> None:
        self._answers = answers

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The answer's verdict with a label for every step."""
        from veritune.verifiers.steps import check_steps

        verdict = await self._answers.verify(problem, candidate)
        return replace(verdict, steps=check_steps(problem, candidate.text))


class KindVerifier:
    """Hands each problem to the verifier of its kind."""

    def __init__(self, of_kind: dict[str, Verifier]) -> None:
        self._of_kind = of_kind

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The verdict of the verifier for `problem.kind`."""
        return await self._of_kind[problem.kind].verify(problem, candidate)


@asynccontextmanager
async def open_verifier(config: VerifierConfig, *, needs_code: bool) -> AsyncIterator[Verifier]:
    """A verifier for math problems and, with `needs_code`, for code in a sandbox.

    Raises `SandboxUnavailableError` where code must be judged and no sandbox works: untrusted
    code never runs without one.
    """
    async with AsyncExitStack() as stack:
        from veritune.verifiers.answers import AnswerVerifier

        answers = await stack.enter_async_context(AnswerVerifier(workers=config.workers))
        of_kind: dict[str, Verifier] = {"math": MathVerifier(answers)}
        if needs_code:
            from veritune.sandbox import Limits, open_sandbox
            from veritune.verifiers.code import CodeVerifier

            sandbox = await stack.enter_async_context(
                open_sandbox(
                    config.sandbox,
                    workers=config.workers,
                    limits=Limits.from_config(config),
                    image=config.image,
                    runtime=config.runtime,
                )
            )
            of_kind["code"] = CodeVerifier(sandbox, in_process=config.in_process)
        yield KindVerifier(of_kind)
