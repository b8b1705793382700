"""Runs for the viewer, written through the real store, and the real server over them."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warm import Warm

from veritune.config import check_recipe
from veritune.files import write_text
from veritune.records import (
    CallCase,
    CallTests,
    Candidate,
    CodeProblem,
    CodeReference,
    Evidence,
    Flag,
    MathProblem,
    MathReference,
    PartVerdict,
    Problem,
    StepVerdict,
    TestVerdict,
    Verdict,
)
from veritune.store import RunFolder, Store, to_toml

RULES = Evidence(kind="arithmetic", checker="rules")
TEXT = "<think>Say 2.</think>1 + 1 = 3\nso 3 🧮 - 1 = 2\nThe answer is \\boxed{2}."


def math_problem(i: int) -> Problem:
    return MathProblem(id=f"sum-{i}", prompt="1 + 1?", reference=MathReference(answer="2"))


def code_problem(i: int) -> Problem:
    cases = (CallCase(args=[3], expected=4), CallCase(args=[-1], kwargs={"y": 2}, expected=0))
    tests = CallTests(entry_point="f", cases=cases)
    prompt = [{"role": "user", "content": "Add one."}]
    return CodeProblem(id=f"add-{i}", prompt=prompt, reference=CodeReference(tests=tests))  # type: ignore[arg-type]


def solved_math(problem: str, index: int, *, passed: bool) -> tuple[Candidate, Verdict]:
    """A right answer behind a wrong step, with a character that JavaScript counts as two."""
    begin = TEXT.index("1 +")
    ends = [TEXT.index("\n") + 1, TEXT.index("The")]
    labels = ("incorrect", "verified")
    steps = tuple(
        StepVerdict(start=start, end=end, label=label, reason=f"{label}!", evidence=RULES)  # type: ignore[arg-type]
        for start, end, label in zip((begin, ends[0]), ends, labels, strict=True)
    )
    verdict = Verdict(
        problem_id=problem,
        index=index,
        outcome="passed" if passed else "failed",
        score=float(passed),
        reason="2 is 2" if passed else "no answer found",
        answer="2" if passed else None,
        steps=steps,
    )
    return Candidate(problem_id=problem, index=index, text=TEXT, finish_reason="stop"), verdict


def solved_code(problem: str, index: int, *, passed: bool) -> tuple[Candidate, Verdict]:
    body = "x + 1" if passed else "x + 2"
    text = f"```python\ndef f(x, y=0):\n    return {body}\n```"
    bad = TestVerdict(name="case 2", outcome="wrong answer", reason="got 1, expected 0")
    good = TestVerdict(name="case 1", outcome="accepted", reason="")
    last = TestVerdict(name="case 2", outcome="accepted", reason="") if passed else bad
    verdict = Verdict(
        problem_id=problem,
        index=index,
        outcome="passed" if passed else "failed",
        score=float(passed),
        reason="" if passed else "case 2: wrong answer",
        tests=(good, last),
        flags=() if passed else (Flag(name="reads-tests", degree="suspicious"),),
    )
    return Candidate(problem_id=problem, index=index, text=text, finish_reason="length"), verdict


def error(problem: str, index: int) -> tuple[Candidate, Verdict]:
    reason = "verifier error: the sandbox went away"
    verdict = Verdict(problem_id=problem, index=index, outcome="error", score=None, reason=reason)
    return Candidate(problem_id=problem, index=index, text="?"), verdict


def evaluation(round: int, share: float) -> dict[str, float | int | str | None]:
    return {
        **{"phase": "evaluate", "round": round, "problems": 8, "candidates": 16, "k": 2},
        **{"pass_at_1": share, "pass_at_k": share, "answer_correct": 8, "trace_checked": 8},
        **{"trace_errors": 2, "trace_error": 0.25, "errors": 1, "unchecked": 0},
    }


def begun(home: Path, name: str, **more: object) -> Path:
    """A run's folder with its recipe and an empty journal."""
    recipe = check_recipe({"name": name, "output": str(home)} | more, "test")
    RunFolder(recipe.folder).make()
    with Store.open(recipe.folder) as store:
        store.begin({"config": to_toml(recipe)}, {})
        write_text(recipe.folder / "config.toml", to_toml(recipe))
    return recipe.folder


def small_run(home: Path, name: str = "small", **more: object) -> Path:
    """Two rounds over eight problems: half of them are solved only in the second."""
    folder = begun(home, name, **more)
    problems = [*map(math_problem, range(4)), *map(code_problem, range(4))]
    with Store.open(folder) as store:
        for round in range(2):
            store.add_problems("test", problems)
            for i, problem in enumerate(problems):
                made = solved_math if problem.kind == "math" else solved_code
                passed = i % 2 == 0 or round == 1
                for index, right in ((0, passed), (1, False)):
                    store.add_verified(f"test/{round}", [made(problem.id, index, passed=right)])
            store.put_metrics([evaluation(round, 0.25 * (round + 1))])
        store.add_verified("test/1", [error("sum-0", 2)])
        store.select("test/1", [("sum-0", 0)])
        rows = [{"round": 1, "phase": "train", "step": i, "loss": 1 / i} for i in range(1, 6)]
        store.put_metrics(rows)  # type: ignore[arg-type]
        # The first training was interrupted, and came to its end in a second process.
        for phase in (
            {"round": 1, "seconds": 4, "steps": 3, "tokens": 30},
            {"round": 1, "seconds": 2},
            {"round": 2, "seconds": 3},
        ):
            store.add_fact("phase", json.dumps(phase | {"phase": "train"}))
        machine = {"cpu": "A", "cores": 2, "gpus": ["G, 8 MiB"], "versions": {"torch": "2"}}
        store.add_fact("machine", json.dumps(machine))
    return folder


def hostile_run(home: Path, attempts: list[str]) -> Path:
    """A run in which every text that a run can hold is hostile, a problem for each attempt."""
    folder = begun(home, "hostile")
    with Store.open(folder) as store:
        store.add_fact("config", f'name = "{"".join(c for c in attempts[0] if c not in chr(34))}"')
        for at, text in enumerate(attempts):
            turns = [{"role": text, "content": text}]
            tests = CallTests(entry_point="f", cases=(CallCase(args=[text], expected=text),))
            reference = CodeReference(tests=tests, solution=text)
            problem = CodeProblem(id=f"{at} {text}", prompt=turns, reference=reference)  # type: ignore[arg-type]
            store.add_problems("test", [problem])
            for round in range(2):
                store.add_verified(f"test/{round}", [hostile(problem.id, text, round)])
        store.put_metrics([evaluation(0, 0.5)])
        store.add_fact("phase", json.dumps({"phase": attempts[1], "round": 1, "seconds": 1}))
        machine = {"cpu": attempts[1], "gpus": attempts, "versions": {attempts[1]: attempts[2]}}
        store.add_fact("machine", json.dumps(machine))
        rows = [{"round": 1, "phase": "train", "step": i, attempts[1]: float(i)} for i in (1, 2)]
        store.put_metrics(rows)  # type: ignore[arg-type]
    return folder


def hostile(problem: str, text: str, round: int) -> tuple[Candidate, Verdict]:
    evidence = Evidence(kind="judge", checker=text)
    whole = f"<think>{text}</think>{text}"
    begin = len(whole) - len(text)
    outcome = "error" if round else "failed"
    verdict = Verdict(
        problem_id=problem,
        index=0,
        outcome=outcome,  # type: ignore[arg-type]
        score=None if round else 0.0,
        reason=text,
        answer=text,
        output=text,
        tests=(TestVerdict(name=text, outcome="wrong answer", reason=text, output=text),),
        steps=(
            StepVerdict(
                start=begin, end=len(whole), label="incorrect", reason=text, evidence=evidence
            ),
        ),
        flags=(Flag(name=text, degree="cheat"),),
        parts=(PartVerdict(name=text, outcome="failed", score=0.0, reason=text),),
    )
    return Candidate(problem_id=problem, index=0, text=whole, prefill=text, policy=text), verdict


@contextmanager
def served(folder: Path, *words: str) -> Iterator[str]:
    """The address of `veritune view` over a folder or a file."""
    process = Warm("-m", "veritune", "view", folder, "--port", "0", *words)
    try:
        while "\n" not in process.printed() and process.poll() is None:
            time.sleep(0.02)
        line = process.printed().partition("\n")[0]
        assert line.startswith(f"{folder}: http"), process.said()
        yield line.split(": ", 1)[1].split(" ")[0]
    finally:
        process.send(signal.SIGTERM)
        process.wait()


def formula_run(home: Path, formulas: list[str], name: str = "formulas") -> Path:
    """A run of one math problem a formula, which stands in every text of it."""
    folder = begun(home, name)
    with Store.open(folder) as store:
        for at, text in enumerate(formulas):
            reference = MathReference(answer=text, solution=text)
            problem = MathProblem(id=f"formula-{at}", prompt=text, reference=reference)
            store.add_problems("test", [problem])
            step = StepVerdict(
                start=0, end=len(text), label="verified", reason=text, evidence=RULES
            )
            verdict = Verdict(
                problem_id=problem.id,
                index=0,
                outcome="passed",
                score=1.0,
                reason=text,
                answer=text,
                steps=(step,),
            )
            candidate = Candidate(problem_id=problem.id, index=0, text=text, finish_reason="stop")
            store.add_verified("test/0", [(candidate, verdict)])
    return folder
