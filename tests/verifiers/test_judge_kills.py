"""A judge whose asker is killed: what was answered is not asked again, verdict or none."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from http_server import Handler, served
from one_problem import written

from veritune.files import read_records
from veritune.records import Verdict

# Requests at a time, replies a candidate, candidates; and how many replies come before the kill.
AT_ONCE, VOTES, COUNT, ANSWERED = 4, 3, 10, 8
Asked = tuple[str, int]


class Holding(Handler):
    """Answers so many requests and holds the others, until it is told to answer all."""

    asked: ClassVar[list[Asked]]
    held: ClassVar[list[Asked]]
    changed: ClassVar[threading.Condition]
    free: ClassVar[bool] = False

    def do_POST(self) -> None:
        body = self.body()
        question: Asked = (body["messages"][0]["content"], body["seed"])
        kind = type(self)
        with self.changed:
            kind.asked.append(question)
            if not kind.free and len(kind.asked) > ANSWERED:
                kind.held.append(question)
                self.changed.notify_all()
                return  # The connection stays open until the asker is gone.
        choice = {"message": {"content": "STEP 1: correct\nANSWER: correct"}}
        self.answer({"choices": [choice | {"finish_reason": "stop"}]})

    def finish(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: type(self).free or not type(self).held, 300)
        super().finish()


@pytest.fixture
def judge() -> Iterator[tuple[str, type[Holding]]]:
    with served(Holding, asked=[], held=[], changed=threading.Condition()) as (url, handler):
        yield f"{url}/v1", handler


def test_a_killed_verify_asks_only_what_was_not_answered(
    judge: tuple[str, type[Holding]], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "veritune", "verify", "--type", "judge"]
    command += ["--judge.url", judge[0], "--judge.model", "reader"]
    command += ["--judge.votes", str(VOTES), "--judge.temperature", "0.5"]
    command += ["--judge.concurrency", str(AT_ONCE)]
    command += written(tmp_path, [f"1+1+1={at}" for at in range(COUNT)])
    handler = judge[1]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        with handler.changed:
            # Whoever asks next has kept the reply before: every one of the answered is kept.
            assert handler.changed.wait_for(lambda: len(handler.held) == AT_ONCE, 300)
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    with handler.changed:
        unanswered = set(handler.held)
        handler.free = True
        handler.changed.notify_all()
    assert not (tmp_path / "V.jsonl").exists()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600)
    asked = Counter(handler.asked)
    assert len(asked) == COUNT * VOTES
    assert {question for question, times in asked.items() if times > 1} == unanswered
    assert max(asked.values()) == 2
    verdicts = read_records(tmp_path / "V.jsonl", Verdict)
    assert [v.outcome for v in verdicts] == ["passed"] * COUNT
