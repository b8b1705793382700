"""What a verdict may teach: the one rule that trainers, rankers and file commands all follow.

The first case of `RULES` that a candidate falls into decides. What the recipe asks for (an answer
that passed, steps that are right, the best scores) comes on top, and never loosens it.

    case          imitated   rejected in pairs   outcome    steps that count
    error         no         no                  unknown    none
    cheat         no         no                  0          incorrect
    suspicious    no         no                  score      verified, incorrect
    truncated     no         yes                 score      verified, incorrect
    lower trust   yes        yes                 score      verified, incorrect
    plain         yes        yes                 score      verified, incorrect

Nothing is paid for what nobody checked: a step that is "unchecked" counts in no case, and neither
does one that is "consistent", in which some of what it says was checked and no error was found. A
flag of degree "note" changes nothing.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Literal

from veritune.records import StepLabel, Verdict

Case = Literal["error", "cheat", "suspicious", "truncated", "lower trust", "plain"]
Counted = Literal["score", "zero", "unknown"]
DECIDED: frozenset[StepLabel] = frozenset({"verified", "incorrect"})
# Of a cheat's steps only an error is believed.
WRONG: frozenset[StepLabel] = frozenset({"incorrect"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of the table, and its reason."""

    imitate: bool
    reject: bool
    outcome: Counted
    steps: frozenset[StepLabel]
    why: str


RULES: dict[Case, Rule] = {
    "error": Rule(
        False,
        False,
        "unknown",
        frozenset(),
        "the verifier failed and not the candidate, so nothing is known of it",
    ),
    "cheat": Rule(
        False,
        False,
        "zero",
        WRONG,
        "it games the tests, so that it passed proves nothing; it is no plain wrong answer either",
    ),
    "suspicious": Rule(
        False,
        False,
        "score",
        DECIDED,
        "it may be a cheat: not worth copying, and not to be punished for a suspicion",
    ),
    # The limit on tokens is part of the task, so a policy gradient takes the verdict as it is; but
    # a text without its end would teach a model not to end.
    "truncated": Rule(
        False,
        True,
        "score",
        DECIDED,
        "it does not end by itself, and a model that copies it would not either",
    ),
    # Who lets candidate and tests share a process has asked for these verdicts; what could forge
    # them is what the flags look for.
    "lower trust": Rule(
        True, True, "score", DECIDED, "candidate and tests shared a process, as the recipe asked"
    ),
    "plain": Rule(True, True, "score", DECIDED, "the verdict can be taken at its word"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What may be learned of one candidate.

    `imitate`: it may be a positive example: fine-tuned on, or the chosen one of a pair. `reject`:
    it may be the rejected one of a pair. `outcome` is the reward and label of the whole solution,
    in [0, 1]; None: it carries no gradient and no label. `solved`: it counts as a right solution.
    `steps` are the labels of those steps that are paid and learned.
    """

    imitate: bool
    reject: bool
    outcome: float | None
    solved: bool
    steps: Set[StepLabel]
    why: str


def use_of(verdict: Verdict, *, truncated: bool = False) -> Use:
    """What may be learned of a candidate; `truncated`: it ended at the limit on its tokens."""
    rule = RULES[case_of(verdict, truncated=truncated)]
    outcomes = {"score": verdict.score, "zero": 0.0, "unknown": None}
    return Use(
        imitate=rule.imitate,
        reject=rule.reject,
        outcome=outcomes[rule.outcome],
        solved=rule.outcome == "score" and verdict.outcome == "passed",
        steps=rule.steps,
        why=rule.why,
    )


def case_of(verdict: Verdict, *, truncated: bool = False) -> Case:
    """The first case of the table that holds."""
    if verdict.outcome == "error":
        return "error"
    # The surest reason first: a cheat that is truncated is a cheat.
    if "cheat" in verdict.degrees:
        return "cheat"
    if "suspicious" in verdict.degrees:
        return "suspicious"
    if truncated:
        return "truncated"
    return "lower trust" if verdict.trust == "lower" else "plain"
