"""One verifier for any mix of problems: math by answer and steps, code by its tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from veritune.config import VerifierConfig
from veritune.plugins import is_plugin
from veritune.records import Candidate, Problem, Verdict
from veritune.verifiers.combine import CombinedVerifier, Part
from veritune.verifiers.custom import CustomVerifier, Own
from veritune.verifiers.first_use import CodeOnFirstUse
from veritune.verifiers.labelling import RuleLabeller, StepLabeller
from veritune.verifiers.protocol import Verifier


class MathVerifier:
    """The outcome is the answer's; the steps are labelled beside it."""

    def __init__(self, answers: Verifier, steps: StepLabeller) -> None:
        self._answers, self._steps = answers, steps

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The answer's verdict with a label for every step."""
        verdict = await self._answers.verify(problem, candidate)
        return replace(verdict, steps=await self._steps.check(problem, candidate, None))


# Keys of `verifier.answers` that say where an answer stands, and not what it must equal.
EXTRACTION = {"mode", "marker", "thinking_opened"}


class KindVerifier:
    """Hands each problem to the verifier of its kind."""

    def __init__(self, of_kind: dict[str, Verifier]) -> None:
        self._of_kind = of_kind

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The verdict of the verifier for `problem.kind`."""
        return await self._of_kind[problem.kind].verify(problem, candidate)


@asynccontextmanager
async def open_verifier(
    config: VerifierConfig | None = None,
    problems: Iterable[Problem] = (),
    say: Callable[[str], None] = lambda text: None,
) -> AsyncIterator[Verifier]:
    """A verifier for any mix of math and code problems.

    `say` is told what a judge or rollouts spent.

    The sandbox starts with the first code problem, or at once where there is one in `problems`:
    what is missing is then said before anything is sampled. Raises `SandboxUnavailableError` where
    code must be verified and no sandbox works: untrusted code never runs without one.
    """
    config = config or VerifierConfig()
    if config.parts:
        async with open_parts(config, tuple(problems), say) as combined:
            yield combined
        return
    if is_plugin(config.type):
        own = Own(path=config.type, options=config.options, pass_score=config.pass_score)
        custom = CustomVerifier(own, workers=config.workers, wall_seconds=config.wall_seconds)
        async with custom:
            yield custom
        return
    if config.type == "reward_model":
        from veritune.verifiers.opening import open_learned

        yield open_learned(config)
        return
    if config.type == "judge":
        from veritune.verifiers.opening import open_judge

        with open_judge(config, say) as judge:
            yield judge
        return
    async with AsyncExitStack() as stack:
        from veritune.verifiers.answers import AnswerPolicy, AnswerVerifier

        extraction = config.answers.model_dump(include=EXTRACTION)
        policy = AnswerPolicy(**config.answers.model_dump(exclude=EXTRACTION))
        answers = await stack.enter_async_context(
            AnswerVerifier(policy, **extraction, workers=config.workers)
        )
        steps = await stack.enter_async_context(_step_labeller(config, answers, say))
        code = CodeOnFirstUse(config, stack)
        of_kind: dict[str, Verifier] = {"math": MathVerifier(answers, steps), "code": code}
        if any(problem.kind == "code" for problem in problems):
            await code.start()
        yield KindVerifier(of_kind)


@asynccontextmanager
async def open_parts(
    config: VerifierConfig, problems: Sequence[Problem], say: Callable[[str], None]
) -> AsyncIterator[Verifier]:
    """The verifier that the parts are together."""
    async with AsyncExitStack() as stack:
        parts = []
        for part in config.parts:
            alone = {"type": part.type, "options": part.options, "parts": ()}
            opening = open_verifier(config.model_copy(update=alone), problems, say)
            verifier = await stack.enter_async_context(opening)
            parts.append(Part(name=part.type, weight=part.weight, verifier=verifier))
        yield CombinedVerifier(parts, config.combine, config.pass_score)


@asynccontextmanager
async def _step_labeller(
    config: VerifierConfig, answers: Verifier, say: Callable[[str], None]
) -> AsyncIterator[StepLabeller]:
    """The rules by themselves load no more than they need."""
    if config.labellers == ("rules",):
        yield RuleLabeller()
        return
    from veritune.verifiers.opening import open_labeller

    async with open_labeller(config, config.labellers, answers, say) as labeller:
        yield labeller
