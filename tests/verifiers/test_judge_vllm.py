"""A judge that a real vLLM serves: every command asks it, and nothing twice after a kill."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from one_problem import written
from scripted_judge import NONE, RIGHT, save_judge
from vllm_server import requests_ended, vllm_server

from veritune.cli import main
from veritune.files import read_records
from veritune.records import Verdict
from veritune.store import Store

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1200), pytest.mark.xdist_group("judge")]
# Enough that a kill comes in their middle.
COUNT, VOTES = 60, 3
RECIPE = """
name = "judged"
threads = 1
[model.scratch]
layers = 1
width = 32
heads = 2
max_length = 64
[problems]
train = 60
test = 4
[problems.chain]
steps = 1
operators = "+"
largest_term = 19
[warm_start]
demonstrations = 80
max_steps = 60
batch_size = 32
learning_rate = 5e-3
[rounds]
count = 1
prompts = 60
[sampler]
n = 4
max_tokens = 12
[verifier]
type = "judge"
[verifier.judge]
url = "URL"
concurrency = 1
[trainer]
max_steps = 2
batch_size = 8
[evaluation]
n = 1
k = 1
"""


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("judge")
    with vllm_server(save_judge(folder / "model"), folder / "log") as url:
        yield url


def solutions(count: int) -> list[str]:
    return [f"1+1=2\nSo {at}." for at in range(count)]


@pytest.mark.parametrize(("form", "chance"), [("steps", RIGHT), ("critic", NONE)])
def test_log_probabilities_of_a_real_server_are_the_score(
    form: str, chance: float, judge: str, tmp_path: Path
) -> None:
    words = ["verify", *written(tmp_path, solutions(2)), "--type", "judge", "--judge.url", judge]
    assert main([*words, "--judge.logprobs", "true", "--judge.form", form]) == 0
    for verdict in read_records(tmp_path / "V.jsonl", Verdict):
        assert (verdict.outcome, verdict.score) == ("passed", pytest.approx(chance, abs=1e-3))
        labels = [step.label for step in verdict.steps]
        assert labels == ["verified", "unchecked" if form == "steps" else "verified"]


def test_votes_are_drawn_apart_and_counted(judge: str, tmp_path: Path) -> None:
    words = ["verify", *written(tmp_path, solutions(12)), "--type", "judge", "--judge.url", judge]
    assert main([*words, "--judge.votes", "5", "--judge.temperature", "1"]) == 0
    scores = [verdict.score for verdict in read_records(tmp_path / "V.jsonl", Verdict)]
    assert all(score is not None and (5 * score) % 1 < 1e-9 for score in scores)
    mean = sum(score or 0 for score in scores) / len(scores)
    assert len(set(scores)) > 1 and abs(mean - RIGHT) < 0.3  # five deviations


def test_bench_steps_asks_it_once(
    judge: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out.json"
    labelled = [
        {"id": str(i), "problem": "?", "steps": ["It is so.", f"{i}"], "label": i % 3 - 1}
        for i in range(9)
    ]
    rows.write_text("".join(json.dumps(row) + "\n" for row in labelled))
    words = ["bench", "steps", str(rows), "--checkers", "judge", "rules+judge", "--json", str(out)]
    words += ["--judge.url", judge, "--judge.form", "critic", "--judge.votes", "3"]
    words += ["--judge.temperature", "1", "--judge.logprobs", "true"]
    assert main(words) == 0
    first, before = json.loads(out.read_text()), ended(judge)
    found = {result["checker"]: result["solutions"] for result in first["results"]}
    assert set(found) == {"judge", "rules+judge"}
    steps = [step for row in found["judge"] for step in row["steps"]]
    assert {"verified", "incorrect"} <= {step["label"] for step in steps}
    capsys.readouterr()
    assert main(words) == 0
    assert ended(judge) == before
    assert "0 requests (27 replies known from before)" in capsys.readouterr().out
    again = json.loads(out.read_text())
    assert [r["solutions"] for r in again["results"]] == [r["solutions"] for r in first["results"]]


def test_a_killed_verify_asks_nothing_twice(judge: str, tmp_path: Path) -> None:
    words = ["verify", *written(tmp_path, solutions(COUNT)), "--steps", "rules", "judge"]
    words += ["--judge.votes", str(VOTES), "--judge.temperature", "1", "--judge.concurrency", "1"]
    words += ["--judge.url", judge]
    out = tmp_path / "V.jsonl"
    asked = killed_and_started_again(words, judge, tmp_path / "V.jsonl.judge", out.exists)
    assert asked == COUNT * VOTES
    verdicts = read_records(out, Verdict)
    assert [verdict.index for verdict in verdicts] == [*range(COUNT)]
    kinds = {step.evidence.kind for v in verdicts for step in v.steps if step.evidence}
    assert "judge" in kinds


def test_a_killed_run_asks_nothing_twice(judge: str, tmp_path: Path) -> None:
    recipe, run = tmp_path / "judged.toml", tmp_path / "runs" / "judged"
    recipe.write_text(RECIPE.replace("URL", judge))
    words = ["run", str(recipe), "--output", str(tmp_path / "runs")]
    done = run / "report.html"
    killed_and_started_again(words, judge, run / "judge.sqlite", done.exists)
    with Store.open(run, read_only=True) as store:
        verdicts = [verdict for _, _, verdict in store.verified("train/1")]
        assert store.metrics("train")
    assert len(verdicts) == 60 * 4
    assert all("replies call it right" in verdict.reason for verdict in verdicts)


def killed_and_started_again(
    words: list[str], url: str, replies: Path, done: Callable[[], bool]
) -> int:
    """Kill a command while it asks, one request at a time, and start it again; returns how many
    different questions were asked."""
    command, start = [sys.executable, "-m", "veritune", *words], ended(url)
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    while kept(replies) < 20:
        assert first.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert not done()
    before, stopped = kept(replies), settled(url)
    # What was under way as it was killed, it could not keep.
    assert before <= stopped - start <= before + 1
    second = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    asked, after = ended(url) - stopped, kept(replies)
    assert asked == after - before > 0
    (said,) = re.findall(r"judge: (\d+) requests", second.stdout)
    assert int(said) == asked
    return after


def kept(replies: Path) -> int:
    """How many replies are on the disk."""
    try:
        with closing(sqlite3.connect(f"{replies.as_uri()}?mode=ro", uri=True)) as db:
            (count,) = db.execute("SELECT count(*) FROM replies").fetchone()
    except sqlite3.OperationalError:  # not yet made
        return 0
    return int(count)


def ended(url: str) -> int:
    return sum(requests_ended(url).values())


def settled(url: str) -> int:
    """The number of requests that ended, once none is under way any more."""
    seen = -1
    while (now := ended(url)) != seen:
        seen = now
        time.sleep(1)
    return now
