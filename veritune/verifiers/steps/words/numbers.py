"""Facts about whole numbers in words: `91 is prime`, `12 is divisible by 4`, `15 is odd`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isqrt

from veritune.verifiers.steps.annotations import Finding

# Whether a number is prime is found by division.
LARGEST = 10**9
_FACT = re.compile(
    r"(?<![\w.,$/*+^_})(-])(?<![-+*/^=] )(?P<number>\d{1,12})\$? (?:is|are) (?P<no>not |never )?"
    r"(?:also |indeed |clearly )?(?:an? )?(?:(?P<kind>prime|composite|even|odd|perfect square"
    r"|perfect cube)(?: numbers?)?(?=$|[.,;:)\n$]| (?:and|so|but|because|since|as|while|or)\b)"
    r"|(?P<over>divisible by|multiple of|factor of|divisor of) \$?(?P<other>\d{1,12})(?![\d.,]*\d)"
    r"(?!\s?[-+*/^!]|\$?\s?[-+*/^!]))",
    re.IGNORECASE,
)
_DIVIDES = re.compile(
    r"(?<![\w.,$/*+^-])(?P<number>\d{1,12})\$? (?P<no>does not )?divides? (?P<over>into )?"
    r"\$?(?P<other>\d{1,12})(?=$|[.,;:)\n$]| (?:and|so|but|because|since|evenly)\b)"
)
_ASKED = re.compile(
    r"\b(?:if|whether|when|suppose|assume|unless|check|test|see|verify|try|let|say|is it|which"
    r"|not|neither|nor|or|either|first|smallest|largest|every|each|any|remainder)\b",
    re.IGNORECASE,
)


_WORDS = (
    "prime", "composite", "even", "odd", "perfect", "divi", "multiple", "factor",
)  # fmt: skip
"""What every fact has one of."""


def number_facts(text: str, start: int, end: int) -> Iterator[tuple[int, int, Finding]]:
    """Every fact between two offsets that is asserted: where it stands, and a finding."""
    piece = text[start:end]
    if not any(word in piece for word in _WORDS):
        return
    for pattern in (_FACT, _DIVIDES):
        for match in pattern.finditer(text, start, end):
            before = re.split(r"[.;:\n]", text[max(start, match.start() - 80) : match.start()])[-1]
            if _ASKED.search(before) or text[match.end() :].lstrip()[:1] == "?":
                continue
            holds = _holds(match) != bool(match["no"])
            finding: Finding = ("correct" if holds else "incorrect"), match[0]
            yield *match.span(), finding


def _holds(match: re.Match[str]) -> bool:
    number, groups = int(match["number"]), match.groupdict()
    if groups.get("other"):
        other = int(groups["other"])
        above, below = (number, other) if _over(groups["over"]) else (other, number)
        return above == 0 if below == 0 else above % below == 0
    kind = groups["kind"].lower()
    if kind in ("even", "odd"):
        return (number % 2 == 0) == (kind == "even")
    if kind == "perfect square":
        return isqrt(number) ** 2 == number
    if kind == "perfect cube":
        return bool(round(number ** (1 / 3)) ** 3 == number)
    prime = is_prime(number)
    return prime if kind == "prime" else number > 1 and not prime


def _over(words: str | None) -> bool:
    """Whether the number named first is the one that is divided."""
    return (words or "").lower() in ("divisible by", "multiple of")


def is_prime(number: int) -> bool:
    """Whether a number up to `LARGEST` is prime; larger ones pass unless a small number divides."""
    most = isqrt(min(number, LARGEST))
    return number > 1 and all(number % divisor for divisor in range(2, most + 1))
