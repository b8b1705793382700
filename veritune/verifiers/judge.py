"""A generative judge: a language model behind an OpenAI-compatible server reads the solution.

It sees the problem and the steps, and is asked once or `votes` times; the majority decides. Where
a reply leaves a step out the step is "unchecked", and where none of them decides on the solution,
or all were truncated, the verdict is "error".
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from veritune.config import JudgeConfig
from veritune.errors import EndpointError, RecipeError
from veritune.records import (
    Candidate,
    Evidence,
    MathProblem,
    Problem,
    StepLabel,
    StepVerdict,
    Verdict,
)
from veritune.sampler import FIRST_DELAY, Endpoint, JudgeReply, Models, read_reply
from veritune.verifiers.judge_forms import JudgeVote, chances_of, form_of, said
from veritune.verifiers.reply_cache import ReplyCache, key_of
from veritune.verifiers.scoring import prompt_text
from veritune.verifiers.steps import Span, spans_of

T = TypeVar("T")
# Log-probabilities asked for at each place; OpenAI's own limit.
TOP = 20


@dataclass(slots=True)
class JudgeCost:
    """What was asked so far: of the server, and of the replies that were known."""

    requests: int = 0
    known: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __str__(self) -> str:
        return (
            f"{self.requests} requests ({self.known} replies known from before),"
            f" {self.prompt_tokens} prompt and {self.completion_tokens} completion tokens"
        )


class GenerativeJudge:
    """Asks the model that `config` names about every candidate, many at a time."""

    def __init__(
        self,
        config: JudgeConfig,
        *,
        first_delay: float = FIRST_DELAY,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`say` is told at once of the first request that fails, which is then tried again."""
        if config.url is None:
            raise RecipeError("judge.url: missing; name a server, such as http://localhost:8000/v1")
        self.cost = JudgeCost()
        self._config, self._form = config, form_of(config)
        self._endpoint = Endpoint(
            config.url, first_delay, key="judge.url", say=lambda text: say(f"judge: {text}")
        )
        self._cache = ReplyCache(config.cache)
        self._threads = ThreadPoolExecutor(config.concurrency, "judge")
        self._asked: dict[str, asyncio.Future[JudgeReply]] = {}
        self._model = config.model

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The judge's verdict; "error" where it cannot be reached or does not decide."""
        started = time.perf_counter()
        spans = _kept(candidate, spans_of(problem, candidate) or _whole(candidate))
        try:
            votes = await self._votes(problem, candidate, spans)
            trouble = "no reply of the judge decides on the solution"
        except EndpointError as error:
            votes, trouble = [], str(error)
        decided = [vote for vote in votes if vote.right is not None]
        ayes = sum(vote.right is True for vote in decided)
        right = None if 2 * ayes == len(decided) else 2 * ayes > len(decided)
        return Verdict(
            problem_id=candidate.problem_id,
            index=candidate.index,
            outcome="error" if right is None else "passed" if right else "failed",
            score=None if right is None else _mean([_chance(vote) for vote in decided]),
            reason=trouble
            if right is None
            else f"{self._model}: {ayes} of {len(votes)} replies call it right",
            steps=self._steps(spans, votes),
            seconds=round(time.perf_counter() - started, 6),
        )

    async def check(
        self, problem: Problem, candidate: Candidate, spans: Sequence[Span] | None
    ) -> tuple[StepVerdict, ...]:
        """Labels of the steps; all are unchecked where the judge cannot be reached."""
        given = spans_of(problem, candidate) if spans is None else spans
        own = _kept(candidate, given)
        try:
            votes = await self._votes(problem, candidate, own)
        except EndpointError as error:
            return tuple(
                StepVerdict(start=start, end=end, label="unchecked", reason=str(error))
                for start, end in own
            )
        return self._steps(own, votes)

    def close(self) -> None:
        """End waits that are under way."""
        self._endpoint.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._cache.close()

    async def _votes(
        self, problem: Problem, candidate: Candidate, spans: Sequence[Span]
    ) -> list[JudgeVote]:
        """What every reply says; a truncated one says nothing."""
        if self._model is None:
            self._model = await self._in_thread(self._first_model)
        body = self._body(problem, [candidate.text[a:b].strip() for a, b in spans])
        replies = await asyncio.gather(
            *(self._reply(body, vote) for vote in range(self._config.votes))
        )
        votes = []
        for reply in replies:
            choice = reply.choices[0]
            text = said(choice)
            read = self._form.read
            votes.append(
                JudgeVote() if text is None else read(text, len(spans), chances_of(choice, text))
            )
        return votes

    def _body(self, problem: Problem, steps: Sequence[str]) -> dict[str, object]:
        shown = self._config.reference and isinstance(problem, MathProblem)
        reference = problem.reference.answer if shown and isinstance(problem, MathProblem) else None
        question = self._form.ask(prompt_text(problem), steps, reference)
        body: dict[str, object] = {
            "model": self._model,
            "temperature": self._config.temperature,
            "max_tokens": self._config.max_tokens,
            "messages": [{"role": "user", "content": question}],
        }
        if self._config.logprobs:
            body |= {"logprobs": True, "top_logprobs": TOP}
        return body

    async def _reply(self, body: dict[str, object], vote: int) -> JudgeReply:
        """One reply; the same question that is under way is waited for."""
        key = key_of(body, vote)
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(
                self._in_thread(lambda: self._known_or_asked(key, body))
            )
        try:
            return await asyncio.shield(self._asked[key])
        finally:
            if key in self._asked and self._asked[key].done():
                del self._asked[key]

    def _known_or_asked(self, key: str, body: dict[str, object]) -> JudgeReply:
        url = f"{self._endpoint.url}/chat/completions"
        if (known := self._cache.get(key)) is not None:
            self.cost.known += 1
            return read_reply(JudgeReply, known, url)
        # Of the question, too: votes on one solution say nothing of those on another.
        seed = {"seed": int(key[:7], 16)} if self._config.temperature else {}
        given = self._endpoint.ask(url, body | seed)
        reply = read_reply(JudgeReply, given, url)
        self._cache.put(key, given)
        self.cost.requests += 1
        if reply.usage is not None:
            self.cost.prompt_tokens += reply.usage.prompt_tokens
            self.cost.completion_tokens += reply.usage.completion_tokens
        return reply

    def _first_model(self) -> str:
        url = f"{self._endpoint.url}/models"
        models = read_reply(Models, self._endpoint.ask(url), url).data
        if not models:
            raise EndpointError(f"{url}: lists no model; start the server with one")
        return models[0].id

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _steps(self, spans: Sequence[Span], votes: Sequence[JudgeVote]) -> tuple[StepVerdict, ...]:
        if self._config.form == "critic":
            votes = _majority(votes)
        return tuple(self._step(span, at, votes) for at, span in enumerate(spans))

    def _step(self, span: Span, at: int, votes: Sequence[JudgeVote]) -> StepVerdict:
        found = [vote for vote in votes if at in vote.steps]
        ayes = sum(vote.steps[at] for vote in found)
        label: StepLabel = "unchecked"
        reason = f"{self._model} said nothing about it" if not found else "the replies are divided"
        score = evidence = None
        if found and 2 * ayes != len(found):
            label = "verified" if 2 * ayes > len(found) else "incorrect"
            reason = f"{ayes} of {len(found)} replies of {self._model} call it right"
            score = _mean([vote.chances.get(at, float(vote.steps[at])) for vote in found])
            evidence = Evidence(kind="judge", checker=str(self._model))
        return StepVerdict(
            start=span[0], end=span[1], label=label, reason=reason, score=score, evidence=evidence
        )


def _whole(candidate: Candidate) -> list[Span]:
    """The answer as one step."""
    return [(max(0, candidate.answer_part().offset), len(candidate.text))]


def _kept(candidate: Candidate, spans: Sequence[Span]) -> list[Span]:
    """The steps that are not empty."""
    return [(start, end) for start, end in spans if candidate.text[start:end].strip()]


def _majority(votes: Sequence[JudgeVote]) -> list[JudgeVote]:
    """The replies with the first error that most of them find (ProcessBench's maj@k)."""
    firsts = [tuple(sorted(vote.steps.items())) for vote in votes if vote.right is not None]
    if not firsts:
        return []
    ((most, _),) = Counter(firsts).most_common(1)
    return [vote for vote in votes if tuple(sorted(vote.steps.items())) == most]


def _chance(vote: JudgeVote) -> float:
    return float(vote.right is True) if vote.chance is None else vote.chance


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
