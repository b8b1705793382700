"""What a run has that was struck, beside one that nobody disturbed."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from veritune.store import Store

Keys = dict[tuple[str, str, int], tuple[str, str, float | None]]


def journal(folder: Path) -> tuple[Keys, object, int]:
    """Every candidate with its verdict, all that follows from them, and how many occur twice."""
    keys: Keys = {}
    count = 0
    with Store.open(folder, read_only=True) as store:
        for name in store.names():
            for problem, candidate, verdict in store.verified(name):
                keys[name, problem.id, candidate.index] = (
                    *(candidate.text, verdict.outcome),
                    verdict.score,
                )
                count += 1
        selected = {name: sorted(store.selected(name)) for name in store.names()}
        policies = [(row["round"], row["pass_at_1"], row["policy"]) for row in store.evaluations()]
    weights = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("checkpoints/*/model.safetensors"))
    }
    return keys, (selected, policies, weights), count - len(keys)


def differences(whole: Path, run: Path) -> Counter[str]:
    """How a run differs from the undisturbed one."""
    (keys, rest, _), (own, own_rest, twice) = journal(whole), journal(run)
    found = Counter(lost=len(keys.keys() - own.keys()), more=len(own.keys() - keys.keys()))
    found["twice"] = twice
    for key in keys.keys() & own.keys():
        found["texts changed"] += keys[key][0] != own[key][0]
        if keys[key][1:] != own[key][1:]:
            found["errors" if own[key][1] == "error" else "verdicts changed"] += 1
    found["selection or parameters"] = int(rest != own_rest)
    return found
