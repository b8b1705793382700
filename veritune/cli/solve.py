"""`veritune solve MODEL "problem" [--n 16] [--answer 42]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from veritune.cli.arguments import Positional, parse
from veritune.cli.calls import solve
from veritune.cli.console import percent
from veritune.cli.options import OptionName
from veritune.config import Count, Frozen, PromptConfig, SamplerConfig, VerifierConfig
from veritune.report import visible, wilson
from veritune.rounds import SolvedProblem

# How a step is marked on a terminal, beside its label.
# Characters of a text that states no answer.
LONGEST_SHOWN = 2_000
MARKS = {"verified": "✓", "consistent": "~", "incorrect": "✗", "unchecked": " "}


class SolveArguments(Frozen):
    """Solve one math problem: many candidates, their answers compared and their steps checked."""

    model: Positional[str]
    """Hugging Face folder, PEFT adapter or hub name; for a server, the model's name there."""
    problem: Positional[str]
    """The problem."""
    answer: str | None = None
    """Its answer, where it is known: what candidates say is compared with it."""
    prompt: PromptConfig = PromptConfig()
    # Sixteen tell a habit from a slip: ten that agree are 39% to 82% of what the model would say.
    sampler: SamplerConfig = SamplerConfig(n=16)
    verifier: VerifierConfig = VerifierConfig()
    seed: Count = 0
    """Random seed: every random choice follows from it."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """What the model computes in."""
    as_json: Annotated[bool, OptionName("json")] = False
    """One JSON object instead of text."""


def main(argv: Sequence[str]) -> int:
    """Print what was found; 1 where there is no answer, or not the known one."""
    words = ["--sampler.n" if word == "--n" else word for word in argv]
    arguments = parse(SolveArguments, words, prog="veritune solve")
    found = solve(
        arguments.problem,
        arguments.model,
        answer=arguments.answer,
        prompt=arguments.prompt,
        sampler=arguments.sampler,
        verifier=arguments.verifier,
        seed=arguments.seed,
        dtype=arguments.dtype,
        say=lambda text: print(visible(text), file=sys.stderr),
    )
    print(json.dumps(to_json(found)) if arguments.as_json else "\n".join(lines(found)))
    return 0 if found.chosen and found.correct is not False else 1


def lines(found: SolvedProblem) -> Iterator[str]:
    """The result for a terminal; what a model wrote cannot steer it."""
    n = len(found.candidates)
    if found.chosen is None or found.best is None:
        yield f"no answer: none of {n} candidates states one"
        for candidate in found.candidates[:1]:
            yield "\nthe first of them:"
            yield from plain(candidate.text[:LONGEST_SHOWN])
            yield ""
        yield from left_open(found)
        return
    share = wilson(found.agreeing / n, n)
    yield f"answer: {visible(found.chosen.answer)}"
    if found.agreeing == 1:
        yield f"how sure: not at all, no two of {counted(n, 'candidate')} agree"
    else:
        yield (
            f"how sure: {found.agreeing} of {n} candidates agree (95% interval"
            f" {percent(share.low)} to {percent(share.high)})"
        )
    if found.correct is not None:
        expected = visible(found.problem.reference.answer)
        yield "the known answer: " + ("the same" if found.correct else f"{expected}: none has it")
    candidate, verdict = found.best
    yield f"\nsolution (candidate {candidate.index}):"
    at = 0
    for step in sorted(verdict.steps, key=lambda step: step.start):
        yield from plain(candidate.text[at : step.start])
        text = " ".join(visible(candidate.text[max(at, step.start) : step.end]).split())
        by = f"; {step.evidence.kind}, {step.evidence.checker}" if step.evidence else ""
        yield f"  {MARKS[step.label]} {text}"
        yield f"      {step.label}: {visible(' '.join(step.reason.split()))}{visible(by)}"
        at = max(at, step.end)
    yield from plain(candidate.text[at:])
    yield ""
    yield from left_open(found)


def plain(text: str) -> Iterator[str]:
    """Text between steps."""
    yield from (f"    {visible(line)}" for line in text.splitlines() if line.strip())


def left_open(found: SolvedProblem) -> Iterator[str]:
    """What was checked, and what was not."""
    others = [group for group in found.groups if group is not found.chosen]
    if others:
        said = ", ".join(f"{visible(one.answer)} ({len(one.members)})" for one in others[:5])
        yield f"other answers: {said}" + (" and more" if len(others) > 5 else "")
    checked, steps = checked_steps(found)
    yield f"checked: answers against each other{' and the known one' * (found.correct is not None)}"
    if steps:
        yield f"checked: {checked} of {counted(steps, 'step')} of the solution"
    open_ = [
        *(["whether the answer is right: none was given"] if found.correct is None else []),
        *(
            [f"{counted(steps - checked, 'step')} without a claim that rules read"]
            if steps > checked
            else []
        ),
        *(["the steps: none was found"] if found.chosen and not steps else []),
        *([f"{counted(found.silent, 'candidate')} without an answer"] if found.silent else []),
        *([f"{counted(found.truncated, 'candidate')} truncated"] if found.truncated else []),
        *([f"{counted(found.errors, 'candidate')} with a verifier error"] if found.errors else []),
    ]
    if open_:
        yield f"not checked: {'; '.join(open_)}"


def counted(count: int, noun: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def checked_steps(found: SolvedProblem) -> tuple[int, int]:
    """(checked, all) steps of the solution that is shown."""
    steps = found.best[1].steps if found.best else ()
    return sum(step.label != "unchecked" for step in steps), len(steps)


def to_json(found: SolvedProblem) -> dict[str, object]:
    """The same for a program."""
    n = len(found.candidates)
    share = wilson(found.agreeing / n, n)
    best = found.best
    return {
        "answer": found.chosen.answer if found.chosen else None,
        "correct": found.correct,
        "agree": found.agreeing,
        "of": n,
        "interval": [share.low, share.high],
        "answers": [{"answer": g.answer, "count": len(g.members)} for g in found.groups],
        "without_answer": found.silent,
        "truncated": found.truncated,
        "errors": found.errors,
        "solution": best[0].text if best else None,
        "index": best[0].index if best else None,
        "steps": [step.to_json() for step in best[1].steps] if best else [],
    }
