"""Where the time of a run went, and on what machine: facts that the rounds noted."""

from __future__ import annotations

import json

from veritune.report import visible
from veritune.store import Browser

Json = dict[str, object]
# Facts are few; more would be no run of ours.
MOST = 20_000


def times_json(browser: Browser) -> Json:
    """Seconds, candidates, steps and tokens of every phase and round, and the machines."""
    phases: dict[str, dict[int, dict[str, float]]] = {}
    for text in browser.facts("phase")[:MOST]:
        fact = json.loads(text)
        row = phases.setdefault(visible(str(fact["phase"])), {}).setdefault(int(fact["round"]), {})
        # A round that was interrupted has a row for each time that it came to the end.
        for name in ("seconds", "candidates", "steps", "tokens"):
            row[name] = row.get(name, 0) + float(fact.get(name, 0))
    return {
        "phases": [
            {"phase": phase, "rounds": [{"round": round} | row for round, row in rounds.items()]}
            for phase, rounds in phases.items()
        ],
        "machines": [_shown(json.loads(text)) for text in browser.facts("machine")[:MOST]],
    }


def _shown(machine: Json) -> list[tuple[str, str]]:
    """A machine's lines: what, and its value."""
    versions, gpus = machine.get("versions"), machine.get("gpus")
    known = versions if isinstance(versions, dict) else {}
    cards = gpus if isinstance(gpus, list) else []
    lines = [
        ("processor", f"{machine.get('cpu')}, {machine.get('cores')} cores"),
        ("memory", f"{machine.get('memory_gib')} GiB"),
        *[("GPU", str(card)) for card in cards],
        ("system", f"{machine.get('system')}, Python {machine.get('python')}"),
        ("versions", ", ".join(f"{name} {number}" for name, number in known.items())),
    ]
    return [(name, visible(value)) for name, value in lines]
