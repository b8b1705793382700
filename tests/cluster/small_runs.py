"""Small runs on Ray nodes of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from veritune.cluster import node_resources
from veritune.config import ClusterConfig, Recipe, SamplerConfig, VerifierConfig, check_recipe
from veritune.records import Checkpoint, Problem
from veritune.rounds import open_session
from veritune.store import Store

# Of bytes, Ray takes no less than 75 MB.
NODE = {
    "num_cpus": 1,
    "object_store_memory": 120 << 20,
    "resources": node_resources(["bubblewrap"]),
}


def tiny(output: Path, name: str, **change: Any) -> Recipe:
    values: dict[str, Any] = {
        "output": str(output),
        "name": name,
        "threads": 1,
        "model": {"scratch": {"layers": 1, "width": 32, "heads": 2, "max_length": 64}},
        "problems": {
            "source": "chain",
            "train": 12,
            "test": 4,
            "chain": {"steps": 1, "operators": "+", "largest_term": 19, "misconception": 0.0},
        },
        "warm_start": {"demonstrations": 60, "max_steps": 60, "learning_rate": 5e-3},
        "rounds": {"count": 2, "prompts": 6},
        "sampler": {"n": 4, "max_tokens": 8},
        "verifier": {"workers": 1},
        "selection": {"reward": "any"},
        "evaluation": {"n": 2, "k": 2},
    }
    return check_recipe(values | change, "test")


def contents(recipe: Recipe) -> list[tuple[object, ...]]:
    """Every candidate with its verdict, what was selected, and the policies of all rounds."""
    found: list[tuple[object, ...]] = []
    with Store.open(recipe.folder, read_only=True) as store:
        for name in store.names():
            for problem, candidate, verdict in store.verified(name):
                steps = [(step.label, step.reason) for step in verdict.steps]
                seen = (verdict.outcome, verdict.score, verdict.reason, verdict.answer, steps)
                found.append((name, problem.id, candidate, *seen))
            found += [(name, *key) for key in sorted(store.selected(name))]
        found += [(row["round"], row["policy"]) for row in store.evaluations()]
    return found


async def filled(
    store: Path,
    recipe: Recipe,
    policy: Checkpoint,
    problems: list[Problem],
    table: ClusterConfig | None,
    advance: Any,
) -> list[tuple[object, ...]]:
    sampler = SamplerConfig(max_tokens=100, max_num_seqs=16)
    verifier = VerifierConfig(workers=1)
    async with open_session(store, sampler=sampler, verifier=verifier, cluster=table) as session:
        await session.fill("train/1", problems, 8, policy, advance, round=1)
        rows = [(p.id, c.index, c.text, v.outcome) for p, c, v in session.store.verified("train/1")]
        return sorted(rows)
