"""From the claims that rules checked in a step to the step's label and its evidence.

incorrect   a claim is wrong, or a word problem's number is impossible (-22 sheep, 26.25 people)
verified    the step is a derivation line: formulas and words that join them, nothing else, and
            every relation in it was proved from what the solution stated before
consistent  some claim was checked, and none is wrong
unchecked   no claim could be checked

A calculation that was recomputed inside prose is never enough for "verified": whether it was the
right one to make stands in the words, which no rule reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from veritune.algebra import table
from veritune.records import Evidence, StepLabel, StepVerdict
from veritune.verifiers.steps.annotations import ClaimLabel, Finding

ClaimKind = Literal["arithmetic", "derivation"]
# How it was checked, the result, and why.
Claim = tuple[ClaimKind, ClaimLabel, str]
_CHECKER = "rules"
_RELATION = re.compile(r"[<>≤≥≠≈≡=]|\\(?:[lg]eq?|neq?|approx|equiv|sim|in)\b")
_COMMAND = re.compile(r"\\(?:text|mathrm|textbf|mathbf)\b|\\[A-Za-z]+|\\.")
_WORD = re.compile(r"[^\W\d_]{2,}")
# Words of a derivation line that say nothing of their own.
_JOINING = table(
    "and or so thus hence therefore then this which that we get have gives obtain find yields "
    "means implies to simplifies becomes is if from it now also sin cos tan log ln exp sqrt align "
    "aligned begin end boxed frac"
)


def claims(kind: ClaimKind, findings: Iterable[Finding]) -> Iterable[Claim]:
    """Findings with how they were checked."""
    return ((kind, label, why) for label, why in findings)


def step_verdict(text: str, start: int, end: int, found: Iterable[Claim]) -> StepVerdict:
    """The verdict on the step between two offsets, from all claims that were found in it."""
    every = list(found)
    decided = next((claim for claim in every if claim[1] == "incorrect"), None)
    decided = decided or next((claim for claim in every if claim[1] == "correct"), None)
    label: StepLabel = "unchecked"
    reason = every[0][2] if every else "no claim that rules can check"
    if decided is None:
        return StepVerdict(start=start, end=end, label=label, reason=reason)
    kind, of_claim, reason = decided
    if of_claim == "incorrect":
        label = "incorrect"
    else:
        label = "verified" if _covers(text[start:end], every) else "consistent"
    evidence = Evidence(kind=kind, checker=_CHECKER)
    return StepVerdict(start=start, end=end, label=label, reason=reason, evidence=evidence)


def _covers(step: str, every: list[Claim]) -> bool:
    """Whether the claims are all that the step says, and each was proved."""
    if any(kind != "derivation" or label != "correct" for kind, label, _ in every):
        return False
    if len(_RELATION.findall(step)) != len(every):
        return False
    words = _WORD.findall(_COMMAND.sub(" ", step))
    return all(word.lower() in _JOINING for word in words)
