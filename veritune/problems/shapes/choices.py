"""Multiple choice: the options are put under the question, and the answer is a letter."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from random import Random
from string import ascii_uppercase

from veritune.errors import RecordError
from veritune.problems.cells import is_empty, opened
from veritune.problems.shapes.prompts import Prompt, prompt_of
from veritune.problems.shapes.row import Row
from veritune.records import MathProblem, MathReference

# `(A) 12`, `A. 12`, `A: 12`.
_LETTERED = re.compile(r"^\s*\(?([A-Za-z])\s*[).:]\s*")
# MathQA's options in one text: `a ) 38 , b ) 27.675 , ...`.
_SPLIT = re.compile(r"(?:^|,\s*)([a-e])\s*\)\s*")
# Options that stand in columns of their own.
SPREAD = (
    ("a", "b", "c", "d", "e"),
    ("opa", "opb", "opc", "opd", "ope"),
    ("option_a", "option_b", "option_c", "option_d", "option_e"),
    ("optiona", "optionb", "optionc", "optiond", "optione"),
    ("option1", "option2", "option3", "option4", "option5"),
    ("sol1", "sol2"),
    ("answer0", "answer1", "answer2", "answer3"),
    ("answera", "answerb", "answerc"),
)
# Columns of the wrong answers, beside one of the right one.
WRONG_ONES = (
    ("incorrect_answer_1", "incorrect_answer_2", "incorrect_answer_3"),
    ("distractor1", "distractor2", "distractor3"),
    ("incorrect_answers",),
)
# Columns of the right answer where the wrong ones have columns of their own.
RIGHT_ONE = ("correct_answer", "best_answer")
# Columns that count the right option from 0.
PLACE = ("answer_index", "answer_idx", "cop", "label", "gold", "correct_index")
# Columns of the right option's letter, number or text.
ANSWER = ("answerkey", "answer", "correct", "correct_option", "final_answer", "target")


@dataclass(frozen=True, slots=True)
class Options:
    """The options' texts, the labels that the row gives them, and the right one where it says."""

    texts: list[str]
    labels: list[str]
    right: int | None = None


def is_choice(row: Row) -> bool:
    """Whether a row is a question with options."""
    listed = row.maps("choices") and (row.maps("answer") or row.has("answerkey"))
    named = any(row.has(name) for name in ("answerkey", *ANSWER, *PLACE))
    asks = row.maps("prompt")
    spread = any(row.has(*names[:2]) for names in SPREAD) and named
    wrong = any(row.has(names[0]) for names in WRONG_ONES)
    return asks and (
        row.has("mc1_targets") or listed or (row.maps("choices") and named) or spread or wrong
    )


def read_choice(row: Row) -> MathProblem:
    """The question with its options; the answer is the letter of the right one."""
    options = _options(row)
    right = options.right if options.right is not None else _right(row, options)
    prompt, _ = prompt_of(row)
    return MathProblem(
        id="",
        prompt=_posed(prompt, options.texts),
        reference=MathReference(answer=ascii_uppercase[right]),
    )


def _options(row: Row) -> Options:
    if any(row.has(names[0]) for names in WRONG_ONES) and row.has(RIGHT_ONE[0]):
        return _mixed(row)
    value = opened(row.role("choices"))
    if isinstance(value, str):
        parts = _SPLIT.split(value)[1:]
        value = dict(zip((letter.upper() for letter in parts[::2]), parts[1::2], strict=True))
    if value is None:
        names = next(names for names in SPREAD if row.has(*names[:2]))
        value = [row.take(name) for name in names if row.has(name)]
    return _listed(value)


def _listed(value: object) -> Options:
    if isinstance(value, dict):
        texts = value.get("text", value.get("choices"))
        labels = value.get("label", [])
        if not isinstance(texts, list):
            labels, texts = list(value), list(value.values())
        if isinstance(value.get("labels"), list):  # TruthfulQA: 1 stands for the right one
            return Options([str(one) for one in texts], [], value["labels"].index(1))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        texts = [one.get("text", one.get("content")) for one in value]
        labels = [one.get("label", one.get("key", "")) for one in value]
    elif isinstance(value, list):
        texts, labels = value, []
    else:
        raise RecordError(f"choices: expected a list of options (got {value!r})"[:200])
    if not 2 <= len(texts) <= len(ascii_uppercase):
        raise RecordError(f"choices: expected 2 to 26 options, found {len(texts)}")
    return _without_letters([str(one).strip() for one in texts], [str(one) for one in labels])


def _without_letters(texts: list[str], labels: list[str]) -> Options:
    """AQuA's options have their letters in front."""
    found = [_LETTERED.match(text) for text in texts]
    letters = [match[1].upper() for match in found if match]
    if letters == list(ascii_uppercase[: len(texts)]):
        texts = [_LETTERED.sub("", text, count=1).strip() for text in texts]
    return Options(texts, labels)


def _mixed(row: Row) -> Options:
    """Right and wrong answers in an order that follows from their content alone."""
    right = str(row.take(*RIGHT_ONE)).strip()
    found: list[object] = [right]
    for names in WRONG_ONES:
        for name in names:
            value = row.take(name)
            found += value if isinstance(value, list) else [] if is_empty(value) else [value]
    texts = list(dict.fromkeys(str(one).strip() for one in found))
    seed = hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()
    Random(seed).shuffle(texts)
    return Options(texts, [], texts.index(right))


def _right(row: Row, options: Options) -> int:
    """Which option is right, counted from 0."""
    count = len(options.texts)
    if not options.labels:
        place = row.take(*PLACE)
        if isinstance(place, list) and len(place) == 1:
            place = place[0]
        if isinstance(place, str) and place.strip().isdigit():
            place = int(place)
        if isinstance(place, int) and 0 <= place < count:
            row.take(*ANSWER)
            return place
    value = row.role("answer") if row.maps("answer") and not row.has("answerkey") else None
    value = value if value is not None else row.take(*ANSWER)
    found = _place_of(value, options, spread=row.has("option1"))
    if found is None or not 0 <= found < count:
        raise RecordError(f"answer: {value!r} is none of the {count} options")
    return found


def _place_of(value: object, options: Options, *, spread: bool) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = str(value).strip()
    if text in options.labels:
        return options.labels.index(text)
    if text in options.texts:
        return options.texts.index(text)
    letter = text.strip("().: ").upper()
    # A letter counts only after text and label: an option may be "A" itself.
    if len(letter) == 1 and letter in ascii_uppercase:
        return ascii_uppercase.index(letter)
    if text.isdigit():
        return int(text) - spread
    return None


def _posed(prompt: Prompt, texts: list[str]) -> Prompt:
    said = prompt if isinstance(prompt, str) else prompt[-1]["content"]
    if all(text in said for text in texts) and len(texts) > 2:
        return prompt
    lines = "\n".join(f"{ascii_uppercase[at]}) {text}" for at, text in enumerate(texts))
    whole = f"{said.rstrip()}\n{lines}"
    if isinstance(prompt, str):
        return whole
    return [*prompt[:-1], {"role": prompt[-1]["role"], "content": whole}]
