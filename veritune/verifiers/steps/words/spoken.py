"""Relations in words: `the sum of 15 and 28 is 43`, `half of 20 is 10`, `5 more than 12 is 17`.

A phrase is rewritten as arithmetic, which the algebra reads. A phrase that may be a part of a
longer one ("3 times half of 20") is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritune.algebra import table
from veritune.lazy import pattern
from veritune.verifiers.steps.annotations import Finding
from veritune.verifiers.steps.arithmetic import Unreadable, calculation, decimal, value_of
from veritune.verifiers.steps.equality_check import Pair

# Where a claim starts and ends in the text, and whether it holds.
Spoken = tuple[int, int, Finding]
_NUMBER = (
    r"(?:\\?[$€£])?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:/\d+)?(?:\s?\\?%|\spercent\b)?"
)
_ARITHMETIC = rf"-?{_NUMBER}(?:\s?[-+*/x×÷]\s?{_NUMBER})*"  # noqa: RUF001
_PARTS = {
    "half": "1/2", "twice": "2", "double": "2", "triple": "3", "thrice": "3", "quadruple": "4",
}  # fmt: skip
_COUNTS = "two three four five six seven eight nine ten eleven twelve"
_PARTS |= {f"{name} times": str(value) for value, name in enumerate(_COUNTS.split(), 2)}
_NAMES = "third quarter fifth sixth seventh eighth ninth tenth"
_SHARES = {"fourth": 4} | {name: value for value, name in enumerate(_NAMES.split(), 3)}
_PARTS |= {f"{one} {name}": f"1/{value}" for name, value in _SHARES.items() for one in ("a", "one")}
_PARTS |= {"two thirds": "2/3", "three quarters": "3/4", "three fourths": "3/4"}
_PART = pattern(
    rf"({'|'.join(sorted(_PARTS, key=len, reverse=True))}|{_NUMBER} times)"
    r" (?:of |as (?:many|much) as |the (?:number|amount|sum) of )?(.+)"
)
_DOZENS = pattern(rf"({_NUMBER}) dozens?(?: [a-z]+)?")
_SHARE = pattern(rf"({_NUMBER}) of (.+)")
_MORE = pattern(rf"({_NUMBER})(?: [a-z]+)? (more|greater|less|fewer) than (.+)")
_LIST = pattern(r"(sum|total|product|difference|average|mean|quotient) (?:of|between) (.+)")
_ITEMS = pattern(r",? and |, ")
_PLAIN = pattern(rf"({_ARITHMETIC})((?: [a-z]+){{0,3}})")
_ARTICLES = pattern(r"^(?:(?:the|a total of|all|those|these|his|her|their|its) )+")
_CALCULATING = pattern(
    r"\b(?:and|or|plus|minus|times|of|than|by|per|each|every|less|more|fewer|percent|half|twice"
    r"|double|triple|dozens?|hundreds?|thousands?|millions?|billions?|from|to|if|for|was|is)\b"
)
_TRIGGER = pattern(
    r"\b(?:(?:sum|total|product|difference|average|mean|quotient) (?:of|between)|half of"
    r"|(?:more|greater|less|fewer) than|twice|double|triple|thrice|quadruple|times"
    r"|(?:third|quarter|fourth|fifth|sixth|eighth|tenth)s? of)\b|\d dozen"
)
_WORDS = (
    "sum ", "total ", "product ", "difference ", "average ", "mean ", "quotient ", "half of",
    " than", "twice", "double", "triple", "thrice", "quadruple", " times", "third", "quarter",
    "fourth", "fifth", "sixth", "eighth", "tenth", " dozen",
)  # fmt: skip
"""What every relation has one of; looked for before anything that costs more."""
_OPENING = pattern(
    r"(?<![\w.$\\/])(?=[\d$\\]|(?:the|a|an|all|his|her|their|its|one|half|twice|double|triple"
    r"|thrice|quadruple|sum|product|difference|average|mean|quotient|two|three|four|five|six|seven"
    r"|eight|nine|ten|eleven|twelve|total|those|these) )"
)
_SAYS = pattern(
    rf"\s*(?:\bis equal to\b|\bequals\b|\bis\b|=)\s*({_ARITHMETIC})"
    rf"(?:\s*=\s*\$?(?:<<[^<>\n]*>>)?({_NUMBER}))?",
)
_BEFORE = pattern(r"(?:^|[^\w\s.,;:(\"'-]|\b([a-z]+))[\s,(]*$", re.IGNORECASE)
_JOINING = table(
    "and plus minus of than by times or to from add subtract multiply divide each every per half "
    "twice double triple third more less fewer"
)
_BEHIND = pattern(
    r"\s*(?:[-+*/^×÷=<>(]|[x:]\s?\d|/|\.\d"  # noqa: RUF001
    r"|(?:more|less|fewer|times|out|of|percent|dozens?|hundred|thousand|million|billion|and an?"
    r"|plus|minus|remainder|r)\b)"
)
_CLAUSE = pattern(r"[.;:!?](?=\s)|\n|>>|\b(?:so|because|since|then|which|that|therefore)\b", re.I)
_LONGEST = 120


def spoken(text: str, start: int, end: int) -> Iterator[Spoken]:
    """The relations in words between two offsets that can be read whole."""
    piece = text[start:end].lower()
    if not any(word in piece for word in _WORDS):
        return
    for says in _SAYS.finditer(text, start, end):
        since = _clause_start(text, max(start, says.start() - _LONGEST), says.start())
        found = _phrase(text, since, says.start())
        if found is None or _BEHIND.match(text, says.end()):
            continue
        if "=" in says[0][:3] and _inner_sum(text[found[0] : says.start()]):
            continue
        yield found[0], says.end(), _compared(text[found[0] : says.end()], found[1], says)


def _clause_start(text: str, low: int, high: int) -> int:
    return max((match.end() for match in _CLAUSE.finditer(text, low, high)), default=low)


def _phrase(text: str, since: int, until: int) -> tuple[int, str] | None:
    """Where the longest phrase that ends here starts, and what it is in signs."""
    clause = text[since:until].lower()
    if _TRIGGER.search(clause) is None:
        return None  # as in most clauses, and to try every word of it takes far longer
    for word in _OPENING.finditer(clause):
        phrase = clause[word.start() :].strip()
        signs = in_signs(phrase)
        if signs is not None and _TRIGGER.search(phrase):
            first = since + word.start()
            before = _BEFORE.search(text[max(0, first - 40) : first])
            joined = before and (before[1] or "").lower() in _JOINING
            odd = before and not before[1] and before[0].strip() not in ("", "$", "\\(", "(")
            return None if joined or odd else (first, signs)
    return None


def _inner_sum(phrase: str) -> bool:
    """Whether a sign of equality belongs to the calculation that a phrase ends in."""
    return re.search(r"[\d%)]\s?[-+*/x×÷]\s?[\d$(.]", phrase) is not None  # noqa: RUF001


def in_signs(phrase: str) -> str | None:
    """A phrase of lower-case words as arithmetic; None where it is not understood whole."""
    phrase = _ARTICLES.sub("", phrase.strip())
    if match := _LIST.fullmatch(phrase):
        return _of_list(match[1], [in_signs(item) for item in _ITEMS.split(match[2])])
    if match := _MORE.fullmatch(phrase):
        base = in_signs(match[3])
        sign = "+" if match[2] in ("more", "greater") else "-"
        return base and f"({base}{sign}{match[1]})"
    if match := _PART.fullmatch(phrase) or _SHARE.fullmatch(phrase):
        base = in_signs(match[2])
        return base and f"({_PARTS.get(match[1], match[1].removesuffix(' times'))})*({base})"
    if match := _DOZENS.fullmatch(phrase):
        return f"12*({match[1]})"
    match = _PLAIN.fullmatch(phrase)
    if match is None or _CALCULATING.search(match[2]):
        return None
    return f"({match[1]})"


def _of_list(name: str, items: list[str | None]) -> str | None:
    found = [item for item in items if item is not None]
    if len(found) != len(items) or len(found) < 2:
        return None
    if name in ("difference", "quotient"):
        sign = "-" if name == "difference" else "/"
        return sign.join(found) if len(found) == 2 else None
    if name == "product":
        return "*".join(found)
    total = "+".join(found)
    return f"({total})/{len(found)}" if name in ("average", "mean") else total


def _compared(claim: str, signs: str, says: re.Match[str]) -> Finding:
    """Whether a phrase has the value that is said, at the precision it is printed with."""
    try:
        left = calculation(_cleaned(signs))
        value = value_of(left)
        for part in filter(None, says.groups()):
            right = calculation(_cleaned(part))
            said = value_of(right)
            either = "difference" in claim.lower() and -value == said
            if not either and not Pair(left, right, "").agree(value, said):
                return "incorrect", f"{claim}: {decimal(value, 2)}, not {decimal(said, 2)}"
    except Unreadable as error:
        return "unchecked", f"{claim}: {error}"
    return "correct", f"{claim}: holds"


def _cleaned(text: str) -> str:
    return re.sub(r"\s*(?:\\?%|percent)", "%", text).replace("×", "*").replace("\\", "")  # noqa: RUF001
