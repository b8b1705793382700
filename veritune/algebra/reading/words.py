"""The words that mean something to mathematics, and how ordinary words are told from products."""

from __future__ import annotations

import itertools
import re

from veritune.algebra.tables import table

# In the languages that data sets have answers in.
CONNECTIVES = {"and": "and", "or": "or", "und": "and", "et": "and", "ou": "or", "oder": "or"}
# Words that open a remark on the domain; the remark does not change the answer.
DOMAIN = table("for where with with. on whenever")
# Words that open a condition, which does.
CONDITION = table("if when unless provided assuming given while otherwise except")
NEGATIONS = table(
    "not no never wrong incorrect false isn't aren't cannot can't neither nor none without "
    "impossible un non but"
)
FLUFF = table(
    "the a an is are was be equals equal to approximately about roughly exactly only around "
    "answer final result value values solution solutions so thus hence therefore total of in "
    "all nearly almost just it its that which there we have get exist as both "
    "definitely clearly simply indeed precisely also actually finally obviously then"
)
SILENT = frozenset(".,;:?'\"")
ARTICLES = frozenset(["the", "a", "an"])
# Short words that are never a product of variables.
COMMON_SHORT = table(
    "all any are but can day did few for get had has her him his how its let men met new nor "
    "not now odd off old one our out own red say see set she sum ten the too top two use via "
    "was way who why win yes yet you six nth boy cup dog cat car bus egg hat hen jar key lot "
    "map men pen pig ran sky son sun tie box end due per pct is of to we it no if"
)
NUMBER_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
# A number in words times one of these.
SCALES = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "dozen": 12,
}  # fmt: skip
# Ordinals that are a fraction's bottom: "two thirds".
PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4,
    "fourths": 4, "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7,
    "eighth": 8, "eighths": 8, "ninth": 9, "ninths": 9, "tenth": 10, "tenths": 10,
}  # fmt: skip
# Letters without any are variables or units, and no word.
VOWELS = re.compile(r"[aeiouyAEIOUY]")


def wordlike(text: str) -> bool:
    """Whether letters without a command are a word rather than a product of variables."""
    lower = text.lower()
    if text.isupper() and len(text) < 6:
        return False
    if len(text) < 3 or lower in COMMON_SHORT:
        return lower in COMMON_SHORT
    if not text.isascii():
        return True
    if len(text) == 3 or not VOWELS.search(text):
        return False
    codes = [ord(char) for char in lower]
    return any(right - left not in (0, 1) for left, right in itertools.pairwise(codes))


def stem(word: str) -> str:
    """A word without its plural ending."""
    word = word.lower().strip(".,;:!?'\"")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def content(words: list[str]) -> tuple[str, ...]:
    """The stems of the words that carry meaning; all of them where none seems to."""
    stems = [stem(word) or word for word in words]
    kept = [word for word in stems if word not in ARTICLES and word not in SILENT]
    return tuple(kept or stems)


def number_phrase(words: list[str]) -> tuple[int, int, int] | None:
    """(numerator, denominator, words used) of leading number words, such as "two thirds"."""
    total = current = used = 0
    for word in words:
        if word in NUMBER_WORDS:
            current += NUMBER_WORDS[word]
        elif (word in SCALES and word != "dozen") or (word == "dozen" and used <= 1):
            current = max(current, 1) * SCALES[word]
            if SCALES[word] > 100:
                total, current = total + current, 0
        elif word in PARTS and used == 1 and 0 < current < PARTS[word] + 20:
            return total + current, PARTS[word], used + 1
        elif word in ("half", "third", "quarter") and used == 0:
            return 1, PARTS[word], 1
        else:
            break
        used += 1
    return (total + current, 1, used) if used else None
