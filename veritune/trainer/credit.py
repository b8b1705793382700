"""Credit: from a verdict to rewards at token positions.

The outcome's reward stands on the candidate's last token, the end token that it sampled; a step's
stands on the last token of the step. Let v_1 .. v_K be the values of the decided steps in order
(`correct` of the recipe where verified, or `incorrect`). Then step k earns

    sum    v_k                                   (Uesato et al. 2022, arXiv 2211.14275)
    delta  v_k - v_(k+1), and v_K at the last    (Gao et al. 2024, arXiv 2410.15115, equation 4)
    min    softmax(-v / T)_k * v_k               (PURE: Cheng et al. 2025, arXiv 2504.15275)
    all    min(v) at the last, nothing before it: every step, or nothing

so that what follows from step k on sums to all later values, to v_k itself, or about to the worst
value of the solution. In the min and all forms the answer is the last step: else one right step and
an end would be worth as much as a solution, and a policy finds that out. With `correct = 0` the sum
form is the clipped one of Gao et al., which cannot be raised by writing more steps. Lines of code
that a verdict blames are steps like any.

What counts is decided by `veritune.use`: an unchecked step earns nothing, nor does one that is only
consistent; a cheat earns nothing either, and a verdict "error" yields no credit at all: no
gradient. The limit on tokens is part of the task: a truncated candidate ends there, and earns what
its verdict says on its last token.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from veritune.config import CreditConfig
from veritune.errors import RecipeError
from veritune.plugins import fitted, load_plugin, what_went_wrong
from veritune.records import Verdict
from veritune.trainer.protocol import Rollout
from veritune.use import Use, use_of

# (position among the candidate's own tokens, reward).
Reward = tuple[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What one candidate of `length` tokens earned, and where."""

    length: int
    outcome: tuple[Reward, ...]
    steps: tuple[Reward, ...]

    def rewards(self) -> list[float]:
        """The reward of every token."""
        dense = [0.0] * self.length
        for position, value in (*self.outcome, *self.steps):
            dense[position] += value
        return dense


def own_credit(rollout: Rollout, ends: Sequence[int], config: CreditConfig) -> Credit | None:
    """As `assign_credit`, by the own code that `config.reward` names.

    Raises `RecipeError` where it raises or returns what is no reward.
    """
    if use_of(rollout.verdict).outcome is None or not ends:
        return None
    key, last = "trainer.credit.reward", len(ends) - 1
    function = load_plugin(config.reward, key)
    told = (rollout.problem, rollout.candidate, rollout.verdict)
    try:
        outcome, steps = _read(function(*told, **fitted(function, config.options)), ends)
    except Exception as error:
        raise RecipeError(f"{key}: {config.reward!r}: {what_went_wrong(error)}") from None
    whole: tuple[Reward, ...] = () if outcome is None else ((last, outcome),)
    return Credit(length=len(ends), outcome=whole, steps=steps)


def _read(result: object, ends: Sequence[int]) -> tuple[float | None, tuple[Reward, ...]]:
    """A reward for the end token, or rewards by characters."""
    if isinstance(result, list | tuple):
        last = len(ends) - 1
        return None, tuple(
            (min(bisect_left(ends, int(place)), last), _finite(value)) for place, value in result
        )
    return _finite(result), ()


def _finite(value: object) -> float:
    """A number; raises `TypeError` or `ValueError`."""
    if isinstance(value, str) or not hasattr(value, "__float__"):
        raise TypeError(f"returned {type(value).__name__}; expected a number or pairs")
    number = float(value)
    if not isfinite(number):
        raise ValueError(f"returned {number}; a reward is a finite number")
    return number


# That of a completion which nobody verified.
NO_CREDIT = Credit(length=0, outcome=(), steps=())


def assign_credit(verdict: Verdict, ends: Sequence[int], config: CreditConfig) -> Credit | None:
    """The credit of one candidate; None where it must carry no gradient.

    `ends` holds, for each of the candidate's own tokens, the character offset in its text where
    that token ends, as `token_ends` gives them.
    """
    use = use_of(verdict)
    if use.outcome is None or not ends:
        return None
    outcome: tuple[Reward, ...] = ()
    if config.outcome:
        # The end token is an action, too: to stop there is part of the answer.
        outcome = ((len(ends) - 1, config.outcome * use.outcome),)
    steps = _steps(verdict, use, ends, config) if config.process else ()
    return Credit(length=len(ends), outcome=outcome, steps=steps)


def _steps(
    verdict: Verdict, use: Use, ends: Sequence[int], config: CreditConfig
) -> tuple[Reward, ...]:
    last = len(ends) - 1
    marks = [
        (min(bisect_left(ends, step.end), last), step.label == "verified")
        # By their ends: delta compares each step with the next in the text.
        for step in sorted(verdict.steps, key=lambda step: step.end)
        if step.label in use.steps and step.end > step.start
    ]
    if config.form in ("min", "all"):
        # Else one right step and an end would earn as much as a solution.
        marks.append((last, use.solved))
    if not marks:
        return ()
    values = [config.correct if right else config.incorrect for _, right in marks]
    formed = form_rewards(values, config.form, config.min_temperature)
    return tuple(
        (position, config.process * value)
        for (position, _), value in zip(marks, formed, strict=True)
    )


def form_rewards(values: Sequence[float], form: str, temperature: float) -> list[float]:
    """Step values to step rewards in one of the forms above; `temperature` is the min form's."""
    v = np.asarray(values, np.float64)
    if form == "delta":
        v = v - np.append(v[1:], 0.0)
    elif form == "min":
        # Taken off the least value, so that no exponent is above 0.
        weights = np.exp((v.min() - v) / temperature)
        v = v * weights / weights.sum()
    elif form == "all":
        v = np.append(np.zeros(len(v) - 1), v.min())
    rewards: list[float] = v.tolist()
    return rewards
