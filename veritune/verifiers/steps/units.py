"""Units that sit beside each other in word problems, and what one is in the other."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

_DIMENSIONS: dict[str, dict[str, int | Fraction]] = {
    "time": {
        "second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "day": 86400,
        "night": 86400, "week": 604800, "weekend": 302400, "weekday": 86400, "workweek": 432000,
    },
    "span": {
        "day": 1, "week": 7, "month": 30, "year": 365, "decade": 3650, "fortnight": 14,
        "february": 28, "weekend": 2,
    },
    "calendar": {"month": 1, "quarter": 3, "season": 3, "year": 12, "decade": 120, "century": 1200},
    "weeks": {"week": 1, "month": 4, "year": 52},
    "years": {"year": 1, "decade": 10, "century": 100},
    "money": {
        "cent": 1, "penny": 1, "pennie": 1, "nickel": 5, "dime": 10, "quarter": 25, "dollar": 100,
    },
    "length": {
        "inch": 1, "inche": 1, "foot": 12, "feet": 12, "ft": 12, "yard": 36, "mile": 63360,
    },
    "metres": {
        "mm": 1, "millimeter": 1, "cm": 10, "centimeter": 10, "meter": 1000, "metre": 1000,
        "km": 1000000, "kilometer": 1000000, "kilometre": 1000000,
    },
    "weight": {"ounce": 1, "oz": 1, "pound": 16, "lb": 16, "ton": 32000},
    "grams": {"mg": 1, "gram": 1000, "kg": 1000000, "kilogram": 1000000, "kilo": 1000000},
    "volume": {
        "teaspoon": 1, "tablespoon": 3, "ounce": 6, "oz": 6, "cup": 48, "pint": 96, "quart": 192,
        "gallon": 768,
    },
    "litres": {"ml": 1, "milliliter": 1, "liter": 1000, "litre": 1000},
    "count": {"pair": 2, "dozen": 12, "score": 20, "hundred": 100, "thousand": 1000, "gross": 144},
    "large": {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "k": 1000},
    "bits": {"kb": 1, "mb": 1024, "gb": 1024**2, "tb": 1024**3},
    "bytes": {"kb": 1, "mb": 1000, "gb": 10**6, "tb": 10**9},
}  # fmt: skip
# Dimensions whose quantities are put together of several units: 1 hour 15 minutes.
_COMPOUNDED = frozenset({"time", "span", "length", "metres", "weight", "grams", "money"})
# Those whose ratios may be squared, too: square metres.
_AREAS = ("length", "metres")
_OF_WORD: dict[str, list[str]] = {}
for _name, _sizes in _DIMENSIONS.items():
    for _word in _sizes:
        _OF_WORD.setdefault(_word, []).append(_name)


LARGE = frozenset({"hundred", "thousand", "million", "billion", "dozen", "dozens"})
# Ratios that are known as such; small ones could be anything.
_TELLING = frozenset({7, 12, 16, 24, 30, 36, 52, 60, 100, 365, 1000, 3600})


def unit_factors(words: Iterable[str], *, pairs_only: bool = False) -> set[Fraction]:
    """Ratios above 1 by which a value changes when one of these units becomes another.

    Any ratio of two units that are both named counts; where one is named, only the telling ratios
    to its neighbours, such as 60, unless `pairs_only`.
    """
    named: dict[str, set[str]] = {}
    for word in words:
        stem = word if word in _OF_WORD else word.removesuffix("s")
        for dimension in _OF_WORD.get(stem, ()):
            named.setdefault(dimension, set()).add(stem)
    if not named:
        return set()
    factors: set[Fraction] = set()
    for dimension, stems in named.items():
        sizes = _DIMENSIONS[dimension]
        for stem in stems:
            if dimension in ("count", "large"):
                factors |= set() if pairs_only else {Fraction(sizes[stem])}
                continue
            for other, size in sizes.items():
                ratio = Fraction(sizes[stem]) / Fraction(size)
                ratio = max(ratio, 1 / ratio)
                if other in stems or (ratio in _TELLING and not pairs_only):
                    factors |= {ratio, ratio * ratio} if dimension in _AREAS else {ratio}
    factors.discard(Fraction(1))
    return factors


def measures(word: str) -> bool:
    """Whether a word is a unit that quantities are put together of, as in 1 hour 15 minutes."""
    stem = word if word in _OF_WORD else word.removesuffix("s")
    return not _COMPOUNDED.isdisjoint(_OF_WORD.get(stem, ()))
