"""Replies of servers that lack or mistype something are one line; half characters are replaced."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from http_server import Handler, served

from veritune.config import JudgeConfig, SamplerConfig
from veritune.errors import EndpointError, InputError
from veritune.records import Checkpoint, MathProblem, MathReference, Problem
from veritune.sampler import endpoint
from veritune.sampler.server import ServerSampler
from veritune.verifiers.judge import GenerativeJudge


class Said(Handler):
    """Says what it is told to."""

    models: ClassVar[bytes]
    reply: ClassVar[bytes]

    def do_GET(self) -> None:
        self.answer(self.models)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(self.reply)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, type[Said]]]:
    monkeypatch.setattr(endpoint, "ATTEMPTS", 2)
    with served(Said, models=b'{"data": [{"id": "m"}]}', reply=b"{}") as (url, handler):
        yield f"{url}/v1", handler


def problem(prompt: Any = "?") -> Problem:
    return MathProblem(id="a", prompt=prompt, reference=MathReference(answer="1"))


def draw(url: str, prompt: Any = "?") -> Any:
    config = SamplerConfig.model_validate({"type": "server", "url": url})
    sampler = ServerSampler(config, seed=1, first_delay=0.001)
    sampler.load(Checkpoint(path="m", policy="m"))
    (candidate,) = sampler.sample([problem(prompt)], [[0]], round=0)
    return candidate


BROKEN = [
    b"", b"null", b"[]", b"{}", b'{"choices": []}', b'{"choices": {}}', b'{"choices": [null]}',
    b'{"choices": [{"text": 3}]}', b'{"choices": [{"text": "a", "finish_reason": 1}]}',
    b'{"choices": [{"message": "a"}]}', b'{"choices": [{"message": {"content": [1]}}]}',
    b"[" * 100_000, b"\xff\xfe", b'{"choices": ' + b"9" * 5000 + b"}", b"<html>",
]  # fmt: skip


@pytest.mark.parametrize("reply", BROKEN)
async def test_a_broken_reply_is_one_line(server: Any, reply: bytes) -> None:
    url, handler = server
    handler.reply = reply
    for prompt in ("?", [{"role": "user", "content": "?"}]):
        with pytest.raises(EndpointError) as error:
            draw(url, prompt)
        assert "\n" not in str(error.value)
    judge = GenerativeJudge(JudgeConfig(url=url, model="m"), first_delay=0.001)
    from veritune.records import Candidate

    verdict = await judge.verify(problem(), Candidate(problem_id="a", index=0, text="x"))
    assert verdict.outcome == "error"


@pytest.mark.parametrize("models", [*BROKEN, b'{"data": [{"id": 1}]}', b'{"data": [{}]}'])
def test_a_broken_list_of_models_is_one_line(server: Any, models: bytes) -> None:
    url, handler = server
    handler.models = models
    with pytest.raises((EndpointError, InputError)) as error:
        draw(url)
    assert "\n" not in str(error.value)


def test_how_it_ended_may_be_left_out_and_half_characters_are_mended(server: Any) -> None:
    url, handler = server
    handler.reply = json.dumps({"choices": [{"text": "a\ud800b"}]}).encode()
    candidate = draw(url)
    assert candidate.text == "a\ufffdb" and candidate.finish_reason is None
    candidate.to_line().encode()


@pytest.mark.parametrize(
    "url", ["http://", "http://h:99999", "http://[::1", "ftp://h", "http://a b"]
)
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(InputError, match="http"):
        endpoint.Endpoint(url, 1.0)
