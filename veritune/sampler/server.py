"""Sampling from an OpenAI-compatible endpoint: vLLM's own server, or any other."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from queue import Empty, Queue

from veritune.config import SamplerConfig
from veritune.errors import EndpointError, InputError, PolicyMismatchError, VerituneError
from veritune.records import Candidate, Checkpoint, Problem
from veritune.sampler.codec import ANSWERS, PromptCodec, SampledSequence
from veritune.sampler.endpoint import FIRST_DELAY, Endpoint
from veritune.sampler.policy_probe import (
    LogprobDiff,
    PolicyProbe,
    build_policy_probe,
    check_content,
    check_scores,
)
from veritune.sampler.replies import (
    ChatChoice,
    Completion,
    Ending,
    Models,
    PromptChoice,
    R,
    TextChoice,
    TokenChoice,
    read_reply,
)
from veritune.sampler.requests import request_seed

# Each has a thread here; engines rarely decode more at once.
MOST_CONNECTIONS = 128
# How soon Ctrl-C and `close` are heeded while no answer comes.
POLL_SECONDS = 0.5
# A problem, and the index of a candidate of it.
Asked = tuple[Problem, int]
NO_POLICY = "the sampler has no policy yet; load a checkpoint first"


class ServerSampler:
    """Samples candidates from a server, a request each, at most `config.max_num_seqs` at once.

    A vLLM server gets token ids and gives token ids and log-probabilities back, must prove with a
    probe batch that it runs the checkpoint, and is given new weights where it allows that
    (VLLM_SERVER_DEV_MODE=1, and the same file system). Any other server gets and gives text; it
    serves what it serves, so it cannot follow a policy that changes.
    """

    def __init__(
        self,
        config: SamplerConfig,
        *,
        seed: int,
        dtype: str = "float32",
        first_delay: float = FIRST_DELAY,
    ) -> None:
        if config.url is None:
            raise InputError(
                "sampler.url: missing; sampler.type 'server' needs an address, such as "
                "http://localhost:8000/v1"
            )
        self.config, self.seed = config, seed
        self.logprob_diff: LogprobDiff | None = None
        self._dtype = dtype
        self._endpoint = Endpoint(config.url, first_delay)
        self._policy_probe: PolicyProbe | None = None
        self._policy: str | None = None
        self._model, self._is_vllm = "", False
        self._adapters = itertools.count(1)

    def load(self, checkpoint: Checkpoint) -> None:
        """Sample from `checkpoint` from now on; raises `PolicyMismatchError` if that cannot be."""
        self._endpoint.closing.clear()
        if self._policy_probe is not None and self._policy == checkpoint.policy:
            check_content(checkpoint)
            self._prove(self._policy_probe)  # Who else may have given the server other weights?
            return
        before, self._policy = self._policy, None
        self._model, self._is_vllm = self._find_model(checkpoint.path)
        if self._is_vllm and Path(checkpoint.path).is_dir():
            self._policy_probe = build_policy_probe(checkpoint, self.config, self._dtype)
            self._prove(self._policy_probe)
        elif before not in (None, checkpoint.policy):
            raise PolicyMismatchError(
                f"{self._endpoint.url}: cannot take the new policy {checkpoint.policy}; only a "
                "vLLM server can, or use sampler.type 'vllm' or 'native'"
            )
        self._policy = checkpoint.policy

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        """Yield candidates as they finish: for `problems[i]`, those of `indices[i]`."""
        if self._policy is None:
            raise VerituneError(NO_POLICY)
        wanted = (
            (problem, index)
            for problem, asked in zip(problems, indices, strict=True)
            for index in asked
        )
        connections = min(self.config.max_num_seqs, MOST_CONNECTIONS)
        yield from _at_once(
            lambda job: self._sample_one(job[0], job[1], round),
            wanted,
            connections,
            self._endpoint.closing,
        )

    def close(self) -> None:
        """Make no further requests, and wait for none that is under way."""
        self._endpoint.close()
        self._policy = self._policy_probe = None

    def _find_model(self, path: str) -> tuple[str, bool]:
        """The model's name on the server, and whether the server is vLLM."""
        url = f"{self._endpoint.url}/models"
        listed = read_reply(Models, self._endpoint.ask(url), url)
        models = {entry.id: entry.owned_by for entry in listed.data}
        name = self.config.model or (path if path in models else next(iter(models), ""))
        if name not in models:
            known = ", ".join(models) or "none"
            raise InputError(f"sampler.model: the server has no {name!r}; it lists {known}")
        return name, models[name] == "vllm"

    def _prove(self, policy_probe: PolicyProbe) -> None:
        """The server runs the policy, or is made to."""
        try:
            self._check(policy_probe)
        except PolicyMismatchError as error:
            try:
                self._give_weights(policy_probe)
            except EndpointError:
                raise PolicyMismatchError(
                    f"{self._endpoint.url}: {error}; start the server on"
                    f" {policy_probe.checkpoint.path}, or with VLLM_SERVER_DEV_MODE=1 so that it"
                    " can be given weights"
                ) from None
            self._check(policy_probe)

    def _check(self, policy_probe: PolicyProbe) -> None:
        scores = [self._score(probe) for probe in policy_probe.probes]
        mistakes = policy_probe.mistakes
        self.logprob_diff = check_scores(scores, policy_probe, mistakes, self._dtype)

    def _score(self, probe: Sequence[int]) -> list[float]:
        body = {"prompt": probe, "max_tokens": 1, "temperature": 0, "prompt_logprobs": 0}
        scored = self._complete(PromptChoice, body).prompt_logprobs[1:]
        try:
            found = [(entry or {})[str(id)] for id, entry in zip(probe[1:], scored, strict=True)]
        except (KeyError, ValueError):
            raise EndpointError(
                f"{self._endpoint.url}: does not score the prompt's tokens"
            ) from None
        return [entry.logprob for entry in found]

    def _give_weights(self, policy_probe: PolicyProbe) -> None:
        """vLLM's own routes, which it has where it was started so."""
        path = str(Path(policy_probe.checkpoint.path).resolve())
        if policy_probe.rank:
            self._model = f"{policy_probe.checkpoint.policy}-{next(self._adapters)}"
            adapter = {"lora_name": self._model, "lora_path": path}
            self._endpoint.ask(f"{self._endpoint.url}/load_lora_adapter", adapter)
            return
        reload = {"method": "reload_weights", "kwargs": {"weights_path": path}}
        self._endpoint.ask(f"{self._endpoint.root}/collective_rpc", reload)
        self._endpoint.ask(f"{self._endpoint.root}/reset_prefix_cache", {})

    def _sample_one(self, problem: Problem, index: int, round: int) -> Candidate:
        config = self.config
        body: dict[str, object] = {
            "temperature": config.temperature,
            "top_p": config.top_p,
            "seed": request_seed(self.seed, round, problem.id, index),
        }
        if config.max_tokens is not None:
            body["max_tokens"] = config.max_tokens
        elif isinstance(problem.prompt, str):  # Where OpenAI's default is 16; a chat has room.
            body["max_tokens"] = ANSWERS
        if config.stop:
            body["stop"] = list(config.stop)
        if config.top_k:
            body["top_k"] = config.top_k
        if config.min_p:
            body["min_p"] = config.min_p
        if self._policy_probe is not None:
            return self._sample_token_ids(self._policy_probe.codec, problem, index, round, body)
        return self._sample_text(problem, index, round, body)

    def _sample_token_ids(
        self, codec: PromptCodec, problem: Problem, index: int, round: int, body: dict[str, object]
    ) -> Candidate:
        prompt = codec.encode(problem)
        body |= {
            "prompt": prompt,
            "max_tokens": codec.limit(prompt),
            "stop_token_ids": sorted(codec.eos),
            "return_token_ids": True,
            "logprobs": 0,
        }
        choice = self._complete(TokenChoice, body)
        sampled = SampledSequence(
            position=0,
            index=index,
            ids=choice.token_ids,
            logprobs=choice.logprobs.token_logprobs,
            finish_reason="stop" if choice.finish_reason == "stop" else "length",
        )
        (candidate,) = codec.candidates([sampled], [problem], str(self._policy), round)
        return candidate

    def _sample_text(
        self, problem: Problem, index: int, round: int, body: dict[str, object]
    ) -> Candidate:
        chat = not isinstance(problem.prompt, str)
        body |= asked_of(problem)
        ending: Ending
        if chat:
            said = ending = self._complete(ChatChoice, body)
            text = said.message.thought + (said.message.content or "")
            thought = len(said.message.thought)
        else:
            written = ending = self._complete(TextChoice, body)
            text, thought = written.text or "", 0
        return Candidate(
            problem_id=problem.id,
            index=index,
            text=text,
            finish_reason=ending.reason,
            policy=self._policy,
            round=round,
            prefill=problem.prefill,
            thinking=thought or None,
        )

    def _complete(self, kind: type[R], body: dict[str, object]) -> R:
        """The one choice that the server gives."""
        path = "chat/completions" if "messages" in body else "completions"
        url = f"{self._endpoint.url}/{path}"
        reply = self._endpoint.ask(url, {"model": self._model, **body})
        return read_reply(kind, read_reply(Completion, reply, url).choices[0], url)


def asked_of(problem: Problem) -> dict[str, object]:
    """A problem as the routes for texts and chats take it; vLLM and SGLang know the names of what
    goes beyond OpenAI's."""
    if isinstance(problem.prompt, str):
        return {"prompt": problem.prompt + problem.prefill}
    turns = list(problem.prompt)
    if problem.prefill and turns[-1]["role"] == "assistant":
        last = turns.pop()
        turns.append({"role": "assistant", "content": last["content"] + problem.prefill})
    elif problem.prefill:
        turns.append({"role": "assistant", "content": problem.prefill})
    body: dict[str, object] = {"messages": turns}
    if turns[-1]["role"] == "assistant":
        body |= {"add_generation_prompt": False, "continue_final_message": True}
    if problem.template_kwargs:
        body["chat_template_kwargs"] = problem.template_kwargs
    return body


def _at_once(
    work: Callable[[Asked], Candidate],
    jobs: Iterable[Asked],
    connections: int,
    stop: threading.Event,
) -> Iterator[Candidate]:
    """Results as they come, of `connections` jobs at once; the first error or `stop` ends all.

    The threads are daemons: a request that hangs holds up neither the reader nor the exit.
    """
    asked: Queue[Asked | None] = Queue()
    done: Queue[Candidate | BaseException] = Queue()

    def run() -> None:
        while (job := asked.get()) is not None:
            try:
                done.put(work(job))
            except BaseException as error:
                done.put(error)

    rest, under_way = iter(jobs), 0
    for job in itertools.islice(rest, connections):
        threading.Thread(target=run, daemon=True).start()
        asked.put(job)
        under_way += 1
    # As many as were started, each ends with one None.
    threads = under_way
    try:
        while under_way and not stop.is_set():
            try:
                result = done.get(timeout=POLL_SECONDS)
            except Empty:
                continue
            if isinstance(result, BaseException):
                raise result
            for job in itertools.islice(rest, 1):
                asked.put(job)
                under_way += 1
            under_way -= 1
            yield result
    finally:
        for _ in range(threads):
            asked.put(None)
