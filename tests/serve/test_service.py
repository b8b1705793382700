"""The verifiers over HTTP: right status codes, and nothing lost."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from http_by_hand import HALF, Connection, Running, get, head, post, running

from veritune.cli import main
from veritune.errors import EndpointError, InputError
from veritune.records import MathProblem, MathReference
from veritune.serve import ServiceClient

RIGHT = {"problem": HALF, "text": r"\boxed{1/2}"}
ADD = {"prompt": "add", "test_list": ["assert add(1, 2) == 3"]}


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running("--max-body-mb", "0.1", "--body-seconds", "3", "--max-batch", "50") as found:
        yield found
        assert found.stop() == 0


async def test_one_and_several(service: Running) -> None:
    one = await post(service.port, "/verify", RIGHT | {"index": 7})
    assert one.status == 200 and (one.json["outcome"], one.json["index"]) == ("passed", 7)
    texts = [r"\boxed{1/2}", r"\boxed{1/3}", "none"]
    items = [{"problem": HALF, "text": text} for text in texts]
    items.append({"problem": ADD, "text": "def add(a, b):\n    return a + b"})
    many = await post(service.port, "/verify/batch", {"items": items})
    verdicts = many.json["verdicts"]
    assert isinstance(verdicts, list)
    assert [one["outcome"] for one in verdicts] == ["passed", "failed", "failed", "passed"]
    rewards = await post(
        service.port,
        "/openrlhf",
        {"query": ["p \\boxed{1}", "p 2"], "prompts": ["p", "p"], "labels": ["1", 3]},
    )
    assert rewards.json["rewards"] == [1.0, 0.0]
    # A reference that cannot be read: a verifier error is a verdict, and no reward.
    broken = {"prompt": "?", "answer": " 3 + "}
    reply = await post(service.port, "/verify", {"problem": broken, "text": r"\boxed{1}"})
    assert reply.status == 200 and (reply.json["outcome"], reply.json["score"]) == ("error", None)
    body = {"query": ["p \\boxed{1}"], "prompts": ["p"], "labels": [" 3 + "]}
    assert (await post(service.port, "/openrlhf", body)).status == 424


async def test_1000_requests_in_flight(service: Running) -> None:
    bodies = [
        json.dumps({"problem": HALF, "text": f"\\boxed{{{i % 3}/2}}", "index": i}).encode()
        for i in range(1000)
    ]
    connections = await asyncio.gather(*(Connection.to(service.port) for _ in bodies))
    for connection, body in zip(connections, bodies, strict=True):
        await connection.send(head("/verify", len(body)) + body[:-1])
    for _ in range(100):
        said = (await get(service.port, "/metrics")).body.decode()
        if "veritune_requests_in_flight 1001.0" in said:
            break
        await asyncio.sleep(0.02)
    assert "veritune_requests_in_flight 1001.0" in said  # with this one
    await asyncio.gather(*(c.send(b[-1:]) for c, b in zip(connections, bodies, strict=True)))
    replies = await asyncio.gather(*(connection.reply() for connection in connections))
    assert {reply.status for reply in replies} == {200}
    assert [reply.json["index"] for reply in replies] == list(range(1000))
    assert [reply.json["outcome"] == "passed" for reply in replies] == [
        i % 3 == 1 for i in range(1000)
    ]
    assert "veritune_requests_in_flight 1.0" in (await get(service.port, "/metrics")).body.decode()


async def test_a_slow_client_is_ended_and_holds_up_nobody(service: Running) -> None:
    slow = await Connection.to(service.port)
    await slow.send(head("/verify", 1000) + b'{"text"')
    assert (await post(service.port, "/verify", RIGHT)).status == 200
    reply = await slow.reply()
    assert reply.status == 408 and reply.headers["connection"] == "close"
    gone = await Connection.to(service.port)
    await gone.send(head("/verify", 1000) + b'{"text"')
    gone.writer.close()
    assert (await post(service.port, "/verify", RIGHT)).status == 200


async def test_bodies_that_are_too_large(service: Running) -> None:
    large = b'{"text": "' + b"x" * 200_000 + b'"}'
    assert (await post(service.port, "/verify", large)).status == 413
    # All replies arrive, although the body was not read to its end.
    replies = await asyncio.gather(*(post(service.port, "/verify", large) for _ in range(50)))
    assert {reply.status for reply in replies} == {413}
    # Without a length, what comes is counted.
    chunked = await Connection.to(service.port)
    await chunked.send(head("/verify", None) + b"%x\r\n%s\r\n0\r\n\r\n" % (len(large), large))
    assert (await chunked.reply()).status == 413
    items = [RIGHT] * 51
    reply = await post(service.port, "/verify/batch", {"items": items})
    assert reply.status == 422 and "more than 50 candidates" in str(reply.json["error"])


MALFORMED: list[tuple[str, object, str]] = [
    ("/verify", b"", "not valid JSON"),
    ("/verify", b"{", "not valid JSON"),
    ("/verify", b"\xff", "body: "),
    ("/verify", b"[" * 5000, "body: "),
    ("/verify", b'{"text": "", "text": ""}', "duplicate"),
    ("/verify", b'{"text": "\\ud800", "problem": {}}', "surrogate"),
    ("/verify", b'{"text": NaN}', "NaN"),
    ("/verify", b'{"text": "1", "problem": {"prompt": "?", "answer": 1e999}}', "1e999"),
    ("/verify", b'{"text": "1", "problem": {"prompt": "?", "answer": -1e999}}', "too large"),
    ("/verify", [], "valid dictionary"),
    ("/verify", {"text": 5}, "text: input should be a valid string"),
    ("/verify", {"text": "", "index": -1}, "index: "),
    ("/verify", {"text": "", "index": 2**70}, "index: "),
    ("/verify", {"text": "", "more": 1}, "more: unknown key"),
    ("/verify", {"text": "", "problem_id": "a"}, "problem: missing: none is known by its id"),
    ("/verify", {"text": ""}, "problem: missing"),
    ("/verify", {"text": "", "problem": {}}, "problem: "),
    ("/verify", {"text": "", "problem": {"prompt": "?"}}, "no answer found"),
    ("/verify/batch", {"items": []}, "items: "),
    ("/verify/batch", {"items": [RIGHT, {"text": ""}]}, "items.1.problem: missing"),
    ("/openrlhf", {"query": [], "prompts": ["x"], "labels": []}, "as many of each"),
    ("/run_code", {"code": "", "language": "cpp"}, "language: input should be 'python'"),
    ("/run_code", {"code": "", "files": {"../x": ""}}, "files.../x"),
    ("/run_code", {"code": "", "files": {"x": "$"}}, "files.x"),
    ("/run_code", {"code": "", "fetch_files": ["x"]}, "fetch_files"),
    ("/run_code", {"code": "", "run_timeout": 0}, "run_timeout"),
]


@pytest.mark.parametrize("path, body, said", MALFORMED)
async def test_what_is_not_right_is_one_line(
    service: Running, path: str, body: object, said: str
) -> None:
    reply = await post(service.port, path, body)
    error = reply.json["error"]
    assert reply.status == 422 and isinstance(error, str)
    assert said in error and "\n" not in error and "Traceback" not in error


async def test_other_paths_methods_and_types(service: Running) -> None:
    assert (await get(service.port, "/none")).status == 404
    assert (await get(service.port, "/verify")).status == 405
    connection = await Connection.to(service.port)
    await connection.send(
        b"POST /verify HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}"
    )
    assert (await connection.reply()).status == 415
    assert (await get(service.port, "/health")).json["status"] == "ok"
    for host, status in (
        ("evil.example", 421),
        ("127.0.0.1:80", 200),
        ("[::1]:80", 200),
        ("[", 421),
        ("", 421),
    ):
        connection = await Connection.to(service.port)
        await connection.send(f"GET /health HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
        assert (await connection.reply()).status == status
    described = (await get(service.port, "/openapi.json")).json
    assert set(described["paths"]) >= {"/verify", "/verify/batch", "/run_code"}  # type: ignore[call-overload]


async def test_programs_as_sandboxfusion_runs_them(service: Running) -> None:
    async def run(code: str, **more: object) -> dict[str, object]:
        reply = await post(service.port, "/run_code", {"code": code, "language": "python", **more})
        assert reply.status == 200
        return reply.json

    found = await run("print(int(input()) * 2)", stdin="21")
    assert found["status"] == "Success" and found["run_result"]["stdout"] == "42\n"  # type: ignore[index]
    found = await run("print(open('a.txt').read())", files={"a.txt": "aGk="})
    assert found["run_result"]["stdout"] == "hi\n"  # type: ignore[index]
    found = await run("import sys; sys.exit(3)")
    assert found["status"] == "Failed" and found["run_result"]["return_code"] == 3  # type: ignore[index]
    found = await run("while True: pass", run_timeout=1)
    assert found["status"] == "Failed"
    assert found["run_result"]["status"] == "TimeLimitExceeded"  # type: ignore[index]


async def test_a_token_is_asked_for() -> None:
    with running(VERITUNE_SERVE_TOKEN="secret") as service:
        wrong = ("Bearer other", "secret", "Basic secret", "bearersecret", "bearer")
        for more in ((), *((f"authorization: {one}",) for one in wrong)):
            reply = await post(service.port, "/verify", RIGHT, *more)
            assert reply.status == 401 and reply.headers["www-authenticate"] == "Bearer"
            assert (await get(service.port, "/metrics", *more)).status == 401
        large = b"x" * 3_000_000
        replies = await asyncio.gather(*(post(service.port, "/verify", large) for _ in range(50)))
        assert {reply.status for reply in replies} == {401}
        for scheme in ("Bearer", "bearer", "BEARER "):
            said = f"authorization: {scheme} secret"
            assert (await post(service.port, "/verify", RIGHT, said)).status == 200
        assert (await get(service.port, "/health")).status == 200
        with pytest.raises(InputError, match="send the token"):
            ServiceClient(service.url).verify(HALF, "1")
        with ServiceClient(service.url, token="secret") as client:
            assert client.verify(HALF, r"\boxed{0.5}").outcome == "passed"


def test_it_does_not_start_open_to_others(capsys: pytest.CaptureFixture[str]) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        assert main(["serve", "--host", host, "--port", "0"]) == 2
        heard = capsys.readouterr().err
        assert "can be reached from other machines" in heard and heard.count("\n") == 1
    assert main(["serve", "--port", "0", "--token-file", "none"]) == 2
    assert "no such file" in capsys.readouterr().err


def test_a_port_that_is_taken(service: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", str(service.port)]) == 2
    assert "cannot listen" in capsys.readouterr().err


async def test_what_takes_too_long_is_ended_and_a_full_house_refuses() -> None:
    # Long enough for the refusal to come meanwhile, on a busy machine, too.
    with running("--request-seconds", "5", "--capacity", "2") as service:
        code = {"code": "import time\ntime.sleep(60)", "run_timeout": 30}
        running_now = [asyncio.create_task(post(service.port, "/run_code", code)) for _ in "12"]
        while (await get(service.port, "/health")).json["candidates"] != 2:
            await asyncio.sleep(0.01)
        refused = await post(service.port, "/verify", RIGHT)
        assert refused.status == 429 and int(refused.headers["retry-after"]) > 0
        assert {reply.status for reply in await asyncio.gather(*running_now)} == {504}
        assert (await post(service.port, "/verify", RIGHT)).status == 200
        batch = await post(service.port, "/verify/batch", {"items": [RIGHT] * 3})
        assert batch.status == 422


@pytest.mark.slow
def test_the_client_comes_again_and_loses_nothing(tmp_path: Path) -> None:
    problems = tmp_path / "P.jsonl"
    known = MathProblem(id="half", prompt="1/2=", reference=MathReference(answer="0.5"))
    problems.write_text(known.to_line() + "\n")
    with (
        running("--capacity", "4", "--problems", str(problems)) as service,
        ServiceClient(service.url) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        texts = [f"\\boxed{{{i % 3}/2}}" for i in range(300)]
        found = list(pool.map(lambda text: client.verify("half", text).outcome, texts))
        assert [one == "passed" for one in found] == [i % 3 == 1 for i in range(300)]
        batch = client.verify_batch([("half", text) for text in texts[:4]])
        assert [one.outcome for one in batch] == found[:4]
        with pytest.raises(InputError, match="disagrees with the known problem"):
            client.verify({"problem_id": "half", "answer": "0.6"}, "1")
        assert client.run_code("print(1)")["run_result"]["stdout"] == "1\n"  # type: ignore[index]
    with pytest.raises(EndpointError, match="does not answer"):
        ServiceClient(service.url, retries=0).verify("half", "1")


async def test_requests_under_way_are_answered_before_it_stops() -> None:
    with running() as service:
        code = {"code": "import time\nfor _ in range(20): time.sleep(0.1)\nprint('done')"}
        under_way = asyncio.create_task(post(service.port, "/run_code", code))
        while (await get(service.port, "/health")).json["candidates"] != 1:
            await asyncio.sleep(0.01)
        code_of_exit = await asyncio.to_thread(service.stop)
        assert code_of_exit == 0
        assert (await under_way).json["run_result"]["stdout"] == "done\n"  # type: ignore[index]


async def test_openrlhfs_executor_asks_it(service: Running) -> None:
    agent = pytest.importorskip("openrlhf.utils.agent", reason="OpenRLHF is not installed")
    executor = agent.SingleTurnAgentExecutor(f"{service.url}/openrlhf")
    (found,) = await executor._fetch_rewards_via_http(["p 1", "p 2"], ["p", "p"], ["1", "1"])
    assert found["rewards"] == [0.0, 0.0] and found["extra_logs"] == {"passed": [0.0, 0.0]}


def test_verls_sandboxfusion_client_asks_it(service: Running) -> None:
    fusion = pytest.importorskip(
        "verl.utils.reward_score.sandbox_fusion.utils", reason="verl is not installed"
    )
    reply, error = fusion.call_sandbox_api(
        sandbox_fusion_url=f"{service.url}/run_code",
        code="print(int(input()) * 2)",
        stdin="21",
        compile_timeout=10,
        run_timeout=10,
        memory_limit_mb=1024,
        language="python",
    )
    assert error is None and reply["run_result"]["stdout"] == "42\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_as_soon_as_it_is_told_to(number: signal.Signals) -> None:
    with running() as service:
        service.process.send_signal(number)
        assert service.process.wait(timeout=60) == 0
        assert service.process.stdout is not None
        assert service.process.stdout.read() == "stopped\n"


def test_what_is_wrong_with_the_options_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "0", "--type", "none_of_mine.py:verify"]) == 2
    heard = capsys.readouterr().err
    assert "none_of_mine.py" in heard and heard.count("\n") == 1
