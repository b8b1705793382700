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
from typing import Literal

from veritune.algebra import table
from veritune.records import Evidence, StepLabel, StepVerdict
from veritune.verifiers.steps.annotations import Finding

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


def step_verdict(
    text: str, start: int, end: int, calculated: list[Finding], derived: list[Finding]
) -> StepVerdict:
    """The verdict on the step between two offsets, from the calculations that were checked in it
    and from the statements that were derived."""
    every = calculated + derived
    decided = next((finding for finding in every if finding[0] == "incorrect"), None)
    decided = decided or next((finding for finding in every if finding[0] == "correct"), None)
    if decided is None:
        reason = every[0][1] if every else "no claim that rules can check"
        return StepVerdict(start=start, end=end, label="unchecked", reason=reason)
    label: StepLabel = "incorrect"
    if decided[0] == "correct":
        whole = not calculated and _covers(text[start:end], derived)
        label = "verified" if whole else "consistent"
    kind: Literal["arithmetic", "derivation"]
    kind = "arithmetic" if decided in calculated else "derivation"
    evidence = Evidence(kind=kind, checker=_CHECKER)
    return StepVerdict(start=start, end=end, label=label, reason=decided[1], evidence=evidence)


def _covers(step: str, derived: list[Finding]) -> bool:
    """Whether the statements are all that the step says, and each was proved."""
    proved = all(label == "correct" for label, _ in derived)
    if not proved or len(_RELATION.findall(step)) != len(derived):
        return False
    words = _WORD.findall(_COMMAND.sub(" ", step))
    return all(word.lower() in _JOINING for word in words)
