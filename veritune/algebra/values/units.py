"""Units of measurement: what they are called, and how they convert.

A unit is (factor, dimension): the factor is exact, relative to the dimension's base unit.
"""

from __future__ import annotations

from fractions import Fraction

Dimensions = tuple[tuple[str, int], ...]
Unit = tuple[tuple[str, int], ...]

# Of SI; only units that take them have them.
PREFIXES = {
    "k": (3, "kilo"), "c": (-2, "centi"), "m": (-3, "milli"), "d": (-1, "deci"),
    "M": (6, "mega"), "G": (9, "giga"), "n": (-9, "nano"), "μ": (-6, "micro"), "h": (2, "hecto"),
}  # fmt: skip
SI: dict[str, tuple[str, dict[str, int], Fraction | int]] = {
    "m": ("meter metre", {"length": 1}, 1), "g": ("gram gramme", {"mass": 1}, Fraction(1, 1000)),
    "s": ("second", {"time": 1}, 1), "L": ("liter litre", {"length": 3}, Fraction(1, 1000)),
    "N": ("newton", {"mass": 1, "length": 1, "time": -2}, 1),
    "J": ("joule", {"mass": 1, "length": 2, "time": -2}, 1),
    "W": ("watt", {"mass": 1, "length": 2, "time": -3}, 1),
    "Pa": ("pascal", {"mass": 1, "length": -1, "time": -2}, 1),
    "Hz": ("hertz", {"time": -1}, 1), "V": ("volt", {"voltage": 1}, 1),
    "A": ("ampere amp", {"current": 1}, 1), "K": ("kelvin", {"temperature": 1}, 1),
    "mol": ("mole", {"amount": 1}, 1), "B": ("byte", {"data": 1}, 8),
    "cal": ("calorie", {"mass": 1, "length": 2, "time": -2}, Fraction(4184, 1000)),
    "Ω": ("ohm", {"resistance": 1}, 1), "C": ("coulomb", {"charge": 1}, 1),
}  # fmt: skip
# By definition, as the pound below: in metres, and in kilograms.
INCH = Fraction(254, 10000)
POUND = Fraction(45359237, 100000000)
OTHER: list[tuple[str, dict[str, int], Fraction | int]] = [
    ("in inch inche", {"length": 1}, INCH), ("ft foot feet", {"length": 1}, 12 * INCH),
    ("yd yard", {"length": 1}, 36 * INCH), ("mi mile", {"length": 1}, 63360 * INCH),
    ("nm_ nautical", {"length": 1}, 1852), ("acre", {"length": 2}, 43560 * (12 * INCH) ** 2),
    ("ha hectare", {"length": 2}, 10000), ("cc", {"length": 3}, Fraction(1, 10**6)),
    ("gal gallon", {"length": 3}, 231 * INCH**3),
    ("qt quart", {"length": 3}, Fraction(231, 4) * INCH**3),
    ("pt pint", {"length": 3}, Fraction(231, 8) * INCH**3),
    ("lb pound_mass", {"mass": 1}, POUND), ("oz ounce", {"mass": 1}, POUND / 16),
    ("ton tonne", {"mass": 1}, 1000),
    ("sec", {"time": 1}, 1), ("min minute", {"time": 1}, 60), ("h hr hour", {"time": 1}, 3600),
    ("d day", {"time": 1}, 86400), ("wk week", {"time": 1}, 604800),
    ("month", {"month": 1}, 1), ("yr year", {"month": 1}, 12), ("decade", {"month": 1}, 120),
    ("century centurie", {"month": 1}, 1200),
    ("mph", {"length": 1, "time": -1}, 63360 * INCH / 3600),
    ("kph kmh kmph", {"length": 1, "time": -1}, Fraction(1000, 3600)),
    ("bit", {"data": 1}, 1), ("rad radian", {"radian": 1}, 1), ("° degree deg", {"degree": 1}, 1),
    ("' arcminute", {"degree": 1}, Fraction(1, 60)),
    ("'' arcsecond", {"degree": 1}, Fraction(1, 3600)),
    ("°C celsius centigrade", {"celsius": 1}, 1), ("°F fahrenheit", {"fahrenheit": 1}, 1),
    ("%", {"percent": 1}, 1), ("‰ permille", {"percent": 1}, Fraction(1, 10)),
    ("$ USD dollar buck", {"dollar": 1}, 1),
    ("€ EUR euro", {"euro": 1}, 1), ("£ GBP sterling quid", {"sterling": 1}, 1),
    ("¥ RMB CNY yuan", {"yuan": 1}, 1), ("JPY yen", {"yen": 1}, 1),
    ("₹ INR Rs rupee", {"rupee": 1}, 1), ("Ft forint", {"forint": 1}, 1),
    ("peso", {"peso": 1}, 1), ("ruble rouble kopeck", {"ruble": 1}, 1),
    ("kWh", {"mass": 1, "length": 2, "time": -2}, 3600000),
    ("rpm", {"revolution": 1, "time": -1}, 1),
    ("bps", {"data": 1, "time": -1}, 1), ("kbps", {"data": 1, "time": -1}, 1000),
    ("Mbps", {"data": 1, "time": -1}, 10**6), ("Gbps", {"data": 1, "time": -1}, 10**9),
    ("KiB", {"data": 1}, 8 * 2**10), ("MiB", {"data": 1}, 8 * 2**20),
    ("GiB", {"data": 1}, 8 * 2**30),
    ("mmHg", {"mercury": 1}, 1), ("atm atmosphere", {"mass": 1, "length": -1, "time": -2}, 101325),
    ("fil. crown", {"crown": 1}, 1), ("unit", {"unit": 1}, 1),
]  # fmt: skip
HUNDREDTH = Fraction(1, 100)
# Symbols of more than one unit; the other side of a comparison tells which.
AMBIGUOUS: dict[str, list[tuple[str, dict[str, int], Fraction | int]]] = {
    "¢": [("¢", {"dollar": 1}, Fraction(1, 100)), ("¢", {"euro": 1}, Fraction(1, 100))],
    "pound": [("pound", {"mass": 1}, POUND), ("pound", {"sterling": 1}, 1)],
    "penny": [("penny", {"dollar": 1}, HUNDREDTH), ("penny", {"sterling": 1}, HUNDREDTH)],
}  # fmt: skip
SPELLINGS = {
    "cent": "¢", "cents": "¢", "pence": "penny", "pennies": "penny", "pounds": "pound",
    "lbs": "lb", "hrs": "h", "mins": "min", "secs": "sec", "inches": "in", "feet": "ft",
    "centuries": "century", "units": "unit", "degrees": "°", "元": "¥", "米": "m", "度": "°",
    "厘米": "cm", "千米": "km", "公里": "km", "平方米": "m", "小时": "h", "分钟": "min", "秒": "s",
    "l": "L", "ml": "mL", "KM": "km", "CM": "cm", "MM": "mm", "KG": "kg", "Kg": "kg", "Km": "km",
    "kilometer": "km", "sterling": "£", "kmh": "kph", "percent": "%",
    "pct": "%", "percentage": "%", "percents": "%", "degree": "°", "deg": "°", "radian": "rad",
    "radians": "rad",
}  # fmt: skip


def _build() -> dict[str, list[tuple[Fraction, dict[str, int]]]]:
    table: dict[str, list[tuple[Fraction, dict[str, int]]]] = {}
    for symbol, (names, dimension, factor) in SI.items():
        for name in [symbol, *names.split()]:
            table[name] = [(Fraction(factor), dimension)]
        for prefix, (power, word) in PREFIXES.items():
            scaled = [(Fraction(factor) * Fraction(10) ** power, dimension)]
            table.setdefault(prefix + symbol, scaled)
            for name in names.split():
                table.setdefault(word + name, scaled)
    for name in ("cd", "dm_", "hA", "nA", "mK", "cK", "dA", "hm_", "cA", "dB", "MA", "GA"):
        table.pop(name, None)
    for names, dimension, factor in OTHER:
        for name in names.split():
            table[name] = [(Fraction(factor), dimension)]
    for name, readings in AMBIGUOUS.items():
        table[name] = [(Fraction(factor), dimension) for _, dimension, factor in readings]
    return table


UNITS = _build()


def find_unit(word: str) -> str | None:
    """The table's name of a unit, from a symbol or a word in singular or plural."""
    if word in SPELLINGS:
        return SPELLINGS[word]
    if word in UNITS:
        return word
    lower = word.lower()
    if len(lower) > 2:
        for name in (lower, lower.removesuffix("s"), lower.removesuffix("es")):
            if name in SPELLINGS:
                return SPELLINGS[name]
            if name in UNITS and len(name) > 2:
                return name
    return None


def resolve(unit: Unit) -> list[tuple[Fraction, Dimensions]]:
    """What a unit may mean: a factor to base units, and the dimension."""
    readings: list[tuple[Fraction, dict[str, int]]] = [(Fraction(1), {})]
    for name, power in unit:
        meanings = UNITS.get(name) or [(Fraction(1), {name: 1})]
        grown = []
        for factor, dimension in readings:
            for scale, base in meanings:
                merged = dict(dimension)
                for axis, exponent in base.items():
                    merged[axis] = merged.get(axis, 0) + exponent * power
                grown.append((factor * scale**power, merged))
        readings = grown[:8]
    return [
        (factor, tuple(sorted((axis, n) for axis, n in merged.items() if n)))
        for factor, merged in readings
    ]
