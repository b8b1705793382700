"""Inputs for hidden tests: edge cases near the parameters first, then random ones."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from veritune.problems.datasets.functions.template import LETTERS, Parameters

# Inputs proposed for one function, of which a few become its tests.
POOL = 40


def propose(signature: str, parameters: Parameters, rng: Random) -> list[list[object]]:
    """Distinct argument lists for a signature of x, y (integers), s (string), a (list)."""
    numbers = [value for value in parameters.values() if isinstance(value, int)]
    letters = [value for value in parameters.values() if isinstance(value, str)]
    pool: Sequence[object]
    if signature == "s":
        pool = _strings(numbers, letters, rng)
    elif signature == "a":
        pool = _lists(numbers, rng)
    elif signature == "x":
        pool = _integers(numbers, rng)
    else:
        return [list(pair) for pair in _pairs(numbers, rng)]
    return [[value] for value in pool]


def _integers(numbers: list[int], rng: Random) -> list[int]:
    # Comparisons turn at a parameter: it, the one below and the one above.
    near = [n + offset for n in numbers for offset in (0, -1, 1)]
    negative = [-n for n in numbers]
    multiples = [a * b for a in numbers for b in numbers]
    edges = [0, 1, -1, *near, *negative, *multiples]
    return list(dict.fromkeys(edges + [rng.randint(-20, 30) for _ in range(POOL)]))[:POOL]


def _pairs(numbers: list[int], rng: Random) -> list[tuple[int, int]]:
    same = rng.randint(2, 9)
    edges = [(0, 0), (1, 0), (0, 1), (same, same), (-3, 5), (5, -3)]
    for n in numbers:
        edges += [(n, n), (n, 1), (-n, n)]
    for y in (0, 1, 2):  # where x plus n equals y times m
        edges += [(y * b - a, y) for a in numbers for b in numbers]
    edges += [(rng.randint(-9, 20), rng.randint(-9, 20)) for _ in range(POOL)]
    return list(dict.fromkeys(edges))[:POOL]


def _strings(numbers: list[int], letters: list[str], rng: Random) -> list[str]:
    mark = letters[0] if letters else "a"
    # Lengths around every parameter, and the mark in front, behind and in between.
    edges = ["", mark, mark * 2, f"x{mark}", f"{mark}y", f"{mark}b{mark}", "one two", " one  two "]
    for n in numbers:
        edges += [_word(rng, n), _word(rng, n + 1), mark * n, mark * (n + 1)]
        edges += [_word(rng, n - 1) + mark, mark + _word(rng, n - 1)]
    for other in letters[1:]:
        edges += [mark + other + mark, other + other]
    alphabet = [*LETTERS, *letters * 3, " "]
    drawn = ["".join(rng.choices(alphabet, k=rng.randint(2, 12))) for _ in range(POOL)]
    return list(dict.fromkeys(edges + drawn))[:POOL]


def _word(rng: Random, length: int) -> str:
    return "".join(rng.choices(LETTERS, k=length))


def _lists(numbers: list[int], rng: Random) -> list[list[int]]:
    edges: list[list[int]] = [[], [0], [-2, -1]]
    for n in numbers:
        edges += [[n], [n + 1, n, n - 1], [0, n * 2, n, n], [-n, n * 3]]
    for _ in range(POOL):
        values = [*range(-5, 15), *numbers * 3]
        edges.append([rng.choice(values) for _ in range(rng.randint(2, 11))])
    return [list(items) for items in dict.fromkeys(map(tuple, edges))][:POOL]
