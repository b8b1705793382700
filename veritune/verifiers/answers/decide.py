"""One comparison from text to verdict, in this process; the workers run it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritune.algebra import (
    AnswerPolicy,
    LimitReachedError,
    Node,
    Num,
    Quantity,
    Relater,
    UndefinedError,
    UnparsedError,
    opposed,
    otherwise_declared,
    parameters,
    read,
    same_answer,
    show,
    start_meter,
    whole,
)
from veritune.algebra import Relation as TreeRelation
from veritune.verifiers.answers.comparison import Comparison, Relation

# A reference that says something about its answer, as in "R = 1 is necessary".
STATEMENT = re.compile(r"([^.,;]{1,80}?)(?:\\text\s?\{)?\s(?:is|are)\b")
# Words beside an answer that turn what it says into something else.
REVERSED = re.compile(r"\b(?:not|no|never|impossible|wrong|false|than)\b", re.IGNORECASE)
# A comparison that ends so says nothing of the candidate: "limit reached".
BEYOND = (LimitReachedError, RecursionError, OverflowError)
# "1 2 5": digits with single spaces between them, and nothing else.
DIGITS = re.compile(r"\s*-?\d(?: \d)+\s*")
# A reference whose digits were set apart, as scanned ones are; a candidate's are not joined.
SPACED = re.compile(r"(?<=\d) (?=\d)")
# "1,22" may be a decimal or two numbers: which one, the other side shows. Here the comma can
# separate no thousands.
LONG_COMMA = re.compile(r"[$€£\s]*-?(?:\d{1,3},\d\d|(?:0|\d{4,}),\d+)[$€£\s]*")
COMMA_SIGN = re.compile(r"(?<=\d),(?=\d)")
# Numbers with one comma, which are decimals where the policy says so; not in brackets, which hold
# the members of a list.
DECIMAL = re.compile(r"(?<![\d,.])(\d+),(\d+)(?![\d,.])")
BRACKETS = re.compile(r"[(\[]|\\\{")
# "123,456,789": three numbers, or one with its thousands separated.
GROUPS = re.compile(r"(?<![\d,])\d{3}(?:,\d{3}){2,}(?![\d,])")
GROUP_SIGN = re.compile(r"(?<=\d{3}),(?=\d{3})")


# "7C3", and nothing else.
CHOICES = re.compile(r"\W*\d+[CP]\d+\W*")
# "3rd", which "third" is where it is no part of something.
ORDINAL = re.compile(r"\W*\d+\W*(?:text|mathrm|mbox)?\W*(?:st|nd|rd|th)\b")
RANKS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip


def decide(gold: str, pred: str, policy: AnswerPolicy) -> Comparison:
    """How `pred` relates to `gold`; bounded by the limits, but not by time."""
    start_meter()
    try:
        left = read(SPACED.sub("", gold) if DIGITS.fullmatch(gold) else gold)
    except (UnparsedError, LimitReachedError) as error:
        return Comparison(relation="unparsed reference", gold=gold, pred=pred, detail=str(error))
    try:
        right = read(pred)
    except UnparsedError as error:
        return Comparison(relation="unparsed candidate", gold=gold, pred=pred, detail=str(error))
    except LimitReachedError as error:
        return Comparison(relation="limit reached", gold=gold, pred=pred, detail=str(error))
    if why := _ruled_out(gold, pred):
        return Comparison(relation="different", gold=gold, pred=pred, detail=why)
    return _related(gold, pred, left, right, policy)


def _ruled_out(gold: str, pred: str) -> str:
    """Why two texts differ whatever their values are; "" where their values decide."""
    if opposed(gold, pred):
        return "the opposite"
    if otherwise_declared(gold, pred):
        return "any integer on one side, and not on the other"
    # 9C1 and 9C8 may be numbers in base 16, and not of choices.
    if gold != pred and all(map(CHOICES.fullmatch, (gold, pred))):
        return "other numbers"
    return ""


def _related(gold: str, pred: str, left: Node, right: Node, policy: AnswerPolicy) -> Comparison:
    try:
        letters = parameters(gold), parameters(pred)
        same = any(
            same_answer(one, other, *letters, policy, whole(gold, pred))
            for one, other in _readings(gold, pred, left, right, policy)
        )
    except BEYOND as error:
        relation: Relation = "unparsed reference" if _too_large(left, policy) else "limit reached"
        return Comparison(relation=relation, gold=gold, pred=pred, detail=str(error))
    except (UnparsedError, UndefinedError) as error:
        return Comparison(relation="different", gold=gold, pred=pred, detail=str(error))
    return Comparison(relation="equal" if same else "different", gold=show(left), pred=show(right))


def _pointed(text: str) -> str:
    """A text whose decimal commas are points."""
    return text if BRACKETS.search(text) else DECIMAL.sub(r"\1.\2", text)


def _too_large(node: Node, policy: AnswerPolicy) -> bool:
    """Whether the reference passes the limits whatever it is compared with."""
    start_meter()
    try:
        Relater(policy).same(node, Num(0))
    except BEYOND:
        return True
    except (UnparsedError, UndefinedError):
        pass
    return False


def _readings(
    gold: str, pred: str, left: Node, right: Node, policy: AnswerPolicy
) -> Iterator[tuple[Node, Node]]:
    """The plain reading first, then what commas between digits may mean instead."""
    yield left, right
    if isinstance(left, (Num, Quantity)) and LONG_COMMA.fullmatch(pred):
        yield left, read(COMMA_SIGN.sub(".", pred))
    pointed = (_pointed(gold), _pointed(pred)) if policy.decimal_comma else (gold, pred)
    if pointed != (gold, pred):
        yield read(pointed[0]), read(pointed[1])
    head = STATEMENT.match(gold)
    if head is not None and not REVERSED.search(gold, head.end()):
        stated = read(head.group(1))
        if isinstance(stated, (Num, TreeRelation)):
            yield stated, right
    if (rank := _rank(pred)) and ORDINAL.match(gold):
        yield left, Num(rank)
    if (rank := _rank(gold)) and ORDINAL.match(pred):
        yield Num(rank), right
    if GROUPS.search(gold) or GROUPS.search(pred):
        yield read(GROUP_SIGN.sub(", ", gold)), read(GROUP_SIGN.sub(", ", pred))


def _rank(text: str) -> int:
    """3 of "third"; 0 of any other text."""
    word = text.lower().removeprefix("the ").strip(" .$}").removeprefix("\\text{").strip()
    return RANKS.index(word) + 1 if word in RANKS else 0
