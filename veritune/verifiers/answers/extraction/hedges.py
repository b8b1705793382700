# ruff: noqa: RUF001  (words in other scripts)
"""What takes a statement back, makes it depend on something, or puts it in another's mouth."""

from __future__ import annotations

import re

# Words of a remark behind a value that say that the value may be another one.
HEDGE = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|could|might|may\s+(?:be|also)|alternatively|unsure|not\s+sure|uncertain|"
    r"guess|should|instead|rather\s+it|doubt|suspect|i\s+(?:think|believe)|wrong|incorrect|mistaken?|"
    r"unless|depend(?:s|ing)|either|actually|wait|hmm+|oops|sorry|as\s+well|too|correct(?:ed|ion)?|"
    r"in\s+fact|give\s+or\s+take|so\s+(?:it|that|the\s+\w+)\s+is(?=\s+[$\\\d])|also\s+(?:works?|possible|valid|fits|satisf\w+|be|correct|acceptable)|"
    r"(?:another|other|second)\s+(?:answer|solution|option|value|possibility))\b",
    re.IGNORECASE,
)
# Words of a sentence whose value is denied, bounded or depends on something.
CONDITION = re.compile(
    r"\b(?:not|no|never|cannot|neither|nor|without|than|between|almost|nearly|if|when|unless|whether|"
    r"except|suppose|assum\w+|least|most|incorrect|wrong|but|up\s+to|minus|negative|plus)\b|n't\b|n\u2019t\b",
    re.IGNORECASE,
)
# Words of a sentence in which the only number is not itself the answer.
RELATIVE = re.compile(
    r"\b(?:half|twice|double|triple|times|about|around|roughly|approximately|other|different|"
    r"sum|product|difference|quotient|ratio|multiple|factors?|divisors?|digits?|square|root|power|"
    r"steps?|parts?|cases?|equation|method|let|let's|first|each|every|per|out|remaining|"
    r"given|because|since|need|find|calculate|compute|solve|start|begin)\b",
    re.IGNORECASE,
)
# Before a cue, in small letters (patterns that ignore the case take several times as long): the
# statement is supposed, denied, or somebody else's.
ATTRIBUTED = re.compile(
    r"\b(?:says|said|claim(?:s|ed)|thinks|thought|believe[sd]|guess(?:es|ed)|assum\w+|suppos\w+|if|whether|"
    r"unless|suggest(?:s|ed)|might|pretend|imagine|say|doubt|unlikely|tempt\w*|ask(?:s|ed)|determine|check|"
    r"verify|given\s+that|how\s+come)\b[^.!?\n]*$"
    r"|(?:\bnot|\bnever|n't|n\u2019t|\bcannot)(?:\s+\w+){0,4}\s*$"
    r"|\b(?:wrong|incorrect|false|previous|initial|old|another|alternative|other|intermediate|"
    r"partial|possible|sample|example|dummy|placeholder|trial)\s*$"
    r"|^\W*(?:prove|show)\s+that\s*$|\b(?:why|nobody|no|without|want)\b[^.,:;!?\n]*$"
    r"|(?:\w+(?:'s|\u2019s)|\b(?:his|her|their|whose|someone))(?:\s+\w+){0,2}\s*$"
)
# Behind a statement, in small letters: it is withdrawn, unless what follows confirms it or states
# another.
TAKEN_BACK = re.compile(
    r"\b(?:that|this|it|which|(?:the\s+)?(?:above|previous)(?:\s+answer)?|(?:my|this|that)\s+(?:answer|result))"
    r"(?:'s|\u2019s|\s+is|\s+was|\s+seems|\s+looks|\s+must\s+be|\s+can't\s+be|\s+cannot\s+be)\s+(?:\w+\s+)?"
    r"(?:wrong|incorrect|not\s+(?:right|correct)|a\s+mistake|an\s+error|mistaken|false|right|correct)\b"
    r"|\b(?:wait|oops|scratch\s+that|on\s+second\s+thought|correction(?=\s*:)|hold\s+on|strike\s+that|never\s*mind)\b"
    r"|\bi\s+(?:have\s+|'ve\s+|just\s+)?(?:made|make|see)\s+(?:a|an|my|another)\s+(?:\w+\s+)?(?:mistake|error)\b"
    r"|\blet\s+me\s+(?:re-?\s?(?:do|consider|think|calculate|compute|start|examine|evaluate)|try\s+again|start\s+over)"
    r"|(?:^|[.!?\n]\s*)(?:no\b\s*[,!.:]|no\s+wait|actually|hmm|sorry|i\s+mean|my\s+bad|my\s+mistake|"
    r"alternatively(?=[,:]?\s+(?:it|the\s+(?:\w+\s+)?(?:answer|value|result|solution)|[$\\\d(])|\W*$)|"
    r"not\b\s*[.!]|just\s+kidding|or\s+(?:maybe|perhaps|possibly|is\s+it|it|[$\\\d])|(?:it|this)\s+(?:could|might|may)\b)"
    r"|\b(?:this|that)(?:'s|\u2019s|\s+is)\s+(?:impossible|not\s+(?:it|the|what|possible|true|so|valid))\b"
    r"|\b(?:this|that|it|which)\s+(?:does\s+not|doesn't|cannot|can't|fails\s+to)\s+(?:satisfy|work|hold|fit|be\s+right|be\s+true)\b"
    r"|(?:^|[.!?\n]\s*)(?:now|then|next|finally)[, ]+(?:we\s+|i\s+)?"
    r"(?:add|subtract|multiply|divide|double)\b"
    r"|\bcontradict(?:s|ion)\b"
    r"|不对|错了|等等|不對|錯了"
)
# "which is right" behind an answer confirms it, though it has the words of a doubt.
SURE = re.compile(
    r"(?:'s|\u2019s|is|was|seems|looks|must\s+be)\s+(?:(?!not|never)\w+\s+)?(?:right|correct)\b",
    re.IGNORECASE,
)
# "not equal to \boxed{5}": a value that is named to be denied.
DENIED_BEFORE = re.compile(
    r"(?:\bnot|n't|n\u2019t|\bnever|\bcannot\s+be|\\neq?|\u2260|\brather\s+than|\binstead\s+of)"
    r"(?:\s+(?:equal\s+to|be|simply|just))?[\s$(*\\]{0,6}$",
    re.IGNORECASE,
)
# "\boxed{5} is a common mistake".
DENIED_BEHIND = re.compile(
    r"[\s$)*.\]\\}]{0,6}(?:is|was|would\s+be|isn't|can't\s+be|cannot\s+be)\b\s*"
    r"(?:(?:clearly|obviously|definitely)\s+)?(?:wrong|incorrect|not\s+(?:right|correct|an?|the|our|it|valid|possible)|"
    r"an?\s+(?:common|frequent|typical)\s+(?:mistake|error|trap)|"
    r"the\s+(?:wrong|incorrect)|impossible|invalid)\b"
    r"|[\s$)*.\]\\}]{0,6}(?:isn't|can't\s+be|cannot\s+be)\b",
    re.IGNORECASE,
)
# A question mark right behind a box.
ASKED = re.compile(r"[\s$)*\\\]]{0,6}\?")
# Words behind a value that make another one of it, or only one of several.
ALTERED = re.compile(
    r"\b(?:for\s+(?:odd|even|negative|positive|large|small|all\s+odd|all\s+even|most|some)\b"
    r"|with\s+(?:probability|chance)|squared\b|cubed\b|twice\b|doubled\b|halved\b|tripled\b|in\s+(?:tens|hundreds|thousands|millions)\b)",
    re.IGNORECASE,
)
# Words behind a comma with which a value continues, and not a remark on it.
ALTERS = re.compile(
    r"(?:plus|minus|times|multiplied|divided|doubled|halved|tripled|twice|give|then|assuming|supposing|provided|given|when|where|if|in|mod|"
    r"modulo|each|per|every|only|at|up|than|with|without|before|after|except|excluding|including|less|"
    r"more|counting|approximately|about|roughly|to|from|over)\b",
    re.IGNORECASE,
)
# As `HEDGE`, `CONDITION` and negations, in other languages.
FOREIGN_HEDGE = re.compile(
    r"不|没|沒|错|錯|但|以上|以下|以内|未満|大约|约|이상|이하|미만|초과|吗|嗎|呢|可能|大概|或|还是|還是|如果|假设|假如|若|ではな|ではあり|じゃな|または|たぶん|もし|でしょうか"
    r"|아니|아닙|또는|아마|만약|değil|veya|belki|नहीं|या|শকি|নয়|ไม่|หรือ"
    r"|\b(?:nicht|kein\w*|oder|vielleicht|wenn|falls|ob|no|o|quizás|tal\s+vez|si|ou|non|pas|peut-être|"
    r"n'est|não|se|talvez|forse|не|нет|или|если|может|возможно|niet|of|misschien|inte|ikke|eller|"
    r"nie|lub|albo|není|nebo|bukan|atau|mungkin|không|hoặc|jika|nếu|sio|au|labda|sau|nu)\b"
    r"|ليس|ليست|أو|לא|\bאו\b|نیست",
    re.IGNORECASE,
)
# Answers in words that replace a value stated before.
NO_VALUE = re.compile(
    r"(?:undefined|unknown|impossible|infinite|infinity|zero|none|no|not\s+\w+|does\s+not\s+exist|dne|it\s+depends|"
    r"cannot\s+be\s+determined|indeterminate|never|nothing|yes|true|false)\b",
    re.IGNORECASE,
)


LETTER = re.compile(r"[^\W\d_]")
# Characters behind a statement in which it may be taken back.
LONGEST_REST = 20_000


def attributed(before: str) -> bool:
    """Whether the sentence before a cue makes it no statement of the solution's own."""
    return ATTRIBUTED.search(before.lower()) is not None


def taken_back(rest: str) -> bool:
    """Whether the text behind the last statement withdraws it; the last word on it counts."""
    if not LETTER.search(rest):
        return False
    said = [match.group() for match in TAKEN_BACK.finditer(rest[:LONGEST_REST].lower())]
    return bool(said) and SURE.search(said[-1]) is None


def denied(text: str, start: int, end: int) -> bool:
    """Whether a box from `start` to `end` is said not to be the answer."""
    before = text[max(0, start - 40) : start]
    return bool(DENIED_BEFORE.search(before) or DENIED_BEHIND.match(text, end))
