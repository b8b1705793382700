"""Words that turn an answer into its opposite, such as left and right."""

from __future__ import annotations

import re

# Words of which one denies the other.
PAIRS = (
    "left right", "up down", "upward downward", "upwards downwards", "north south", "east west",
    "clockwise counterclockwise", "clockwise anticlockwise", "profit loss", "gain loss",
    "more less", "more fewer", "increase decrease", "increases decreases", "increased decreased",
    "increasing decreasing", "maximum minimum", "max min", "maximal minimal", "real complex",
    "real imaginary", "positive negative", "odd even", "above below", "before after",
    "heads tails", "horizontal vertical", "horizontally vertically", "convex concave",
    "converges diverges", "convergent divergent", "rational irrational", "first last",
    "parallel perpendicular", "inside outside", "warmer colder", "older younger", "faster slower",
    "higher lower", "longer shorter", "larger smaller", "greater smaller", "greater less",
    "win lose", "wins loses", "always never", "finite infinite", "linear nonlinear",
    "dependent independent", "acute obtuse", "interior exterior", "domain range",
    "necessary sufficient",
)  # fmt: skip
OPPOSITES: dict[str, set[str]] = {}
for _pair in PAIRS:
    _one, _other = _pair.split()
    OPPOSITES.setdefault(_one, set()).add(_other)
    OPPOSITES.setdefault(_other, set()).add(_one)
COMMAND = re.compile(r"\\(?!text|mathrm|mbox)[a-zA-Z]+")
WORD = re.compile(r"[a-z]{2,}")


def opposed(one: str, other: str) -> bool:
    """Whether one text says a word and the other its opposite instead."""
    left, right = _words(one), _words(other)
    if not left or not right:
        return False
    return any(
        OPPOSITES[word] & right and word not in right and not OPPOSITES[word] & left
        for word in left & OPPOSITES.keys()
    )


def _words(text: str) -> set[str]:
    return set(WORD.findall(COMMAND.sub(" ", text).lower()))
