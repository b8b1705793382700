"""How own verifiers are called, and what their results mean.

A function `(problem, candidate, **options)`, sync or async, returns True or False, a score in
[0, 1], a `Verdict`, or None where it does not decide. A class is made with the options once a
process; it has a method `verify(problem, candidate)`, and may have `open()` and `close()`.
"""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, SupportsFloat, cast, get_args

from veritune.errors import RecipeError
from veritune.plugins import Options, check_call, fitted, load_plugin
from veritune.records import (
    Candidate,
    Evidence,
    Outcome,
    Problem,
    StepLabel,
    StepVerdict,
    Verdict,
)

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Own code, its options, and the score from which a candidate has passed or a step is right.

    `method` is what a class is asked by: `verify` for a verdict, `check` for labels of steps.
    """

    path: str
    options: Options
    pass_score: float
    key: str = "verifier.type"
    method: Literal["verify", "check"] = "verify"

    @property
    def takes(self) -> tuple[str, str]:
        """What it is called with."""
        return ("problem", "candidate" if self.method == "verify" else "steps")


def check_own(own: Own) -> Callable[..., object]:
    """The function or class; raises `RecipeError` where it cannot be called as it must be."""
    found: Callable[..., object] = load_plugin(own.path, own.key)
    if inspect.isclass(found):
        method = getattr(found, own.method, None)
        if not callable(method):
            raise RecipeError(f"{own.key}: {own.path!r}: the class has no method {own.method}")
        check_call(found, (), own.options, own.path, own.key)
        check_call(method, ("self", *own.takes), {}, own.path, own.key)
    else:
        check_call(found, own.takes, own.options, own.path, own.key)
    return found


class Opened:
    """Own code ready to be called, in one process."""

    def __init__(self, own: Own) -> None:
        found = check_own(own)
        self._own, options = own, fitted(found, own.options)
        self._object: object = None
        self._loop = asyncio.Runner()
        self._call: Callable[[Problem, Candidate | list[str]], object]
        if inspect.isclass(found):
            self._object = found(**options)
            self._finish(getattr(self._object, "open", lambda: None)())
            self._call = getattr(self._object, own.method)
        else:
            self._call = lambda problem, what: found(problem, what, **options)

    def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The verdict; what own code raises is raised. Of steps, those of the candidate's text."""
        if self._own.method == "check":
            spans = list(pairwise([0, *(candidate.step_ends or ())]))
            texts = [candidate.text[start:end].strip() for start, end in spans]
            labels = self._finish(self._call(problem, texts))
            return labelled(labels, spans, candidate, self._own)
        return verdict_of(
            self._finish(self._call(problem, candidate)), candidate, self._own.pass_score
        )

    def close(self) -> None:
        """Call the class's `close`."""
        self._finish(getattr(self._object, "close", lambda: None)())
        self._loop.close()

    def _finish(self, result: object) -> object:
        """What a coroutine returns; anything else as it is."""

        async def wait(result: Awaitable[object]) -> object:
            return await result

        return self._loop.run(wait(result)) if inspect.isawaitable(result) else result


def labelled(
    labels: object, spans: Sequence[tuple[int, int]], candidate: Candidate, own: Own
) -> Verdict:
    """A verdict that carries the labels of steps; raises `TypeError` or `ValueError` for what are
    none."""
    if not isinstance(labels, list | tuple):
        raise TypeError(f"returned {type(labels).__name__}; expected a list, a label a step")
    if len(labels) != len(spans):
        raise ValueError(f"returned {len(labels)} labels of {len(spans)} steps")
    steps = tuple(
        _step(label, span, candidate, own) for label, span in zip(labels, spans, strict=True)
    )
    return replace(verdict_of(True, candidate, own.pass_score), steps=steps)


def _step(label: object, span: tuple[int, int], candidate: Candidate, own: Own) -> StepVerdict:
    """One step by what own code says of it: True, False, a score, a label, or None."""
    start, end = span
    name = own.path.rpartition(":")[2]
    if label is None:
        return StepVerdict(start=start, end=end, label="unchecked", reason=f"{name}: None")
    if isinstance(label, str):
        if label not in get_args(StepLabel):
            raise ValueError(f"returned {label!r}; a label is one of {get_args(StepLabel)}")
        read, score = label, None
    else:
        verdict = verdict_of(label, candidate, own.pass_score)
        read, score = ("verified" if verdict.outcome == "passed" else "incorrect"), verdict.score
    return StepVerdict(
        start=start,
        end=end,
        label=cast(StepLabel, read),
        reason=f"{name}: {label}",
        score=score,
        evidence=Evidence(kind="own", checker=own.path),
    )


def verdict_of(result: object, candidate: Candidate, pass_score: float) -> Verdict:
    """What a result means; raises `TypeError` or `ValueError` for what means nothing."""
    if result is None:
        return error_verdict(candidate, "it does not decide (returned None)")
    if isinstance(result, Verdict):
        return replace(result, problem_id=candidate.problem_id, index=candidate.index)
    if type(result).__name__ in ("bool_", "bool"):
        score, reason = float(bool(result)), f"returned {bool(result)}"
    else:
        if isinstance(result, str) or not isinstance(result, SupportsFloat):
            raise TypeError(
                f"returned {type(result).__name__}; expected bool, a score in [0, 1] or a Verdict"
            )
        score = float(result)
        if math.isnan(score) or not 0 <= score <= 1:
            raise ValueError(f"returned {score}; a score is in [0, 1]")
        reason = f"score {score:g}"
    outcome: Outcome = "passed" if score >= pass_score else "failed"
    return Verdict(
        problem_id=candidate.problem_id,
        index=candidate.index,
        outcome=outcome,
        score=score,
        reason=reason,
    )


def error_verdict(candidate: Candidate, why: str) -> Verdict:
    """Own code failed, and not the candidate."""
    return Verdict(
        problem_id=candidate.problem_id,
        index=candidate.index,
        outcome="error",
        score=None,
        reason=f"verifier error: {why}"[:LONGEST_REASON],
    )
