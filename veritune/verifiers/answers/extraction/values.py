"""What a statement's own words give as its value: "10, which is even" is 10."""

from __future__ import annotations

import re
from typing import NamedTuple

from veritune.verifiers.answers.extraction.boxes import Placed
from veritune.verifiers.answers.extraction.cues import COUNTER, ENDINGS, FOREIGN_REASON
from veritune.verifiers.answers.extraction.hedges import (
    ALTERED,
    ALTERS,
    CONDITION,
    HEDGE,
    NO_VALUE,
    RELATIVE,
)
from veritune.verifiers.answers.extraction.spans import (
    NUMBER,
    last_span,
    math_spans,
)

# Characters behind a cue that are read.
LONGEST = 4_000
# Where a value ends at the latest; a full stop behind an initial or in a number ends none.
SENTENCE = re.compile(
    r"(?<!\b[A-Z])\.(?=\s|$|\*|[^\x00-\u2fff])|\n|\u3002|\uff01|\uff1f|\u0964"
    r"|\s(?:I hope it is correct)|</"
)
NUMBER_WORDS = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    "sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    "hundred|thousand|million|half|dozen"
)
# A number or a formula opens the text.
STARTS = re.compile(
    r"[\s\"'*(\\]*(?:\$|\\[(\[]|[-+\u2212\u00b1\u2248=<>\u2264\u2265]?\s?[\d.\u20ac\u00a3\u00a5\u221a\u03c0\u221e\u00bd-\u00be]|\\[a-zA-Z{]"
    r"|[\[{(]|[a-zA-Z](?:_\w|\([a-z]\))?\s*(?:=|<|>|\\[lgni]e|[\u2264\u2265\u2208^+*/-])"
    rf"|(?:{NUMBER_WORDS})\b(?!\s+of\b))",
    re.IGNORECASE,
)
# A letter of a multiple choice opens the text; the word before it may be in lower case only.
OPTION = re.compile(
    r"[\s\"'*]*(?:(?:option|choice|answer|letter)\s+)?[*(\[\uff08]{0,3}([A-J])(?:[*)\].:,\uff09\uff0c\u3001]|\s*$|\s+(?:because|since|as|which)\b)",
)
# Behind a comma or in brackets: what follows says more about the value, and is not part of it.
REMARK = (
    r"(?:which|since|because|so|hence|thus|therefore|making|giving|meaning|rounded|obtained|i\.?e\.?|that\s+is|"
    r"and\s+(?:this|that|we|it|so|therefore|thus|hence|not)|but|not|rather\s+than|while|after\s+\w+ing|by\s+\w+ing|"
    r"based\s+on|according\s+to|derived|found\s+by|as\s+(?!well)\w+|where\s+we|is|in\s+(?:total|all)|altogether)"
)
# What gives a reason behind the letter of an option.
REASON = re.compile(rf"(?:it|this|that|we|all|both|there|they)\b|[,;(]*\s*(?i:{REMARK})\b")
# The few that need no comma.
BARE_REMARK = (
    r"(?:since|because|which|as\s+(?:required|desired|expected|needed|shown|stated|claimed|we|it|the|there|\d)"
    r"|in\s+(?:total|all)(?!\s+of)|altogether|by\s+\w+ing|i\.e\.|rather\s+than|and\s+not)"
)
# In this order, the surest signs first: of all that match, the leftmost counts.
CUT = re.compile(
    rf"\s*[,;]\s*(?P<remark>{REMARK})\b|\s+(?P<bare>{BARE_REMARK})(?!\w)"
    rf"|\s*\(\s*(?P<paren>{REMARK}|the|it|rounded|to|approx\w*|or\s+about)\b"
    rf"|\s*,?\s+(?P<foreign>{FOREIGN_REASON})\b"
    r"|\s*[,;]\s+(?P<comma>(?:an?\s+)?[a-z]{2,})\b|(?:\s+[\u2013\u2014]\s*|:\s+)(?P<dash>[A-Za-z]{2,})\b"
    r"|\s*[\uff0c\u3001]\s*(?P<wide>[^\s\d$\\A-Za-z(])",
    re.IGNORECASE,
)
# A remark that holds one of these may be part of the value.
DIGITS = re.compile(r"\d|\$|\\[a-zA-Z(\[]|\bor\b")
# What continues a list behind its comma.
LISTED = re.compile(rf"(?:and|or|either|nor|{NUMBER_WORDS})\b", re.IGNORECASE)
VALUE_IN = re.compile(
    rf"\d|\$|\\[a-zA-Z(\[]|[=<>]|\b(?:{NUMBER_WORDS}|if|when|for|where|with|otherwise|provided)\b",
    re.IGNORECASE,
)
# "is not 5 but 6": the value is behind the "but".
NEGATED = re.compile(
    r"[\s*\"]*(?:(?:definitely|certainly|clearly|obviously|simply)\s+)?(?:not|never|n't|no\s+longer)\b\s*"
    r"(?:equal\s+to\s+|simply\s+|just\s+)?(?=[$\\(\d+-]|[A-J]\b)",
    re.IGNORECASE,
)
# What the right value follows.
INSTEAD = re.compile(
    r"(?:,?\s*\bbut(?:\s+rather)?|[,;]\s*(?:it\s+is|it's|rather))\s+(?:is\s+)?", re.IGNORECASE
)
# Up to the last verb of the sentence.
IS = re.compile(r".*\b(?:is|are|equals)\b\s*", re.DOTALL)
AFTERTHOUGHT = re.compile(r"\b(?:which|that)\s+(?:is|are|equals)\s*$")
# Stars inside a product are none.
EMPHASIS = re.compile(r"(?<![\w)*])\*\*(?=\S)([^*\n]{1,200}?)(?<=\S)\*\*(?!\w)")
UNPAIRED = re.compile(r"(?<=[\w$)])\*\*(?=[\s.,;:)]|$)")
# The end of a proof, ticks and the like behind a value.
DECORATION = re.compile(
    r"(?:\s*(?:[\u2600-\u27bf\u25a0\u25a1\u25fc\u220e\ufe0f\U0001f300-\U0001faff]"
    r"|\$?\\(?:blacksquare|square|qed)\b\$?))+[\s.]*$"
)
# What may stand between a cue and its value: a sign, emphasis, the mark of a quoted line.
LEAD = re.compile(r"[\s:*_\uff1a]*(?:-{3,}\s*\n|(?<=\n)>[ \t]+)?[\s*_]*")
# The last line of an assistant that was told to be nice.
PLEASANTRY = re.compile(
    r"(?:let me know|i hope|feel free|please|would you like|hope this)[^\n]*\Z", re.IGNORECASE
)
FENCE = re.compile(r"`{1,3}(?:\w{1,10}\n|\n)?([^`]{1,400})`{1,3}")
HTML = re.compile(r"</?(?:b|i|strong|em|span|p|u|code|br|div|h\d)\s*/?>", re.IGNORECASE)
# A template that was repeated and not filled in.
PLACEHOLDER = re.compile(
    r"\W*(?:(?:your|insert|the)?\s*(?:final\s+)?(?:answer|number|result|value|integer)(?:\s+here)?|_{2,}|\.{3})\W*",
    re.IGNORECASE,
)
FONT = re.compile(r"\\(?:text(?:bf|it|rm)?|mathbf|mathrm)\s*\{([^{}]{0,200})\}")
WRAPPED = ' \t\r\n*_"`\u201c\u201d'
# Words before the only number of a sentence, with one behind it: "Ann has 5 cups", not "see 5".
FEWEST_LEADING = 3
# Words behind the only number of a sentence: "5 cups of rice".
MOST_TRAILING = 4


class StatedValue(NamedTuple):
    """What a statement says: its answer, and whether a number or formula follows at once.

    Without an answer the statement says that something is not the answer.
    """

    answer: str | None
    direct: bool
    end: int = 0


def value_behind(text: str, at: int) -> StatedValue | None:
    """The value stated from `at` on; None where nothing is: a question, a placeholder."""
    lead = LEAD.match(text, at, at + LONGEST)
    begin = lead.end() if lead else at
    rest = text[begin : at + LONGEST]
    fence = FENCE.match(rest)
    sentence = fence.group(1) if fence else _sentence(rest)
    end = begin + (fence.end() if fence else len(sentence))
    asked = text[end - 1 : end + 1].strip() in ("?", "\uff1f") or sentence.rstrip().endswith("?")
    sentence = tidy(sentence)
    if not sentence or asked or PLACEHOLDER.fullmatch(sentence):
        return None
    following = text[end : end + LONGEST].partition("\n")[0]
    ends = not PLEASANTRY.sub("", following).strip(" \t\r*_.$`")
    found = value_of(sentence, closing=ends)
    return found._replace(end=end)


def value_of(clause: str, *, closing: bool = False) -> StatedValue:
    """The value that a clause gives; `closing` says that it ends its paragraph."""
    negated = NEGATED.match(clause)
    if negated:
        instead = INSTEAD.search(clause, negated.end())
        found = value_of(clause[instead.end() :]) if instead else None
        return found if found is not None and found.direct else StatedValue(None, True)
    if begins_with_value(clause):
        if ALTERED.search(clause):
            return StatedValue(None, True)
        return StatedValue(_opening(_without_remark(clause.lstrip("= "))), True)
    if (option := OPTION.match(clause)) is not None:
        letter = option.group(1)
        rest = clause[option.end() :].strip()
        return StatedValue(clause if rest and not _is_remark(rest) else letter, True)
    return _in_prose(clause, closing)


def begins_with_value(clause: str) -> bool:
    """Whether a number or formula opens a clause."""
    return STARTS.match(clause) is not None


def tidy(clause: str) -> str:
    """Without emphasis, quotes and tags around and inside."""
    clause = HTML.sub("", EMPHASIS.sub(r"\1", clause))
    if clause.count("**") == 1:
        clause = UNPAIRED.sub("", clause)
    clause = ENDINGS.sub("", clause.strip(WRAPPED).rstrip(".\u3002 ")).strip(WRAPPED)
    clause = DECORATION.sub("", clause).strip(WRAPPED)
    spoken = any(map(str.isalnum, clause))
    while clause.endswith((")", "]")) and spoken and _surplus(clause) > 0:
        clause = clause[:-1].strip(WRAPPED)
    if clause.endswith("}") and spoken and clause.count("}") > clause.count("{"):  # JSON
        clause = clause[:-1].strip(WRAPPED)
    clause = COUNTER.sub("", clause)
    if clause.count("$") % 2 and clause.endswith("$"):
        clause = clause.rstrip("$ ")
    for close, opening in ((r"\]", r"\["), (r"\)", r"\(")):
        if clause.endswith(close) and opening not in clause:
            clause = clause.removesuffix(close).rstrip()
    return clause


def _surplus(clause: str) -> int:
    """How many more brackets are closed than opened; of either kind, as in an interval."""
    return sum((char in ")]") - (char in "([") for char in clause)


def _sentence(rest: str) -> str:
    """Up to the first end of sentence that is outside mathematics."""
    spans = math_spans(rest)
    for match in SENTENCE.finditer(rest):
        if not _inside(match.start(), spans) and rest[: match.start()].strip(WRAPPED):
            return rest[: match.start()]
    return rest


def _inside(place: int, spans: list[Placed]) -> bool:
    return any(span.start <= place < span.end for span in spans)


def _without_remark(clause: str) -> str:
    """The value that opens a clause, without what is only said about it."""
    spans = math_spans(clause)
    for match in CUT.finditer(clause):
        head, tail = clause[: match.start()], clause[match.start() :]
        if _inside(match.start(), spans) or not head.strip(" (["):
            continue
        opened = head.count("(") > head.count(")") or head.count("{") > head.count("}")
        if opened or HEDGE.search(tail):
            continue
        if _ends_value(match, clause):
            return head.strip(WRAPPED).rstrip(",;")
    return clause


def _ends_value(match: re.Match[str], clause: str) -> bool:
    """Whether what follows is a remark, and not more of the value."""
    kind = match.lastgroup
    tail = clause[match.end() :]
    if kind == "remark":
        word = match["remark"].lower()
        behind = tail.lstrip()
        return not (word == "but" and begins_with_value(behind)) and word != "is"
    if kind == "dash":
        begin = match.start(kind)
        return " " in clause[begin:].strip() and not DIGITS.search(clause, begin)
    if kind == "comma":
        begin = match.start(kind)
        more = LISTED.match(clause, begin) or ALTERS.match(clause, begin)
        return not (more or VALUE_IN.search(clause, begin))
    return True


def _is_remark(rest: str) -> bool:
    """Whether what stands behind an option's letter only gives reasons."""
    return REASON.match(rest) is not None and not HEDGE.search(rest)


def _opening(clause: str) -> str:
    """The formulas that open a clause, where there are no words between them; else all of it."""
    spans = math_spans(clause)
    opens = bool(spans) and not clause[: spans[0].start].strip(" \"'*\\")
    if opens and not re.search(r"[^\W\d_]{3,}", _between(clause, spans)):
        return last_span(clause, spans)
    return clause


def _between(clause: str, spans: list[Placed]) -> str:
    """What stands outside the spans, without connectives."""
    at, rest = 0, []
    for start, end, _ in spans:
        rest.append(clause[at:start])
        at = end
    rest.append(clause[at:])
    return re.sub(r"\b(?:and|or)\b", "", " ".join(rest))


def _in_prose(clause: str, closing: bool) -> StatedValue:
    """The value in a sentence that does not begin with it; the sentence itself where none is."""
    words = StatedValue(clause, False)
    if not closing or NO_VALUE.match(clause) or HEDGE.search(clause) or CONDITION.search(clause):
        return words
    behind = IS.match(clause)
    relative = RELATIVE.search(clause) is not None
    if behind and not (relative and AFTERTHOUGHT.search(behind.group())):
        rest = clause[behind.end() :].strip()
        return StatedValue(_without_remark(rest) if begins_with_value(rest) else rest, False)
    if relative or re.match(r"[^\d$\\]*[,;:]", clause):
        return words
    numbers, spans = list(NUMBER.finditer(clause)), math_spans(clause)
    if len(numbers) == 1 and not spans:
        number = numbers[0]
        value = _without_remark(clause[number.start() :])
        leading, trailing = clause[: number.start()], value[number.end() - number.start() :]
        words_before = len(leading.split()) + bool(trailing.strip())
        if words_before >= FEWEST_LEADING and len(trailing.split()) <= MOST_TRAILING:
            return StatedValue(value, False)
    if len(spans) == 1 and not NUMBER.search(clause[: spans[0].start] + clause[spans[0].end :]):
        return StatedValue(last_span(clause, spans), False)
    return words
