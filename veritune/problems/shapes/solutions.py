"""Where the final answer stands in a worked solution."""

from __future__ import annotations

import re
from dataclasses import dataclass

from veritune.errors import RecordError
from veritune.problems.shapes.row import UncheckableError

# GSM8K's, which many data sets have taken over.
MARKER = "####"
# As solutions say it at their end; the last such sentence counts.
_SAYS = re.compile(
    r"(?:final\s+answer|the\s+answer|answer)\s*(?:is\s*:?|:|=)\s*(?P<answer>[^\n]+)", re.IGNORECASE
)
_BOX = re.compile(r"\\(?:f?boxed|fbox)\s*\{")
_NUMBER = re.compile(r"-?\$?\d[\d,]*(?:\.\d+)?(?:/\d+)?%?")
# What data sets write where there is nothing to compare with.
_NO_ANSWER = frozenset({"proof", "notfound", "not found", "none", "nan", "null", "n/a"})
# Code in place of an answer: its last number is no answer.
_CODE = re.compile(
    r"^\s*(?:```|#include\b|public class\b|def \w+\(|class \w+\s*[:(]|import \w+$"
    r"|from \w+ import\b)",
    re.MULTILINE,
)
# Characters beyond which a text is a solution, and not the answer alone.
LONGEST_ANSWER = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """An answer with how it is reached; `guessed`: no words mark it, it is the last number."""

    answer: str
    solution: str | None = None
    marker: str | None = None
    guessed: bool = False


def read_answer(text: str) -> Solved:
    """What an answer's column holds: the answer alone, or a solution that ends on it."""
    text = text.strip()
    if text.casefold() in _NO_ANSWER:
        raise UncheckableError(f"answer: {text!r} is no answer that can be checked")
    marked = MARKER in text or _BOX.search(text) or _SAYS.search(text)
    if marked or len(text) > LONGEST_ANSWER or _is_prose(text) or _CODE.search(text):
        return read_solution(text)
    return Solved(answer=text)


def read_solution(text: str) -> Solved:
    """A solution's final answer: after `####`, in its last box, or as its last sentence says.

    Where nothing marks the answer it is the last number, as lm-evaluation-harness's
    flexible-extract takes it. Raises `RecordError` where there is none.
    """
    # From the surest to the vaguest: a marker, a box, a sentence, the last number.
    _, marker, after = text.rpartition(MARKER)
    if marker and after.strip():
        return Solved(answer=_without_commas(after), solution=text, marker=MARKER)
    if (box := last_box(text)) is not None:
        return Solved(answer=box, solution=text)
    if said := list(_SAYS.finditer(text)):
        return Solved(answer=_trimmed(said[-1]["answer"]), solution=text)
    if _CODE.search(text):
        raise UncheckableError("answer: is code, and the row has no tests to check it by")
    if numbers := _NUMBER.findall(text):
        found = _without_commas(numbers[-1]).replace("$", "")
        return Solved(answer=found, solution=text, guessed=True)
    raise UncheckableError("answer: a text in which no final answer is marked")


def last_box(text: str) -> str | None:
    r"""What stands in the last closed `\boxed{}`."""
    # From the last one back: a box that is not closed is none.
    for start in reversed([match.end() for match in _BOX.finditer(text)]):
        depth = 1
        for at in range(start, len(text)):
            depth += (text[at] == "{") - (text[at] == "}")
            if not depth:
                return text[start:at].strip()
    return None


def ends_on(solution: str, answer: str) -> str:
    """The solution with its answer in a box at its end, where nothing in it marks one."""
    marked = MARKER in solution or _BOX.search(solution)
    return solution if marked else f"{solution.rstrip()}\n\\boxed{{{answer}}}"


def _is_prose(text: str) -> bool:
    """Several lines or sentences: a worked solution."""
    # A blank after the full stop and a capital: "3.14" and "e.g. 5" end no sentence.
    return bool(re.search(r"\n\s*\S|[a-z)]{3}[.!] +[A-Z]", text)) and len(text.split()) > 8


def _trimmed(text: str) -> str:
    """What is said to be the answer, without the sentence's end and marks of style."""
    first = re.split(r"\.\s+[A-Z]|\.$", text.strip().strip("*").strip())[0]
    return first.strip().strip("*").strip()


def _without_commas(text: str) -> str:
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.strip())


def check_is_answer(solved: Solved) -> Solved:
    """Raise `RecordError` for an empty answer."""
    if not solved.answer.strip():
        raise RecordError("answer: empty")
    return solved
