"""A generative judge behind a real server: its lines are read, and nothing is guessed."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from veritune.records import Candidate, MathProblem, MathReference
from veritune.verifiers.judge import GenerativeJudge

PROBLEM = MathProblem(id="p", prompt="1+1+1=?", reference=MathReference(answer="3"))


class Scripted(BaseHTTPRequestHandler):
    """Answers with a text that is given, and remembers what it was asked."""

    reply: ClassVar[Any] = ""
    asked: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        content = json.dumps({"choices": [{"message": {"content": self.reply}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def judge() -> Iterator[GenerativeJudge]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    judge = GenerativeJudge(f"http://127.0.0.1:{server.server_port}/v1", "reader")
    yield judge
    judge.close()
    server.shutdown()
    server.server_close()


def candidate(text: str) -> Candidate:
    return Candidate(problem_id="p", index=0, text=text)


async def test_its_lines_become_labels_and_what_is_missing_is_unchecked(
    judge: GenerativeJudge,
) -> None:
    Scripted.reply = "Let me see.\nSTEP 1: correct\n**Step 2**: Incorrect.\nANSWER: incorrect"
    verdict = await judge.verify(PROBLEM, candidate("1+1=2\n2+1=4\nSo 4."))
    assert [step.label for step in verdict.steps] == ["correct", "incorrect", "unchecked"]
    assert (verdict.outcome, verdict.score) == ("failed", 0.0)
    told = Scripted.asked[-1]["messages"][1]["content"]
    assert "[2] 2+1=4" in told and "1+1+1=?" in told


async def test_a_judge_that_does_not_decide_is_an_error(judge: GenerativeJudge) -> None:
    for reply in ("I would rather not.", None):
        Scripted.reply = reply
        verdict = await judge.verify(PROBLEM, candidate("ANSWER: correct"))
        assert (verdict.outcome, verdict.score) == ("error", None)


async def test_a_judge_that_is_not_there_is_an_error() -> None:
    judge = GenerativeJudge("http://127.0.0.1:9/v1", "reader", first_delay=0.001)
    verdict = await judge.verify(PROBLEM, candidate("3"))
    assert verdict.outcome == "error" and "127.0.0.1" in verdict.reason
