"""How models state an answer: right ones are accepted, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from extraction_forms import RIGHT, WRONG

from veritune.verifiers.answers import AnswerPolicy, extract_answer
from veritune.verifiers.answers.compare import compare_extracted
from veritune.verifiers.answers.pool import Pool


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


@pytest.mark.parametrize(("gold", "text"), RIGHT)
def test_what_is_stated_is_accepted(pool: Pool, gold: str, text: str) -> None:
    assert accepted(pool, gold, text)


@pytest.mark.parametrize(("gold", "text"), WRONG)
def test_what_is_not_stated_is_not_accepted(pool: Pool, gold: str, text: str) -> None:
    assert not accepted(pool, gold, text)
