"""What takes a statement back, makes it depend on something, or puts it in another's mouth."""

from __future__ import annotations

import re

HEDGE = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|could|might|may\s+(?:be|also)|alternatively|unsure|not\s+sure|uncertain|"
    r"guess|should|instead|rather\s+it|doubt|suspect|i\s+(?:think|believe)|wrong|incorrect|mistaken?|"
    r"unless|depend(?:s|ing)|either|actually|wait|hmm+|oops|sorry|as\s+well|too|correct(?:ed|ion)?|"
    r"also\s+(?:works?|possible|valid|fits|satisf\w+|be|correct|acceptable)|"
    r"(?:another|other|second)\s+(?:answer|solution|option|value|possibility))\b",
    re.IGNORECASE,
)
"""Words of a remark behind a value that say that the value may be another one."""
CONDITION = re.compile(
    r"\b(?:not|no|never|cannot|neither|nor|without|than|between|almost|nearly|if|when|unless|whether|"
    r"except|suppose|assum\w+|least|most|incorrect|wrong)\b|n't\b|n\u2019t\b",
    re.IGNORECASE,
)
"""Words of a sentence whose value is denied, bounded or depends on something."""
RELATIVE = re.compile(
    r"\b(?:half|twice|double|triple|times|about|around|roughly|approximately|other|different|"
    r"sum|product|difference|quotient|ratio|multiple|factors?|divisors?|digits?|square|root|power|"
    r"steps?|parts?|cases?|equation|method|let|let's|first|each|every|per|out|remaining|"
    r"given|because|since|need|find|calculate|compute|solve|start|begin)\b",
    re.IGNORECASE,
)
"""Words of a sentence in which the only number is not itself the answer."""
ATTRIBUTED = re.compile(
    r"\b(?:says|said|claim(?:s|ed)|thinks|thought|believe[sd]|guess(?:es|ed)|assum\w+|suppos\w+|if|whether|"
    r"unless|suggest(?:s|ed)|might|pretend|imagine|say|doubt|unlikely|tempt\w*|ask(?:s|ed)|determine|check|"
    r"verify|given\s+that|how\s+come)\b[^.!?\n]*$"
    r"|(?:\bnot|\bnever|n't|n\u2019t|\bcannot)(?:\s+\w+){0,4}\s*$"
    r"|\b(?:wrong|incorrect|false|previous|initial|old|student's|another|alternative|other|intermediate|"
    r"partial|possible|sample|example|dummy|placeholder|trial)\s*$",
    re.IGNORECASE,
)
"""Before a cue: the statement is supposed, denied, or somebody else's."""
TAKEN_BACK = re.compile(
    r"\b(?:that|this|it|which|(?:the\s+)?(?:above|previous)(?:\s+answer)?|(?:my|this|that)\s+(?:answer|result))"
    r"(?:'s|\u2019s|\s+is|\s+was|\s+seems|\s+looks|\s+must\s+be|\s+can't\s+be|\s+cannot\s+be)\s+(?:\w+\s+)?"
    r"(?:wrong|incorrect|not\s+(?:right|correct)|a\s+mistake|an\s+error|mistaken|false|right|correct)\b"
    r"|\b(?:wait|oops|scratch\s+that|on\s+second\s+thought|correction(?=\s*:)|hold\s+on|strike\s+that|never\s*mind)\b"
    r"|\bI\s+(?:have\s+|'ve\s+|just\s+)?(?:made|make|see)\s+(?:a|an|my|another)\s+(?:\w+\s+)?(?:mistake|error)\b"
    r"|\blet\s+me\s+(?:re-?\s?(?:do|consider|think|calculate|compute|start|examine|evaluate)|try\s+again|start\s+over)"
    r"|(?:^|[.!?\n]\s*)(?:no,|actually|hmm|sorry)"
    r"|不对|错了|等等|不對|錯了",
    re.IGNORECASE,
)
"""Behind a statement: it is withdrawn, unless what follows confirms it or states another."""
SURE = re.compile(
    r"(?:'s|\u2019s|is|was|seems|looks|be)\s+(?:\w+\s+)?(?:right|correct)\b", re.IGNORECASE
)
DENIED_BEFORE = re.compile(
    r"(?:\bnot|n't|n\u2019t|\bnever|\bcannot\s+be|\\neq?|\u2260|\brather\s+than|\binstead\s+of)"
    r"(?:\s+(?:equal\s+to|be|simply|just))?[\s$(*\\]{0,6}$",
    re.IGNORECASE,
)
DENIED_BEHIND = re.compile(
    r"[\s$)*.\]\\}]{0,6}(?:is|was|would\s+be|isn't|can't\s+be|cannot\s+be)\b\s*"
    r"(?:(?:clearly|obviously|definitely)\s+)?(?:wrong|incorrect|not\s+(?:right|correct|the|our|it|valid|possible)|"
    r"the\s+(?:wrong|incorrect)|impossible|invalid)\b"
    r"|[\s$)*.\]\\}]{0,6}(?:isn't|can't\s+be|cannot\s+be)\b",
    re.IGNORECASE,
)
ASKED = re.compile(r"[\s$)*\\\]]{0,6}\?")
"""A question mark right behind a box."""
NO_VALUE = re.compile(
    r"(?:undefined|unknown|impossible|infinite|infinity|zero|none|no\s+\w+|not\s+\w+|does\s+not\s+exist|dne|"
    r"cannot\s+be\s+determined|indeterminate|never|nothing|yes|true|false)\b",
    re.IGNORECASE,
)
"""Answers in words that replace a value stated before."""


def attributed(before: str) -> bool:
    """Whether the sentence before a cue makes it no statement of the solution's own."""
    return ATTRIBUTED.search(before) is not None


def taken_back(rest: str) -> bool:
    """Whether the text behind the last statement withdraws it; the last word on it counts."""
    last = None
    for match in TAKEN_BACK.finditer(rest):
        last = match
    return last is not None and SURE.search(last.group()) is None


def denied(text: str, start: int, end: int) -> bool:
    """Whether a box from `start` to `end` is said not to be the answer."""
    before = text[max(0, start - 40) : start]
    return bool(DENIED_BEFORE.search(before) or DENIED_BEHIND.match(text, end))
