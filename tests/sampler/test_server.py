"""A server is asked patiently, at most so often at once, and must run what it is said to run."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from http_server import Handler, served
from vllm_server import vllm_server

from veritune.config import SamplerConfig, ScratchConfig
from veritune.errors import EndpointError, InputError, PolicyMismatchError
from veritune.models import build_scratch, encode_prompt, load_policy, save_policy
from veritune.records import Checkpoint, MathProblem, MathReference, Problem
from veritune.sampler.server import ServerSampler


class Shouting(Handler):
    """A small model of its own: it answers with the prompt in capitals, and is often busy."""

    busy: ClassVar[int] = 0
    asked: ClassVar[list[dict[str, Any]]]
    at_once: ClassVar[int] = 0
    most_at_once: ClassVar[int] = 0
    lock: ClassVar[threading.Lock] = threading.Lock()

    def do_GET(self) -> None:
        self.answer({"data": [{"id": "shout", "owned_by": "somebody"}]})

    def do_POST(self) -> None:
        kind = type(self)
        body = self.body()
        with self.lock:
            kind.asked.append(body)
            kind.at_once += 1
            kind.most_at_once = max(kind.most_at_once, kind.at_once)
            busy, kind.busy = kind.busy > 0, kind.busy - 1
        time.sleep(0.02)
        with self.lock:
            kind.at_once -= 1
        if busy:
            said = {"error": {"message": "too many requests"}}
            return self.answer(said, 503, {"Retry-After": "0"})
        if body.get("prompt") == "bad":
            return self.answer({"error": {"message": "prompt is\nbad"}}, 400)
        if "messages" in body:
            text = body["messages"][-1]["content"].upper()
            said = {"message": {"content": text}, "finish_reason": "stop"}
        else:
            said = {"text": body["prompt"].upper(), "finish_reason": "length"}
        return self.answer({"choices": [said]})


@pytest.fixture
def shouting() -> Iterator[tuple[str, type[Shouting]]]:
    with served(Shouting, asked=[]) as (url, handler):
        yield f"{url}/v1", handler


def sampler(url: str, **options: Any) -> ServerSampler:
    config = SamplerConfig.model_validate({"type": "server", "url": url, **options})
    return ServerSampler(config, seed=3, first_delay=0.01)


def problem(name: str, prompt: Any) -> Problem:
    return MathProblem(id=name, prompt=prompt, reference=MathReference(answer="1"))


REMOTE = Checkpoint(path="shout", policy="shout")


def test_a_busy_server_is_asked_again_and_never_too_much(shouting: Any) -> None:
    url, handler = shouting
    handler.busy = 5
    using = sampler(url, max_num_seqs=4, top_k=5, stop=("x",))
    using.load(REMOTE)
    problems = [problem(f"p{i}", f"prompt {i}") for i in range(12)]
    sampled = list(using.sample(problems, [range(2)] * 12, round=1))
    assert {(c.problem_id, c.index, c.text) for c in sampled} == {
        (p.id, index, str(p.prompt).upper()) for p in problems for index in range(2)
    }
    assert {c.policy for c in sampled} == {"shout"} and {c.round for c in sampled} == {1}
    assert len(handler.asked) == 24 + 5
    assert 1 < handler.most_at_once <= 4
    assert len({body["seed"] for body in handler.asked}) == 24
    assert handler.asked[0]["top_k"] == 5 and handler.asked[0]["stop"] == ["x"]


def test_chat_prompts_go_to_the_chat_route(shouting: Any) -> None:
    using = sampler(shouting[0])
    using.load(REMOTE)
    chat = problem("p", [{"role": "user", "content": "hello"}])
    (candidate,) = using.sample([chat], [[7]], round=0)
    assert (candidate.text, candidate.index, candidate.finish_reason) == ("HELLO", 7, "stop")


def test_prefill_and_template_arguments_go_to_the_server(shouting: Any) -> None:
    url, handler = shouting
    using = sampler(url)
    using.load(REMOTE)
    chat = replace(
        problem("c", [{"role": "user", "content": "hello"}]),
        prefill="so",
        template_kwargs={"enable_thinking": False},
    )
    plain = replace(problem("t", "hello"), prefill=" you")
    found = {c.problem_id: c for c in using.sample([chat, plain], [[0], [0]], round=0)}
    assert (found["t"].text, found["t"].prefill) == ("HELLO YOU", " you")
    (asked,) = [body for body in handler.asked if "messages" in body]
    assert asked["messages"][-1] == {"role": "assistant", "content": "so"}
    assert asked["continue_final_message"] and not asked["add_generation_prompt"]
    assert asked["chat_template_kwargs"] == {"enable_thinking": False}


def test_trouble_that_does_not_pass_is_one_line(shouting: Any) -> None:
    url, handler = shouting
    using = sampler(url)
    using.load(REMOTE)
    with pytest.raises(EndpointError, match="answers 400: prompt is bad") as caught:
        list(using.sample([problem("p", "bad")], [[0]], round=0))
    assert "\n" not in str(caught.value)
    handler.busy = 1000
    with pytest.raises(EndpointError, match="answers 503: too many requests"):
        list(using.sample([problem("p", "good")], [[0]], round=0))
    with pytest.raises(PolicyMismatchError, match="cannot take the new policy"):
        using.load(Checkpoint(path="shout", policy="another"))


def test_wrong_addresses_and_names_are_one_line(shouting: Any) -> None:
    with pytest.raises(
        InputError, match=r"sampler\.model: the server has no 'whisper'; it lists shout"
    ):
        sampler(shouting[0], model="whisper").load(REMOTE)
    with pytest.raises(InputError, match=r"sampler\.url: missing"):
        ServerSampler(SamplerConfig(type="server"), seed=0)
    with pytest.raises(InputError, match="give an http://"):
        sampler("localhost:8000")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EndpointError, match="cannot be used"):
        sampler(f"http://127.0.0.1:{port}/v1").load(REMOTE)


def test_a_reader_that_stops_leaves_no_requests(shouting: Any) -> None:
    url, handler = shouting
    using = sampler(url, max_num_seqs=2)
    using.load(REMOTE)
    stream = using.sample([problem("p", "word")], [range(1000)], round=0)
    next(stream)
    stream.close()
    time.sleep(0.3)
    seen = len(handler.asked)
    time.sleep(0.3)
    assert len(handler.asked) == seen < 10


# --- vLLM's own server


def policy(folder: Path, seed: int) -> Checkpoint:
    shape = ScratchConfig(layers=2, width=64, heads=2, max_length=96)
    model, tokenizer = build_scratch(shape, seed)
    with torch.no_grad():
        model.lm_head.weight *= 10
    return save_policy(model, tokenizer, folder / f"policy-{seed}")


@pytest.mark.vllm
@pytest.mark.timeout(1200)
@pytest.mark.skipif(find_spec("vllm") is None, reason="needs vLLM")
def test_vllms_own_server_is_proved_and_given_new_weights(tmp_path: Path) -> None:
    first, second = policy(tmp_path, 0), policy(tmp_path, 1)
    with vllm_server(first.path, tmp_path / "log") as url:
        using = sampler(url, temperature=0, max_tokens=12, max_num_seqs=8)
        for checkpoint in (first, second):
            using.load(checkpoint)
            assert using.logprob_diff is not None and using.logprob_diff.mean < 1e-3
            model, tokenizer = load_policy(checkpoint.path, device="cpu")
            problems = [problem(f"p{i}", "12+3" * (i + 1)) for i in range(8)]
            sampled = {c.problem_id: c for c in using.sample(problems, [[0]] * 8, round=0)}
            for p in problems:
                prompt = torch.tensor([encode_prompt(tokenizer, p.prompt)])
                wanted = model.generate(prompt, do_sample=False, max_new_tokens=12)
                assert sampled[p.id].token_ids == wanted[0, prompt.shape[1] :].tolist()
                assert sampled[p.id].policy == checkpoint.policy
        using.close()
