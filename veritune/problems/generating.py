"""Problems from the generators, in parts that share no prompt.

A prompt's hash says which part it belongs to, so that training, test and demonstration problems
are disjoint for every seed and every count, and the same seed draws the same problems.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from random import Random
from typing import Literal

from veritune.config import ProblemsConfig
from veritune.errors import InputError
from veritune.problems import chain, equations, functions
from veritune.records import Problem

Part = Literal["train", "test", "demonstrations"]
GENERATORS = ("chain", "equations", "functions")
_TENTHS: dict[Part, range] = {
    "train": range(0, 5),
    "test": range(5, 7),
    "demonstrations": range(7, 10),
}
_FRUITLESS = 10_000


def generate(
    config: ProblemsConfig, seed: int, part: Part, count: int
) -> list[tuple[Problem, str]]:
    """`count` distinct problems of a part, each with what the erring teacher writes for it."""
    rng = Random(f"{seed}:{config.source}:{part}")
    draws = _draws(config, rng, part)
    out: dict[str, tuple[Problem, str]] = {}
    fruitless = 0
    while len(out) < count and fruitless < _FRUITLESS:
        drawn = next(draws, None)
        if drawn is None:
            break
        problem = drawn[0]
        fruitless += 1
        if _belongs(str(problem.prompt), part) and problem.id not in out:
            out[problem.id] = drawn
            fruitless = 0
    if len(out) < count:
        raise InputError(
            f"problems: '{config.source}' has only {len(out)} distinct problems for "
            f"{part} here, and {count} are asked for; ask for fewer"
        )
    return list(out.values())


def _draws(config: ProblemsConfig, rng: Random, part: Part) -> Iterator[tuple[Problem, str]]:
    if config.source == "functions":
        yield from _functions(config, rng, part)
        return
    while True:
        if config.source == "chain":
            problem = chain.draw(config.chain, rng)
            yield problem, chain.teach(problem, config.chain, rng)
        else:
            problem = equations.draw(config.equations, rng)
            yield problem, equations.teach(problem, config.equations, rng)


def _functions(config: ProblemsConfig, rng: Random, part: Part) -> Iterator[tuple[Problem, str]]:
    """Each draw takes a family, then a template of it that is not used up, then an instance."""
    families = [
        [rng.sample(instances, len(instances)) for instances in templates]
        for family, templates in functions.every_function().items()
        if family in config.functions.families
    ]
    while families := [left for templates in families if (left := [t for t in templates if t])]:
        kind, parameters = rng.choice(rng.choice(families)).pop()
        if not _belongs(kind.prompt(parameters), part):
            continue
        problem = functions.problem_of((kind, parameters), config.functions)
        yield problem, functions.teach(problem, (kind, parameters), config.functions, rng)


def _belongs(prompt: str, part: Part) -> bool:
    tenth = int(hashlib.sha256(prompt.encode()).hexdigest()[:8], 16) % 10
    return tenth in _TENTHS[part]
