"""The words of English that announce a final answer, by their parts."""

from __future__ import annotations

import re

# Adjectives that make "answer" or "result" the final one.
QUALITY = (
    r"(?:final|correct|right|numerical|numeric|required|desired|exact|simplified|overall|complete|best|"
    r"actual|real|true|proper)"
)
# "An answer" may be any; one of these makes it the one.
DETERMINER = r"(?:the|our|my|your|its|this)"
# Alternatives of plain letters, without `IGNORECASE`: the search for the first is quick, then.
NOUN = re.compile(
    r"answers?\b|Answers?\b|ANSWERS?\b|ans\b|Ans\b|ANS\b|solutions?\b|Solutions?\b|SOLUTIONS?\b"
    r"|result\b|Result\b|RESULT\b|options?\b|Options?\b|OPTION\b|choices?\b|Choices?\b|CHOICE\b"
    r"|value\b|Value\b|VALUE\b"
)
# "to this problem", "that we are looking for".
PURPOSE = (
    r"(?:\s+(?:to|for|of)\s+(?:the|this|your|our|that)\s+(?:\w+\s+){0,2}?"
    r"(?:question|problem|puzzle|exercise|riddle|equation|task|system)"
    r"|\s+(?:that\s+)?(?:I|we|you)\s+(?:(?!not\b|never\b)\w+\s+){0,3}?"
    r"(?:get|got|found|find|seek|want|need|obtain(?:ed)?|for|at))?"
)
# What may stand between the noun and its verb: "(in dollars)", "rounded to two places".
MANNER = (
    r"(?:\s*\([^()\n]{1,40}\)|,\s+in\s[\w ]{1,30},|,\s+(?:therefore|then|thus|hence),"
    r"|\s+(?:therefore|then|thus|hence)(?=\s)|\s+(?:in|rounded)\s[\w ]{1,40}?)?"
)
# Each may be followed by an adverb: "is therefore".
VERB = (
    r"(?:(?:is|are|was|becomes|equals?)\b|(?:will|would|should|must|has\s+to|ought\s+to)\s+be\b"
    r"|(?:comes\s+out|turns\s+out|works\s+out|comes)\s+(?:to\s+be|to|as)\b)"
    r"(?:\s*,?\s*\b(?:therefore|thus|then|hence|indeed|simply|just|clearly|still|now|equal\s+to|"
    r"given\s+by|exactly)\b\s*,?)?"
)
COLON = r"[:=\uff1a]"
# Arrows and dashes that stand for the verb.
SIGN = r"(?:\u2192|\u21d2|->|=>|\\(?:to|implies|[Rr]ightarrow)\b|\s[-\u2013\u2014]\s)"
# Behind the noun: what makes it a statement.
SAYS = re.compile(
    rf"(?:\s+(?:set|choice))?{PURPOSE}{MANNER}[\s*_\"`]*(?:(?P<colon>{COLON})|{VERB}|{SIGN}|(?P<point>\.(?=\s))|(?P<of>\sof\s(?=\s?[*$\\\d])))",
    re.IGNORECASE,
)
# Before the noun: what makes it the final answer.
NAMED = re.compile(
    rf"\b(?:(?P<the>{DETERMINER})\s+)?(?P<quality>(?:{QUALITY}\s+){{0,2}}|end\s+)\Z", re.IGNORECASE
)
# Nothing but marks of a list, a quote or emphasis before the noun.
LINE_START = re.compile(r"[^\w\n]{0,8}(?:final\s+)?\Z", re.IGNORECASE)
# Characters before the noun; what makes it final stands right there.
LONGEST_BEFORE = 60
# A line that only says that the answer comes.
HEADING = re.compile(
    r"[ \t>#*_\\-]{0,10}(?:\d{1,2}[.)][ \t]*)?(?:the[ \t]+)?(?:(?:final|correct)[ \t]+)?answer"
    r"[ \t*_:\uff1a#]{0,10}",
    re.IGNORECASE,
)


def statement_behind(text: str, noun: re.Match[str]) -> tuple[int, int] | None:
    """Where a statement begins and where its value does, if a noun is part of one."""
    start, end = noun.span()
    if text[start - 1 : start].isalnum():
        return None
    line = text.rfind("\n", 0, start) + 1
    word = noun.group().lower().removesuffix("s") if len(noun.group()) > 3 else "ans"
    if word == "answer":
        stop = text.find("\n", end)
        if stop >= 0 and HEADING.fullmatch(text, line, stop):
            return line, stop
    says = SAYS.match(text, end)
    if says is None:
        return None
    opens = word in ("answer", "ans", "result") and LINE_START.fullmatch(text, line, start)
    if says["point"]:
        return (line, says.end()) if opens and word == "ans" else None
    if opens or (word == "answer" and says["colon"]):
        return start, says.end()
    named = NAMED.search(text, max(0, start - LONGEST_BEFORE), start)
    if named is None or not _final(word, named) or (says["of"] and not named["quality"]):
        return None
    return named.start(), says.end()


def _final(word: str, named: re.Match[str]) -> bool:
    """Whether what stands before a noun makes it the final answer, and not any result."""
    quality, the = bool(named["quality"]), named["the"] is not None
    return quality or (the and word in ("answer", "solution"))
