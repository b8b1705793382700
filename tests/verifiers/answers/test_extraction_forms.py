"""How models state an answer: right ones are accepted, and nothing else is.

The forms stand in `extraction_forms.jsonl`: the reference, a solution, and whether it is right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from veritune.verifiers.answers import AnswerPolicy, extract_answer
from veritune.verifiers.answers.compare import compare_extracted
from veritune.verifiers.answers.pool import Pool

FORMS = Path(__file__).with_name("extraction_forms.jsonl")


def forms(*, expected: bool) -> list[tuple[str, str]]:
    rows = map(json.loads, FORMS.read_text().splitlines())
    return [(row["gold"], row["text"]) for row in rows if row["expected"] == expected]


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool()
    yield pool
    pool.close()


def accepted(pool: Pool, gold: str, text: str) -> bool:
    found = extract_answer(text)
    if found.answer is None:
        return False
    return compare_extracted(gold, found, AnswerPolicy(), pool).equal


@pytest.mark.parametrize("expected", [True, False])
def test_what_is_stated_is_accepted_and_nothing_else(pool: Pool, expected: bool) -> None:
    rows = forms(expected=expected)
    assert len(rows) > 400
    assert [row for row in rows if accepted(pool, *row) != expected] == []
