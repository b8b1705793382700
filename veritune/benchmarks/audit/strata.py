"""Verdicts in groups that are alike: by outcome, by flags, and by the form of the reason."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from veritune.records import Verdict, VerifiedCandidate
from veritune.rounds import kind_of

Strata = dict[str, list[VerifiedCandidate]]
# Strata of an outcome: more of them would get a label or two each, which say nothing.
MOST = 6
WORST = ("cheat", "suspicious", "note")
# What a reason's form leaves out: figures, and what is quoted.
FIGURES = re.compile(r"'[^']*'|\"[^\"]*\"|[\d./]+")
# Characters of a form.
LONGEST = 40


def stratify(rows: Sequence[VerifiedCandidate]) -> Strata:
    """The rows with a score by stratum; the rarest of an outcome are put together."""
    found: Strata = defaultdict(list)
    kept = _frequent(Counter(name_of(verdict) for _, _, verdict in rows))
    for row in rows:
        verdict = row[2]
        # A verifier error accepts nothing and rejects nothing.
        if verdict.outcome != "error":
            name = name_of(verdict)
            found[name if name in kept else f"{verdict.outcome}: others"].append(row)
    return dict(sorted(found.items()))


def name_of(verdict: Verdict) -> str:
    """What verdicts of one stratum have in common."""
    worst = next((degree for degree in WORST if degree in verdict.degrees), None)
    flag = f", flag {worst}" if worst else ""
    kind = kind_of(verdict) if verdict.outcome == "failed" else _form(verdict.reason)
    return f"{verdict.outcome}: {kind}{flag}"


def _form(reason: str) -> str:
    """A reason without its figures: "equal: 0.5 against 1/2" is "equal"."""
    head = FIGURES.sub("", reason.partition(":")[0])
    return " ".join(head.split())[:LONGEST].strip() or "no reason"


def _frequent(counts: Counter[str]) -> set[str]:
    kept: set[str] = set()
    for outcome in ("passed", "failed"):
        names = Counter({n: c for n, c in counts.items() if n.startswith(f"{outcome}:")})
        kept.update(name for name, _ in names.most_common(MOST))
    return kept
