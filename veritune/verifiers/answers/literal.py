"""The fast path: pairs of plain numbers, decided in microseconds without a worker.

Every pattern is linear, and digits are capped, so that nothing here can blow up.
"""

from __future__ import annotations

import re
from fractions import Fraction

LONGEST = 400

NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:(?:,|\{,\}|,?\\[!,;:] ?)\d{3})+|\d+)(?:\.\d*)?|[-+]?\.\d+")
FRACTION = re.compile(r"([-+]?)\\[dtc]?frac\{([-+]?\d+)\}\{([-+]?\d+)\}|([-+]?\d+)/(\d+)")
SHORT = re.compile(r"\\([dtc]?)frac(\d)(\d)")
WRAP = re.compile(r"^(?:\$+|\\\(|\\\[)\s*(.*?)\s*(?:\$+|\\\)|\\\])$", re.DOTALL)
NAME = re.compile(r"^[A-Za-z]\w*\s*=\s*")


def read_number(text: str) -> Fraction | None:
    """The value of a plain number, fraction or percentage; None where it is anything else."""
    if len(text) > LONGEST:
        return None
    text = text.strip().rstrip(".").strip()
    wrapped = WRAP.match(text)
    text = NAME.sub("", wrapped.group(1) if wrapped else text)
    text = text.removeprefix("\\$").removeprefix("$").strip()
    percent = text.endswith("%")
    text = text.removesuffix("%").removesuffix("\\").strip()
    value = _plain(text)
    return value / 100 if value is not None and percent else value


def _plain(text: str) -> Fraction | None:
    text = SHORT.sub(r"\\frac{\2}{\3}", text)
    if match := FRACTION.fullmatch(text):
        sign, top, bottom, up, down = match.groups()
        if int(bottom or down) == 0:
            return None
        value = Fraction(int(top or up), int(bottom or down))
        return -value if sign == "-" else value
    if NUMBER.fullmatch(text):
        return Fraction(re.sub(r"[^\d.+-]", "", text).rstrip(".") or "0")
    return None
