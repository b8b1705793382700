"""Problems from the generators, in parts that share no prompt.

A prompt's hash says which part it belongs to, so that training, test and demonstration problems
are disjoint for every seed and every count, and the same seed draws the same problems.
"""

from __future__ import annotations

import hashlib
from functools import partial
from random import Random
from typing import Literal

from veritune.config import ProblemsConfig
from veritune.errors import InputError
from veritune.problems.datasets import DATASETS, Generator
from veritune.problems.datasets.dataset import Taught

Part = Literal["train", "test", "demonstrations"]
GENERATORS = tuple(one.name for one in DATASETS.values() if isinstance(one.problems, Generator))
# Of all prompts, by their hash: half to train on, the rest for what must never overlap with it.
_TENTHS: dict[Part, range] = {
    "train": range(0, 5),
    "test": range(5, 7),
    "demonstrations": range(7, 10),
}
# Draws in a row without a new problem before a generator counts as exhausted.
_FRUITLESS = 10_000


def generate(config: ProblemsConfig, seed: int, part: Part, count: int) -> list[Taught]:
    """`count` distinct problems of a part, each with what the erring teacher writes for it."""
    generator = DATASETS[config.source].problems
    assert isinstance(generator, Generator)
    # A stream a part: more training problems do not change the test problems.
    rng = Random(f"{seed}:{config.source}:{part}")
    draws = generator.draws(config, rng, partial(_belongs, part))
    out: dict[str, Taught] = {}
    fruitless = 0
    while len(out) < count and fruitless < _FRUITLESS:
        drawn = next(draws, None)
        if drawn is None:
            break
        problem = drawn[0]
        fruitless += 1
        if _belongs(part, str(problem.prompt)) and problem.id not in out:
            out[problem.id] = drawn
            fruitless = 0
    if len(out) < count:
        raise InputError(
            f"problems: '{config.source}' has only {len(out)} distinct problems for "
            f"{part} here, and {count} are asked for; ask for fewer"
        )
    return list(out.values())


def _belongs(part: Part, prompt: str) -> bool:
    # Of the prompt alone: the part follows from neither seed nor count.
    tenth = int(hashlib.sha256(prompt.encode()).hexdigest()[:8], 16) % 10
    return tenth in _TENTHS[part]
