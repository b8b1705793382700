"""Own verifiers by their Python path, alone and as parts, in processes of their own."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from veritune.config import VerifierConfig, VerifierPart
from veritune.errors import RecipeError
from veritune.records import Candidate, MathProblem, MathReference, Verdict
from veritune.verifiers import open_verifier

PROBLEM = MathProblem(id="p", prompt="1+1?", reference=MathReference(answer="2"))
OWN = """
import asyncio, os, time
from veritune.records import Verdict

def verify(problem, candidate, *, word: str = "2"):
    print("own code may print")
    return word in candidate.text

async def slowly(problem, candidate):
    await asyncio.sleep(0)
    return len(candidate.text) / 10

def raises(problem, candidate):
    return 1 / 0

def hangs(problem, candidate):
    while candidate.text == "hang":
        time.sleep(0.1)
    return True

def dies(problem, candidate):
    os._exit(3)

def odd(problem, candidate):
    return {"nan": float("nan"), "two": 2, "text": "yes", "none": None}[candidate.text]

def whole(problem, candidate):
    return Verdict(problem_id="x", index=9, outcome="failed", score=0.25, reason="a quarter")

def leaves(problem, candidate):
    raise SystemExit(0)

class Class:
    def __init__(self, path: str):
        self.path = path
    def open(self):
        self.seen = 0
    async def verify(self, problem, candidate):
        self.seen += 1
        return self.seen == int(candidate.text)
    def close(self):
        open(self.path, "w").write("closed")

def takes_one(problem):
    return True

text = "no function"
"""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "own.py"
    path.write_text(OWN)
    monkeypatch.chdir(tmp_path)
    return path


def verify(config: VerifierConfig, *texts: str) -> list[Verdict]:
    async def work() -> list[Verdict]:
        async with open_verifier(config) as verifier:
            found = []
            for index, text in enumerate(texts):
                candidate = Candidate(problem_id="p", index=index, text=text)
                found.append(await verifier.verify(PROBLEM, candidate))
            return found

    return asyncio.run(work())


def named(name: str, **options: str) -> VerifierConfig:
    return VerifierConfig(type=f"own.py:{name}", options=options, workers=1, wall_seconds=2)


def outcomes(config: VerifierConfig, *texts: str) -> list[tuple[str, float | None]]:
    return [(verdict.outcome, verdict.score) for verdict in verify(config, *texts)]


def test_what_results_mean() -> None:
    assert outcomes(named("verify"), "2", "3") == [("passed", 1.0), ("failed", 0.0)]
    assert outcomes(named("verify", word="x"), "x") == [("passed", 1.0)]
    assert outcomes(named("slowly"), "12345", "1234") == [("passed", 0.5), ("failed", 0.4)]
    [verdict] = verify(named("whole"), "a")
    assert (verdict.problem_id, verdict.index, verdict.score) == ("p", 0, 0.25)


def test_a_class_is_opened_once_and_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    config = named("Class", path=str(closed))
    assert [outcome for outcome, _ in outcomes(config, "1", "2")] == ["passed", "passed"]
    assert closed.read_text() == "closed"


def test_what_raises_is_an_error_and_the_next_is_verified() -> None:
    [verdict] = verify(named("raises"), "a")
    assert (verdict.outcome, verdict.score) == ("error", None)
    assert verdict.reason == "verifier error: ZeroDivisionError: division by zero (own.py, line 14)"
    assert [o for o, _ in outcomes(named("odd"), "nan", "two", "text", "none")] == ["error"] * 4
    assert outcomes(named("leaves"), "a") == [("error", None)]
    [lost] = verify(named("dies"), "a")
    assert lost.outcome == "error" and "has ended, 3 times" in lost.reason


def test_a_time_limit_costs_only_its_candidate() -> None:
    hung, next_one = verify(named("hangs"), "hang", "fine")
    assert (hung.outcome, hung.reason) == ("error", "verifier error: took more than 2 s")
    assert next_one.outcome == "passed"


@pytest.mark.parametrize(
    ("type", "options", "message"),
    [
        ("own.py:absent", {}, "own.py has no absent; it has"),
        ("nowhere_at_all:verify", {}, "no module 'nowhere_at_all'"),
        ("gone.py:verify", {}, "no such file"),
        ("own.py:text", {}, "text is no function or class"),
        ("own.py:takes_one", {}, r"takes \(problem\), expected \(problem, candidate"),
        (
            "own.py:verify",
            {"wrd": "a"},
            r"verifier.options.wrd: .*no such option; it has word",
        ),
        ("own.py:Class", {}, r"verifier.options.path: missing"),
        ("broken.py:verify", {}, r"cannot be imported \(NameError"),
    ],
)
def test_wrong_paths_are_one_line(
    tmp_path: Path, type: str, options: dict[str, str], message: str
) -> None:
    (tmp_path / "broken.py").write_text("undefined\n")
    with pytest.raises(RecipeError, match=message) as caught:
        verify(VerifierConfig(type=type, options=options), "a")
    assert "\n" not in str(caught.value)


def parts(combine: str, *types: str) -> VerifierConfig:
    made = tuple(VerifierPart(type=one, weight=at + 1.0) for at, one in enumerate(types))
    return VerifierConfig(parts=made, combine=combine, workers=1)  # type: ignore[arg-type]


def test_parts_decide_together() -> None:
    own, rules = "own.py:verify", "rules"
    box = "\\boxed{2}"
    assert outcomes(parts("weighted", rules, own), box, "2", "3") == [
        ("passed", 1.0),
        ("passed", pytest.approx(2 / 3)),
        ("failed", 0.0),
    ]
    assert outcomes(parts("all", rules, own), box, "2") == [("passed", 1.0), ("failed", 0.0)]
    assert outcomes(parts("any", rules, own), "2", "3") == [("passed", 1.0), ("failed", 0.0)]
    [verdict] = verify(parts("weighted", rules, own), "2")
    assert [(part.name, part.outcome) for part in verdict.parts] == [
        ("rules", "failed"),
        ("own.py:verify", "passed"),
    ]
    assert Verdict.from_line(verdict.to_line()) == verdict


def test_an_error_counts_where_it_could_have_decided() -> None:
    own, bad = "own.py:verify", "own.py:raises"
    assert outcomes(parts("weighted", own, bad), "2") == [("error", None)]
    assert outcomes(parts("all", own, bad), "2", "3") == [("error", None), ("failed", 0.0)]
    assert outcomes(parts("any", own, bad), "2", "3") == [("passed", 1.0), ("error", None)]
    assert outcomes(parts("first", bad, own), "2", "3") == [("passed", 1.0), ("failed", 0.0)]


def test_shipped_rewards() -> None:
    form = "veritune.verifiers.rewards:answer_format"
    assert outcomes(VerifierConfig(type=form), "\\boxed{2}", "2") == [("passed", 1), ("failed", 0)]
    config = VerifierConfig(
        type="veritune.verifiers.rewards:length", options={"longest": 20, "soft": 10}
    )
    assert [s for _, s in outcomes(config, "x" * 10, "x" * 15, "x" * 30)] == [1, 0.5, 0]


def test_verify_command_uses_own_code_and_notices_that_it_changed(own: Path) -> None:
    Path("p.jsonl").write_text(PROBLEM.to_line() + "\n")
    Path("c.jsonl").write_text(Candidate(problem_id="p", index=0, text="2").to_line() + "\n")
    words = ["--problems", "p.jsonl", "--candidates", "c.jsonl", "--out", "v.jsonl"]
    command = [sys.executable, "-m", "veritune", "verify", *words, "--type", "own.py:verify"]

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *more], capture_output=True, text=True, env={**os.environ}, timeout=120
        )

    done = run("--options", "word", "2")
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stderr
    wrong = run("--options", "wrd", "2")
    assert wrong.returncode == 2 and wrong.stderr.count("\n") == 1
