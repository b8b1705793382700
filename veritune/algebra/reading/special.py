"""Answers that are read as a whole: fixed phrases, choice letters, dates and times."""

from __future__ import annotations

import re

from veritune.algebra.trees.nodes import (
    Choice,
    Const,
    DateTime,
    Frac,
    NamedSet,
    Node,
    Num,
    Ratio,
    Text,
)

WRAPPED = re.compile(r"\\(?:text(?:bf|it|rm|normal)?|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")
# Texts that mean the same, with commas between them.
NONE = """
    no solution, no solutions, none, no real solution, no real solutions, empty set, the empty set,
    no such number exists, no solution exists, no values, no value, no real roots, null set,
    there are no solutions, there is no solution, no such value, no real number, no such number,
    no such numbers, no such integers, no such value exists, no such numbers exist,
    there are no such numbers, there is no such number"""
ALL = """
    all real numbers, all reals, all real, any real number, every real number, the real numbers,
    the set of all real numbers, set of all real numbers, real numbers, all numbers"""
MANY = """
    infinitely many, infinitely many solutions, infinite solutions, infinitely many values,
    an infinite number, infinite number of solutions"""
UNDEFINED = """
    does not exist, dne, undefined, not defined, limit does not exist, doesn't exist,
    the limit does not exist, indeterminate"""
MEANINGS: tuple[tuple[str, Node], ...] = (
    (NONE, NamedSet("empty")),
    (ALL, NamedSet("R")),
    ("all integers, any integer, every integer, integers", NamedSet("Z")),
    (MANY, Text(("infinitely", "many"))),
    ("infinity, infinite", Const("oo")),
    (UNDEFINED, Text(("undefined",))),
    ("impossible, not possible, it is impossible", Text(("impossible",))),
    *((word, Text((word,))) for word in ("yes", "no", "true", "false")),
)
PHRASES = {" ".join(one.split()): node for texts, node in MEANINGS for one in texts.split(",")}
# "there is no such n": the empty set.
NONE_SUCH = re.compile(r"(?:there (?:is|are) )?no such \$?\w{1,9}\$?(?: exists?)?", re.IGNORECASE)
LETTER = re.compile(r"\(?\s*([A-Ja-j])\s*\)")
OPTION = re.compile(r"(?:option|choice|answer)\s*:?\s*\(?([A-J])\)?", re.IGNORECASE)
# "3:45 p.m."; without its half of the day it may be a ratio, too.
CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?\s*(?:([ap])\.?\s?m\.?)?", re.IGNORECASE)
HOUR = re.compile(r"(\d{1,2})\s*([ap])\.?\s?m\.?", re.IGNORECASE)
WHOLE_HOUR = re.compile(r"(\d{1,2})(?::00)?\s*(o'clock|noon|midnight)", re.IGNORECASE)
# "3 to 2".
RATIO = re.compile(r"(\d{1,9}) to (\d{1,9})")
# "1 in 6".
CHANCE = re.compile(r"(\d{1,9}) (?:in|out of) (\d{1,9})")
# noon is 12 p.m., and midnight 12 a.m.
HALVES = {"noon": "p", "midnight": "a", "o'clock": ""}
MONTHS = "january february march april may june july august september october november december"
# Each by its first three letters or in full.
MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?\\.?" for name in MONTHS.split()) + "|sept\\.?"
# "4th of July 1776"; below, "July 4, 1776".
DAY_FIRST = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({MONTH})(?:,?\s+(\d{{4}}))?", re.I
)
MONTH_FIRST = re.compile(rf"({MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(\d{{4}}))?", re.I)
ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
# A number with its base, whatever digits it has.
BASED = re.compile(r"\(?([0-9A-Z]+)\)?_\s*\{?\(?(?:\\text\{)?\s*(?:base\s*)?(\w+)\)?\}{0,2}")
# "Yes, because ...": the answer is its first word.
EXPLAINED = re.compile(r"(yes|no|true|false)(?:\s?[,.;:]|\s-)\s(.+)", re.IGNORECASE)
# A reason with one of these may take the answer back.
DOUBTS = re.compile(
    r"\b(?:yes|no|not|true|false|or|but|maybe|unless)\b"
    r"|^(?:it\s+)?(?:if|only|sometimes|except|provided|depend(?:s|ing))\b",
    re.IGNORECASE,
)
DENIAL = re.compile(r"\b(?:not|no)\b", re.IGNORECASE)
# Characters; longer texts are no fixed phrase, unless a reason follows it.
LONGEST = 60
LONGEST_REASON = 400


def special(body: str) -> Node | None:
    """The answer where its whole text is one of the fixed forms."""
    if len(body) > LONGEST_REASON:
        return None
    plain = WRAPPED.sub(
        r"\1", body.replace("\\ ", " ").replace("\\,", " ").replace("\\!", "")
    ).strip("$ .{}")
    plain = " ".join(plain.split())
    if len(plain) > LONGEST:
        return _yes_or_no(plain)
    if NONE_SUCH.fullmatch(plain):
        return NamedSet("empty")
    found = PHRASES.get(plain.lower()) or _yes_or_no(plain)
    if found is not None:
        return found
    return _letter(plain) or _datetime(plain)


def _yes_or_no(plain: str) -> Node | None:
    """ "Yes, because ..." is yes, as long as the reason takes nothing back."""
    match = EXPLAINED.fullmatch(plain)
    if match is None:
        return None
    head, reason = match.group(1).lower(), match.group(2)
    if head in ("no", "false"):
        reason = DENIAL.sub("", reason, count=1)
    return None if DOUBTS.search(reason) else PHRASES[head]


def _letter(plain: str) -> Node | None:
    match = LETTER.fullmatch(plain) or OPTION.fullmatch(plain)
    if match and (plain[0] in "([" or match.re is OPTION):
        return Choice(match.group(1).upper())
    return None


def _datetime(plain: str) -> Node | None:
    if match := CLOCK.fullmatch(plain):
        hour, minute, second = (int(part or 0) for part in match.groups()[:3])
        if hour < 25 and minute < 60 and second < 60:
            return DateTime("time", (hour, minute, second), (match.group(4) or "").lower())
    if match := HOUR.fullmatch(plain):
        return DateTime("time", (int(match.group(1)), 0, 0), match.group(2).lower())
    if match := RATIO.fullmatch(plain):
        return Ratio((Num(int(match.group(1))), Num(int(match.group(2)))))
    if match := CHANCE.fullmatch(plain):
        return Frac(Num(int(match.group(1))), Num(int(match.group(2))))
    if match := WHOLE_HOUR.fullmatch(plain):
        return DateTime("time", (int(match.group(1)), 0, 0), HALVES[match.group(2).lower()])
    return _date(plain)


def _date(plain: str) -> Node | None:
    if match := ISO.fullmatch(plain):
        year, month, day = map(int, match.groups())
        return DateTime("date", (year, month, day))
    if match := DAY_FIRST.fullmatch(plain):
        return DateTime("date", (int(match[3] or 0), _month(match[2]), int(match[1])))
    if match := MONTH_FIRST.fullmatch(plain):
        return DateTime("date", (int(match[3] or 0), _month(match[1]), int(match[2])))
    return None


def _month(name: str) -> int:
    return 1 + [month[:3] for month in MONTHS.split()].index(name[:3].lower())
