"""What the words around formulas say: that one follows from another, or is something new."""

from __future__ import annotations

import re

from veritune.lazy import pattern

# Of a task: each formula is equal to the one before.
_REWRITING = pattern(r"\b(?:expand|simplify|factor|multiply out|rewrite)\b", re.IGNORECASE)
# Of a task: there is an equation whose solutions count.
_SOLVING = pattern(r"solv|equation|root|find|determine|value|\bhow\b|what", re.IGNORECASE)
# Of a task: all solutions are asked for, so one that is lost is an error.
ALL = pattern(r"solve|solutions|roots|zeros|all (?:real |possible )?\w+", re.IGNORECASE)
# A task that is a formula itself, and no story.
_FORMAL = pattern(
    r"^\W*(?:solve|simplify|expand|factor)\b|(?<![a-z])[a-z]\s*(?:[=^<>+*/]|-\s*\d|\\[lg]eq?)"
    r"|[=+*/(]\s*[b-hj-z](?![a-z])|\d[abnpqrtuvwxyz](?![a-z])",
    re.IGNORECASE,
)
# What follows one of these follows from nothing, and names get a new meaning: let x be.
NEW = pattern(r"\b(?:let|suppose|assum\w*|case|denote|define)\b", re.IGNORECASE)
# Beside these a formula may hold for reasons that stand elsewhere.
_OPEN = pattern(
    r"\b(?:if|try\w*|instead|alternativ\w*|example|another|other|second|given|when|check\w*|test\w*"
    r"|either|minim\w*|maxim\w*|at (?:least|most)|for (?:all|any|each|every|some)|approx\w*|about"
    r"|round\w*|guess\w*|mod|contradict\w*|impossible|no (?:real )?solution|false|where|must|need"
    r"|condition|domain|range|interval|quadrant|intersect\w*|point|graph|line|curve|region|angle"
    r"|radians|degrees|similarly|first|consider|also|but|however|now (?:let|consider)|not"
    r"|zero|undefined)\b",
    re.IGNORECASE,
)
# Reasons to drop a solution: then fewer of them are no error.
CHOICE = pattern(
    r"positive|negative|reject|discard|since|because|must|can(?:no|')t|only|valid|extraneous|length"
    r"|integer|natural|domain|[<>≥≤]|\\[gl]eq?|physical|age|whole|ignor|neglect|greater|less|take"
    r"|\bor\b|\band\b|not ",
    re.IGNORECASE,
)
# The writer takes something back: an error that is corrected counts no longer.
CORRECTING = pattern(
    r"\b(?:oops|mistake|incorrect\w*|wrong|wait|correction|actually)\b", re.IGNORECASE
)
_SUPPOSING = pattern(
    r"\b(?:suppos\w*|(?:might|may|could) (?:think|say|assume|guess)|were true|claim\w*)\b",
    re.IGNORECASE,
)
_TAKEN_BACK = pattern(
    r"\b(?:contradict\w*|impossible|absurd|false|untrue|inconsistent|invalid|no solutions?"
    r"|not (?:true|possible|equal|correct|valid|hold)|never (?:true|holds?|equal)"
    r"|does(?:n['\u2019]t| not) (?:hold|equal|work)|ca(?:nnot|n't|n\u2019t) (?:be|happen|hold))\b",
    re.IGNORECASE,
)
# Before an equation these give a name a value for a while: for x = 2.
ASSUMING = pattern(
    r"\b(?:for|when|if|at|with|case|try|trying|taking|setting|letting|let|suppose|say|where"
    r"|test|testing|check|checking|plug|plugging|using|assume|assuming)(?: in)?[\s:$\\(\[]*$",
    re.IGNORECASE,
)
# Characters of the next sentence that may take a claim back: this is a contradiction.
_NEXT = 60
# Nothing but a word or sign of inference stands between two formulas.
_INFERRING = pattern(
    r"[\s,.;$\\()\[\]]*(?:so|thus|hence|therefore|=>|⇒|→|\\(?:implies|Rightarrow))[\s,$\\()\[\]]*",
    re.IGNORECASE,
)
_FOLLOWING = pattern(
    r"\b(?:so|thus|hence|therefore|get|gives?|yields?|becomes?|obtain|simplif\w+|means|implies"
    r"|dividing|divide|subtracting|subtract|adding|multiplying|combining|solving)\b",
    re.IGNORECASE,
)
_SENTENCE_END = pattern(r"[.!?;](?=\s|$)|\n")
_WORD = pattern(r"(?<!\\)\b[a-z]{3,}", re.IGNORECASE)
# Words that speak of calculating.
_CONNECTING = pattern(
    r"(?:so|thus|hence|therefore|then|now|and|the|get|gives?|have|both|each|sides?|from|term\w*"
    r"|add\w*|subtract\w*|divid\w*|multipl\w*|expand\w*|simplif\w*|factor\w*|distribut\w*|like"
    r"|combin\w*|collect\w*|substitut\w*|solv\w*|equation\w*|which|means|implies|step|frac|times"
    r"|cdot|left|right|text|sqrt|boxed|answer|final|solution\w*|for|into|back|value|let|isolate\w*"
    r"|this|that|yields?|becomes?|obtain\w*|result\w*|out|with|through|constant|variable|move)",
    re.IGNORECASE,
)
# Characters of a sentence before and behind a claim.
LONGEST_SENTENCE = 2_000
# Words that do not speak of calculating, between a formula and the one it should follow from.
MOST_STRANGE = 4
# Share of steps that must be bare formulas for a text to be a derivation.
MOSTLY = 0.5


def is_derivation(question: str, pieces: list[str]) -> bool:
    """Whether a text derives formulas, so that each follows from the ones before.

    In a word problem an equation with unknowns often states something new; there a contradiction
    is no proof of an error.
    """
    if _FORMAL.search(question):
        return True
    formulas = [piece for piece in pieces if _FORMAL.search(piece)]
    bare = [piece for piece in formulas if not strange_words(piece)]
    return len(bare) > 1 and len(bare) >= MOSTLY * len(pieces)


def strange_words(text: str) -> int:
    """How many words do not speak of calculating."""
    return sum(_CONNECTING.fullmatch(word) is None for word in _WORD.findall(text))


def asks_to_rewrite(question: str) -> bool:
    """Whether a question wants another form of an expression, not the solution of an equation."""
    return _REWRITING.search(question) is not None and not _SOLVING.search(question)


def asks_about_range(question: str) -> bool:
    """Whether a question is about one plain inequality, without cases."""
    return re.search(r"[<>≤≥]|\\[lg]eq?", question) is not None and "|" not in question


def links(between: str, behind: str) -> bool:
    """Whether a formula is meant to follow from one before it.

    `between` stands between the two, `behind` is the rest of the line.
    """
    if _OPEN.search(between) or _OPEN.search(behind) or NEW.search(between):
        return False
    return strange_words(between) <= MOST_STRANGE


def infers(between: str) -> bool:
    """Whether nothing stands between two formulas but that one follows from the other.

    "Subtracting 5 from both sides, we get" says so, and so does a new line alone.
    """
    if _INFERRING.fullmatch(between) or ("\n" in between and not between.strip(" .$\n\\()[]")):
        return True
    return (
        _FOLLOWING.search(between) is not None
        and strange_words(between) == 0
        and not _OPEN.search(between)
        and not NEW.search(between)
    )


def supposes(text: str, start: int, end: int) -> bool:
    """Whether the sentence around a claim asks, supposes it, or takes it back."""
    begin, stop = max(0, start - LONGEST_SENTENCE), min(len(text), end + LONGEST_SENTENCE)
    ends = (match.end() for match in _SENTENCE_END.finditer(text, begin, start))
    first = max(ends, default=begin)
    behind = _SENTENCE_END.search(text, end, stop)
    last = behind.start() if behind else stop
    sentence = text[first:last]
    if text[last : last + 1] == "?":
        return True
    following = re.match(
        r"[.;\s$\\\])]*(?:but )?(?:this|that|which|it|a|so there|there|thus|hence)\b[^.\n]*",
        text[last : last + _NEXT],
        re.IGNORECASE,
    )
    behind_it = following[0] if following else ""
    if _TAKEN_BACK.search(sentence) or _TAKEN_BACK.search(behind_it):
        return True
    return _SUPPOSING.search(sentence) is not None or CORRECTING.search(sentence) is not None
