"""Our problems as an environment of Prime's verifiers: every verdict, and a real evaluation."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from prime_traces import scored
from shared_candidates import CANDIDATES, PROBLEMS, TEXTS, scores

from veritune.errors import InputError
from veritune.files import write_records

pytest.importorskip("verifiers.v1", reason="Prime's verifiers is not installed")

from veritune.integrations.verifiers_env import ProblemTaskset

MODULE = """from veritune.integrations.verifiers_env import ProblemTaskset

__all__ = ["ProblemTaskset"]
"""


@pytest.fixture(scope="module", autouse=True)
def _verified_before_any_loop_runs() -> None:
    scores()


def taskset(problems: Path | str) -> ProblemTaskset:
    from veritune.integrations.verifiers_env import ProblemTaskConfig

    return ProblemTaskset(ProblemTaskConfig(problems=str(problems)))


async def test_every_candidates_reward_is_its_verdicts_score(tmp_path: Path) -> None:
    file = tmp_path / "problems.jsonl"
    write_records(file, PROBLEMS)
    tasks = {task.data.id: task for task in taskset(file)}
    assert list(tasks) == [problem.id for problem in PROBLEMS]
    asked = (tasks[candidate.problem_id] for candidate in CANDIDATES)
    assert list(await asyncio.gather(*map(scored, asked, TEXTS))) == scores()


def test_without_problems_it_says_what_to_give() -> None:
    with pytest.raises(InputError, match=r"--env\.taskset\.problems problems\.jsonl"):
        list(taskset(""))


class Model(BaseHTTPRequestHandler):
    """Answers 1/4 to everything, as a server streams it."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        said = {"role": "assistant", "content": "\\boxed{1/4}"}
        for delta, ended in ((said, None), ({}, "stop")):
            choice = {"index": 0, "delta": delta, "finish_reason": ended}
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "tiny"}
            self.wfile.write(b"data: " + json.dumps(chunk | {"choices": [choice]}).encode())
            self.wfile.write(b"\n\n")
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def model() -> Iterator[str]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/v1"
    running.shutdown()
    running.server_close()


@pytest.mark.slow
def test_an_evaluation_of_their_own_command(model: str, tmp_path: Path) -> None:
    write_records(tmp_path / "problems.jsonl", PROBLEMS[:2])
    (tmp_path / "my_env.py").write_text(MODULE)
    beside = Path(sys.executable).parent
    options = (
        *("--env.taskset.problems", "problems.jsonl", "--env.agent.harness.id", "null"),
        *("--env.agent.runtime.type", "subprocess", "--client.base-url", model),
        *("--client.api-key-var", "KEY", "--model", "tiny", "--no-push", "--no-rich"),
        *("--num-rollouts", "2", "--output-dir", "out"),
    )
    path = f"{beside}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [beside / "vf-eval", "my-env", *options],
        capture_output=True,
        text=True,
        timeout=280,
        cwd=tmp_path,
        env=dict(os.environ, PYTHONPATH=str(tmp_path), KEY="x", PATH=path),
    )
    episodes = [json.loads(line) for f in tmp_path.rglob("traces.jsonl") for line in f.open()]
    traces = [trace for episode in episodes for trace in episode["traces"]]
    found = {(trace["task"]["key"], trace["rewards"]["verified"]["score"]) for trace in traces}
    assert len(traces) == 4 and found == {("m1", 1.0), ("m2", 0.0)}, done.stdout + done.stderr
