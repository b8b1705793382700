"""A generative judge behind a real server: its lines are read, and nothing is guessed."""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from http_server import Handler, served

from veritune.cli import main
from veritune.config import JudgeConfig
from veritune.errors import RecipeError
from veritune.files import read_records, write_records
from veritune.records import Candidate, MathProblem, MathReference, Verdict
from veritune.verifiers.judge import GenerativeJudge

PROBLEM = MathProblem(id="p", prompt="1+1+1=?", reference=MathReference(answer="3"))


class Scripted(Handler):
    """Answers with the next of some replies, over and over, and remembers what it was asked."""

    replies: ClassVar[list[dict[str, Any]]]
    asked: ClassVar[list[dict[str, Any]]]
    most: ClassVar[int]
    lock: ClassVar[threading.Lock]

    def do_GET(self) -> None:
        self.answer({"data": [{"id": "reader", "owned_by": "vllm"}]})

    def do_POST(self) -> None:
        body = self.body()
        with self.lock:
            self.asked.append(body)
            number = len(self.asked)
        if number > self.most:
            return self.answer({"error": {"message": "no more"}}, 400)
        choice = self.replies[(number - 1) % len(self.replies)]
        usage = {"prompt_tokens": 100, "completion_tokens": 10}
        self.answer({"choices": [choice], "usage": usage})


def reply(text: str | None, reason: str = "stop", **more: Any) -> dict[str, Any]:
    return {"message": {"content": text}, "finish_reason": reason, **more}


Server = tuple[str, type[Scripted]]


@pytest.fixture
def server() -> Iterator[Server]:
    fresh = {"replies": [], "asked": [], "most": 10**9, "lock": threading.Lock()}
    with served(Scripted, **fresh) as (url, handler):
        yield f"{url}/v1", handler


def candidate(text: str, index: int = 0) -> Candidate:
    return Candidate(problem_id="p", index=index, text=text)


async def verdict_on(server: Server, text: str, *replies: Any, **options: Any) -> Verdict:
    server[1].replies[:] = replies
    config = JudgeConfig(url=server[0], **options)
    with closing(GenerativeJudge(config, first_delay=0.001)) as judge:
        return await judge.verify(PROBLEM, candidate(text))


async def test_its_lines_become_labels_and_what_is_missing_is_unchecked(server: Server) -> None:
    said = "Let me see.\nSTEP 1: correct\n**Step 2**: Incorrect.\nANSWER: incorrect"
    verdict = await verdict_on(server, "1+1=2\n2+1=4\nSo 4.", reply(said))
    assert [step.label for step in verdict.steps] == ["verified", "incorrect", "unchecked"]
    assert (verdict.outcome, verdict.score) == ("failed", 0.0)
    evidence = verdict.steps[0].evidence
    assert evidence is not None and (evidence.kind, evidence.checker) == ("judge", "reader")
    told = server[1].asked[-1]["messages"][0]["content"]
    assert "[2] 2+1=4" in told and "1+1+1=?" in told and "The right answer: 3" in told


async def test_the_critic_names_the_first_wrong_paragraph(server: Server) -> None:
    text = "1+1=2\n2+1=4\nSo 4."
    verdict = await verdict_on(server, text, reply(r"See \boxed{0}. No: \boxed{1}"), form="critic")
    assert [step.label for step in verdict.steps] == ["verified", "incorrect", "unchecked"]
    assert verdict.outcome == "failed"
    assert "<paragraph_1>\n2+1=4\n</paragraph_1>" in server[1].asked[-1]["messages"][0]["content"]
    verdict = await verdict_on(server, text, reply(r"\boxed{-1}"), form="critic")
    assert {step.label for step in verdict.steps} == {"verified"} and verdict.outcome == "passed"
    verdict = await verdict_on(server, text, reply(r"\boxed{3}"), form="critic")
    assert {step.label for step in verdict.steps} == {"unchecked"} and verdict.outcome == "error"


@pytest.mark.parametrize(
    "said",
    [
        reply("I would rather not."),
        reply(None),
        reply("<think>ANSWER: correct"),
        reply("ANSWER: correct", "length"),
    ],
)
async def test_a_reply_that_does_not_decide_is_an_error(
    server: Server, said: dict[str, Any]
) -> None:
    verdict = await verdict_on(server, "ANSWER: correct", said)
    assert (verdict.outcome, verdict.score) == ("error", None)


async def test_thinking_is_not_read(server: Server) -> None:
    said = reply("<think>STEP 1: incorrect\nANSWER: incorrect</think>\nANSWER: correct")
    verdict = await verdict_on(server, "3", said)
    assert verdict.outcome == "passed" and verdict.steps[0].label == "unchecked"


async def test_the_majority_of_votes_decides_and_scores(server: Server) -> None:
    replies = [reply(f"STEP 1: {w}\nANSWER: {w}") for w in ("correct", "incorrect", "correct")]
    options = {"votes": 3, "temperature": 0.7, "concurrency": 1}
    verdict = await verdict_on(server, "3", *replies, **options)
    assert verdict.outcome == "passed" and verdict.score == pytest.approx(2 / 3)
    assert verdict.steps[0].label == "verified"
    assert verdict.steps[0].score == pytest.approx(2 / 3)
    await verdict_on(server, "4", *replies, **options)
    assert len({body["seed"] for body in server[1].asked}) == 6
    with pytest.raises(ValueError, match="need a temperature"):
        JudgeConfig(votes=3)


def token(text: str, likely: dict[str, float] | None = None, **more: Any) -> dict[str, Any]:
    """A token as servers tell it, with the likeliest in its place."""
    top = [{"token": t, "logprob": math.log(p)} for t, p in (likely or {}).items()]
    own = math.log((likely or {}).get(text, 1.0))
    return {"token": text, "logprob": own, "top_logprobs": top, **more}


DECIDING = token(" correct", {" correct": 0.6, " incorrect": 0.2})


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        ("ANSWER: correct", [token("ANSWER"), token(":"), DECIDING]),
        # vLLM tells the end token, too, and thinking that it gives apart.
        (
            "ANSWER: correct",
            [
                *(token("ANSWER"), token(":"), token(" incorrect", {" incorrect": 0.9})),
                *(token("</think>"), token("ANSWER"), token(":"), DECIDING, token("<|im_end|>")),
            ],
        ),
        # A character in two tokens.
        (
            "√\nANSWER: correct",
            [
                token("\ufffd", bytes=[0xE2, 0x88]),
                token("\ufffd", bytes=[0x9A]),
                *(token("\nANSWER"), token(":"), DECIDING),
            ],
        ),
    ],
)
async def test_log_probabilities_are_the_score(
    server: Server, content: str, tokens: list[dict[str, Any]]
) -> None:
    said = reply(content, logprobs={"content": tokens})
    verdict = await verdict_on(server, "3", said, logprobs=True)
    assert verdict.score == pytest.approx(0.75)
    assert server[1].asked[-1]["logprobs"] is True


async def test_log_probabilities_of_another_text_are_no_score(server: Server) -> None:
    said = reply("ANSWER: correct", logprobs={"content": [token("ANSWER"), DECIDING]})
    assert (await verdict_on(server, "3", said, logprobs=True)).score == 1.0


async def test_given_spans_are_kept_and_the_reference_may_be_hidden(server: Server) -> None:
    server[1].replies[:] = [reply("STEP 1: correct\nSTEP 2: correct")]
    text = "1+1=2. 2+1=3.\n\nSo 3."
    with closing(GenerativeJudge(JudgeConfig(url=server[0], reference=False))) as judge:
        steps = await judge.check(PROBLEM, candidate(text), [(0, 7), (7, len(text))])
    assert [(step.start, step.end) for step in steps] == [(0, 7), (7, len(text))]
    assert "right answer" not in server[1].asked[-1]["messages"][0]["content"]


async def test_a_prompt_of_ones_own(server: Server, tmp_path: Path) -> None:
    own = tmp_path / "prompt.txt"
    own.write_text("Q {problem} {not_ours} S {steps}")
    await verdict_on(server, "see {problem}", reply("ANSWER: correct"), prompt=str(own))
    told = server[1].asked[-1]["messages"][0]["content"]
    assert told == "Q 1+1+1=? {not_ours} S [1] see {problem}"
    own.write_text("nothing of it")
    with pytest.raises(RecipeError, match=r"where \{problem\}"):
        GenerativeJudge(JudgeConfig(url=server[0], prompt=str(own)))


async def test_a_judge_that_is_not_there_is_an_error() -> None:
    config = JudgeConfig(url="http://127.0.0.1:9/v1", model="reader")
    said: list[str] = []
    with closing(GenerativeJudge(config, first_delay=0.001, say=said.append)) as judge:
        verdicts = await asyncio.gather(*(judge.verify(PROBLEM, candidate(t)) for t in "345"))
    assert all(v.outcome == "error" and "127.0.0.1" in v.reason for v in verdicts)
    # Once, and as the first attempt fails: not when all have.
    (line,) = said
    start = "judge: http://127.0.0.1:9/v1/chat/completions: cannot be used ("
    assert line.startswith(start) and line.endswith("refused); trying for 0 s more")


def written(folder: Path, count: int) -> list[str]:
    problems, candidates = str(folder / "P.jsonl"), str(folder / "C.jsonl")
    write_records(problems, [PROBLEM])
    write_records(candidates, [candidate(f"1+1=2\nSo {i}.", i) for i in range(count)])
    return ["--problems", problems, "--candidates", candidates, "--out", str(folder / "V.jsonl")]


def bench(server: Server, folder: Path) -> list[str]:
    rows = folder / "rows.jsonl"
    labelled = [
        {"id": str(i), "problem": "?", "steps": ["a", f"{i}"], "label": 0} for i in range(6)
    ]
    rows.write_text("".join(json.dumps(row) + "\n" for row in labelled))
    words = ["bench", "steps", str(rows), "--checkers", "judge", "rules+judge"]
    return [*words, "--judge.url", server[0], "--json", str(folder / "out.json")]


def verify(server: Server, folder: Path) -> list[str]:
    return ["verify", *written(folder, 6), "--type", "judge", "--judge.url", server[0]]


def verify_steps(server: Server, folder: Path) -> list[str]:
    words = ["verify", *written(folder, 6), "--steps", "rules", "judge"]
    return [*words, "--judge.url", server[0]]


@pytest.mark.parametrize("words", [verify, verify_steps, bench])
def test_nothing_is_asked_twice(
    words: Callable[[Server, Path], list[str]], server: Server, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """A server that refuses everything after three replies stands for a kill: what was answered is
    kept, and the second time only the rest is asked."""
    server[1].replies[:] = [reply("STEP 1: incorrect\nSTEP 2: correct\nANSWER: correct")]
    server[1].most = 3
    command = [*words(server, tmp_path), "--judge.concurrency", "1"]
    main(command)
    first = [json.dumps(body, sort_keys=True) for body in server[1].asked][:3]
    out = tmp_path / "V.jsonl"
    out.unlink(missing_ok=True)
    server[1].most, before = 10**9, len(server[1].asked)
    assert main(command) == 0
    second = [json.dumps(body, sort_keys=True) for body in server[1].asked[before:]]
    assert len(set(second)) == len(second) == 3 and not set(first) & set(second)
    assert "prompt and" in capsys.readouterr().out
    if out.exists():
        assert all(verdict.steps for verdict in read_records(out, Verdict))
