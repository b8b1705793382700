"""One candidate, in pieces that a page shows as text and never as anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean

from veritune.records import (
    CallTests,
    Candidate,
    MathProblem,
    Problem,
    StdioTests,
    StepVerdict,
    TestVerdict,
    Verdict,
    VerifiedCandidate,
)
from veritune.report import cut, head, visible
from veritune.store import Browser
from veritune.store import Listed as ListedCandidate
from veritune.use import case_of, use_of
from veritune.viewer.credit import credit_json

Json = dict[str, object]
# Characters of a text that are sent; the page says what is left out.
LONGEST = 200_000
# The same of a value in a test, and of a test's output.
LONGEST_VALUE = 4_000


def candidate_json(browser: Browser, name: str, problem_id: str, index: int) -> Json:
    """One candidate with its problem, its verdict, and the others of the problem."""
    row, selected = browser.candidate(name, (problem_id, index))
    others = browser.of_problem(name.partition("/")[0], problem_id)
    return row_json(name, row, selected=selected) | {
        "age": age(name, row[1], browser.policies()),
        "credit": credit_json(browser, name, row[1]),
        "others": [other_json(other) for other in others],
    }


def row_json(name: str, row: VerifiedCandidate, *, selected: bool, longest: int = LONGEST) -> Json:
    """One candidate of a set with its problem and its verdict; `longest` characters of a text."""
    problem, candidate, verdict = row
    begin = max(0, candidate.answer_part().offset)
    return {
        "set": name,
        "id": problem.id,
        "problem": visible(problem.id),
        "head": visible(head(problem)),
        "index": candidate.index,
        "outcome": verdict.outcome,
        "score": verdict.score,
        "reason": shown(verdict.reason),
        "answer": None if verdict.answer is None else shown(verdict.answer),
        "expected": expected(problem),
        "solution": shown(problem.reference.solution or ""),
        "selected": selected,
        "finish_reason": candidate.finish_reason,
        "tokens": None if candidate.token_ids is None else len(candidate.token_ids),
        "logprob": fmean(candidate.logprobs) if candidate.logprobs else None,
        "policy": visible(candidate.policy or ""),
        "trust": verdict.trust,
        "seconds": verdict.seconds,
        "flags": [{"name": visible(f.name), "degree": f.degree} for f in verdict.flags],
        "parts": [
            {"name": visible(p.name), "outcome": p.outcome, "score": p.score}
            | {"reason": shown(p.reason)}
            for p in verdict.parts
        ],
        "use": use_json(verdict, candidate),
        "kind": problem.kind,
        "prompt": prompt_json(problem, candidate, longest),
        "thought": shown(candidate.text[:begin], longest),
        "text": segments(candidate, verdict, begin, longest),
        "left_out": max(0, len(candidate.text) - begin - longest),
        "steps": [step_json(step) for step in verdict.steps],
        "tests": [test_json(problem, at, test) for at, test in enumerate(verdict.tests)],
        "output": shown(verdict.output or ""),
    }


def age(name: str, candidate: Candidate, policies: Mapping[int, str]) -> Json | None:
    """After which round its policy was there, and how many rounds were trained since, before its
    own; None where the run's policies do not say."""
    part, _, number = name.partition("/")
    if part not in ("train", "hint", "test") or not number.isdigit():
        return None
    newest = int(number) - (part != "test")
    made = [at for at, name in policies.items() if name == candidate.policy and at <= newest]
    return {"made": max(made), "staleness": newest - max(made)} if made else None


def other_json(other: ListedCandidate) -> Json:
    """Another candidate of the same problem."""
    return {
        "set": other.set,
        "index": other.index,
        "outcome": other.outcome,
        "kind": other.kind,
        "steps": other.steps,
    }


def prompt_json(problem: Problem, candidate: Candidate, longest: int) -> list[Json]:
    """The messages as the model got them; a turn that was begun for it comes last."""
    prompt = problem.prompt
    turns = [{"role": "prompt", "content": prompt}] if isinstance(prompt, str) else prompt
    begun = [{"role": "begun for it", "content": candidate.prefill}] if candidate.prefill else []
    return [
        {"role": visible(turn["role"]), "content": shown(turn["content"], longest)}
        for turn in [*turns, *begun]
    ]


def segments(candidate: Candidate, verdict: Verdict, begin: int, longest: int) -> list[Json]:
    """The answer's text, cut at its steps; offsets are Python's, and none reaches the page."""
    steps = [
        replace(step, start=step.start - begin, end=step.end - begin)
        for step in verdict.steps
        if step.start >= begin
    ]
    places = {id(step): at for at, step in enumerate(steps, len(verdict.steps) - len(steps))}
    return [
        {"text": visible(piece.text)}
        | ({} if piece.step is None else {"step": places[id(piece.step)]})
        for piece in cut(candidate.text[begin : begin + longest], steps)
    ]


def step_json(step: StepVerdict) -> Json:
    """A step's label and what it rests on."""
    found = step.evidence
    return {
        "label": step.label,
        "reason": shown(step.reason),
        "score": step.score,
        "evidence": visible(f"{found.kind}, {found.checker}") if found else "",
    }


def test_json(problem: Problem, at: int, test: TestVerdict) -> Json:
    """One test, with what the candidate was given and what was expected of it."""
    return {
        "name": visible(test.name),
        "outcome": test.outcome,
        "reason": shown(test.reason),
        "visible": test.visible,
        "seconds": test.seconds,
        "output": shown(test.output or ""),
    } | given(problem, at)


def given(problem: Problem, at: int) -> Json:
    """The call or the input of a test, where the problem lists them one by one."""
    if isinstance(problem, MathProblem):
        return {}
    tests = problem.reference.tests
    if not isinstance(tests, CallTests | StdioTests) or at >= len(tests.cases):
        return {}
    case = tests.cases[at]
    if isinstance(tests, StdioTests):
        return {"input": shown(case.input), "expected": shown(case.output)}  # type: ignore[union-attr]
    args = [repr(value) for value in case.args]  # type: ignore[union-attr]
    args += [f"{name}={value!r}" for name, value in case.kwargs.items()]  # type: ignore[union-attr]
    call = f"{tests.entry_point}({', '.join(args)})"
    return {"call": shown(call), "expected": shown(repr(case.expected))}  # type: ignore[union-attr]


def expected(problem: Problem) -> str:
    """The known answer, of a problem that has one."""
    return shown(problem.reference.answer) if isinstance(problem, MathProblem) else ""


def use_json(verdict: Verdict, candidate: Candidate) -> Json:
    """What the verdict may teach, and why."""
    use = use_of(verdict, truncated=candidate.truncated)
    return {
        "case": case_of(verdict, truncated=candidate.truncated),
        "imitate": use.imitate,
        "reward": use.outcome,
        "why": use.why,
    }


def shown(text: str, most: int = LONGEST_VALUE) -> str:
    """A text for the page; what is too long says so."""
    if len(text) > most:
        return f"{visible(text[:most])}… ({len(text) - most} more characters)"
    return visible(text)
