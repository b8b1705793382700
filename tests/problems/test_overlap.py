"""Copies of held-out problems are found, however written; siblings of a template are not."""

from collections.abc import Callable

import pytest

from veritune.problems.overlap import overlaps
from veritune.records import MathProblem, MathReference, Problem

STORIES = (
    "Weng earns $12 an hour for babysitting. Yesterday, she just did 50 minutes of it. How much did"
    " she earn?",
    "A robe takes 2 bolts of blue fiber and half that much white fiber. How many bolts does it take"
    " in total?",
    "Janet's ducks lay 16 eggs a day. She eats three for breakfast every morning, bakes muffins for"
    " her friends every day with four, and sells the rest for $2 each. How much is that a day?",
    "Ken made a box with 2 pounds of jelly beans. He added 1,000 grams of gummy worms.",
    "What is the largest prime number below 90?",
)
TEMPLATES = (
    "What is {} + {}?",
    "Write a function that returns the sum of {} and x, where x is the number {}.",
    "Compute {} times {} and write the result into a box, step by step.",
    "A farmer has {} red hens and sells {} eggs a day at the market. How many does he sell a week?",
)


def asked(id: str, prompt: str, answer: str = "1") -> Problem:
    return MathProblem(id=id, prompt=prompt, reference=MathReference(answer=answer))


def held() -> list[Problem]:
    return [asked(f"test-{at}", text, str(at)) for at, text in enumerate(STORIES)]


def without_word(text: str) -> str:
    """One word in the middle is another."""
    words = text.split()
    at = next(i for i in range(len(words) // 2, -1, -1) if words[i].isalpha())
    return " ".join([*words[:at], "zebra", *words[at + 1 :]])


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda text: text.replace(" ", " \n "),
        without_word,
        lambda text: f"Solve this with care. {text} Put the answer into a box.",
        lambda text: text.replace("1,000", "1000").rstrip(".?"),
    ],
    ids=["case", "space", "word", "around", "marks"],
)
def test_copies_are_found(change: Callable[[str], str]) -> None:
    pool = [asked(f"copy-{at}", change(text), str(at)) for at, text in enumerate(STORIES)]
    pool += [asked(f"other-{n}", f"A train with {n} cars leaves the old town.") for n in range(40)]
    found = overlaps(pool, held())
    assert found == {p.id: p.id.replace("copy", "test") for p in pool if p.id.startswith("copy")}


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(("train", "test"), [(1, 1), (5, 5), (40, 10), (200, 50)])
def test_what_shares_a_template_alone_is_no_copy(template: str, train: int, test: int) -> None:
    texts = [template.format(n % 17 + 2, n // 17 + 3) for n in range(train + test)]
    problems = [asked(f"p{n}", text, str(n)) for n, text in enumerate(texts)]
    assert overlaps(problems[:train], problems[train:]) == {}


def test_a_template_of_words_is_known_by_its_many_problems() -> None:
    words = [
        "sum",
        "product",
        "mean",
        "median",
        "mode",
        "range",
        "count",
        "first",
        "last",
        "second",
        "third",
        "squares",
    ]
    form = "Write a Python function that takes a list of integers and returns the {} of them."
    problems = [asked(word, form.format(word)) for word in words]
    assert overlaps(problems[:8], problems[8:]) == {}


def test_signs_alone_are_no_words() -> None:
    pool, test = [asked("a", "7+1=========")], [asked("b", "3+1===========")]
    assert overlaps(pool, test) == {}
