"""One verifier for any mix of problems: math by answer and steps, code by its tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from veritune.config import VerifierConfig
from veritune.errors import ModelError, RecipeError
from veritune.plugins import is_plugin
from veritune.records import Candidate, Problem, Verdict
from veritune.verifiers.combine import CombinedVerifier, Part
from veritune.verifiers.custom import CustomVerifier, Own
from veritune.verifiers.long import off_loop
from veritune.verifiers.protocol import Verifier

if TYPE_CHECKING:
    from veritune.verifiers.learned import LearnedVerifier


class MathVerifier:
    """The outcome is the answer's; the steps are labelled beside it.

    Rules label first; `learned` labels only what they left unchecked.
    """

    def __init__(self, answers: Verifier, learned: LearnedVerifier | None = None) -> None:
        self._answers, self._learned = answers, learned

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The answer's verdict with a label for every step."""
        from veritune.verifiers.steps import check_steps

        verdict = await self._answers.verify(problem, candidate)
        steps = await off_loop(candidate.text, partial(check_steps, problem, candidate.text))
        if self._learned is not None:
            steps = await self._learned.fill(problem, candidate, steps)
        return replace(verdict, steps=steps)


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

    Raises `SandboxUnavailableError` where code must be verified and no sandbox works: untrusted
    code never runs without one.
    """
    if config.parts:
        async with open_parts(config, needs_code=needs_code) as combined:
            yield combined
        return
    if is_plugin(config.type):
        own = Own(path=config.type, options=config.options, pass_score=config.pass_score)
        custom = CustomVerifier(own, workers=config.workers, wall_seconds=config.wall_seconds)
        async with custom:
            yield custom
        return
    if config.type == "reward_model":
        from veritune.verifiers.learned import LearnedVerifier

        if config.reward_model is None:
            raise RecipeError("verifier.reward_model: name the folder of the reward model")
        yield LearnedVerifier(config.reward_model, threshold=config.step_threshold)
        return
    async with AsyncExitStack() as stack:
        from veritune.verifiers.answers import AnswerVerifier

        answers = await stack.enter_async_context(AnswerVerifier(workers=config.workers))
        learned = _learned(config)
        of_kind: dict[str, Verifier] = {"math": MathVerifier(answers, learned)}
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
            of_kind["code"] = CodeVerifier(
                sandbox, in_process=config.in_process, partial_credit=config.partial_credit
            )
        yield KindVerifier(of_kind)


@asynccontextmanager
async def open_parts(config: VerifierConfig, *, needs_code: bool) -> AsyncIterator[Verifier]:
    """The verifier that the parts are together."""
    async with AsyncExitStack() as stack:
        parts = []
        for part in config.parts:
            alone = {"type": part.type, "options": part.options, "parts": ()}
            opening = open_verifier(config.model_copy(update=alone), needs_code=needs_code)
            verifier = await stack.enter_async_context(opening)
            parts.append(Part(name=part.type, weight=part.weight, verifier=verifier))
        yield CombinedVerifier(parts, config.combine, config.pass_score)


def _learned(config: VerifierConfig) -> LearnedVerifier | None:
    """The checker of steps that rules leave unchecked, where the recipe names one."""
    if config.reward_model is None:
        return None
    from veritune.models.reward import load_reward_model
    from veritune.verifiers.learned import LearnedVerifier

    reward = load_reward_model(config.reward_model)
    if reward.kind != "process":
        raise ModelError(
            f"{config.reward_model}: is a reward model of kind {reward.kind}; only one of kind"
            " process can label steps"
        )
    return LearnedVerifier(reward, threshold=config.step_threshold)
