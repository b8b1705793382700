"""Every GSM8K reference accepts itself respelled, and nothing one off."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritune.verifiers.answers import compare, extract_answer

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
TEST = DATA / "gsm8k" / "test.jsonl"

RESPELLINGS: tuple[Callable[[int], str], ...] = (
    str,
    lambda n: f"{n:,}",
    lambda n: f"{n:,}".replace(",", "{,}"),
    lambda n: f"{n:,}".replace(",", "\\,"),
    lambda n: f"{n:,}".replace(",", "\u2009"),
    lambda n: f"{n}.0",
    lambda n: f"{n}.",
    lambda n: f"${n}$",
    lambda n: f"\\${n}",
    lambda n: f"x = {n}",
    lambda n: f"\\frac{{{2 * n}}}{{2}}",
    lambda n: f"{n}\\text{{ apples}}",
    lambda n: f"\\text{{{n}}}",
    lambda n: f"{n * 10}e-1",
    lambda n: f"+{n}" if n >= 0 else str(n),
)


def references() -> list[int]:
    if not TEST.exists():
        pytest.skip("no gsm8k in ../shared/data")
    rows = [json.loads(line) for line in TEST.read_text().splitlines()]
    return [int(row["answer"].rpartition("####")[2].replace(",", "")) for row in rows]


def test_each_reference_accepts_itself_however_it_is_spelled() -> None:
    refused = [
        (number, spell(number))
        for number in references()
        for spell in RESPELLINGS
        if not compare(str(number), spell(number)).equal
    ]
    assert refused == []


def test_each_reference_refuses_its_neighbours() -> None:
    accepted = [
        (number, spell(number + step))
        for number in references()
        for step in (1, -1)
        for spell in RESPELLINGS
        if compare(str(number), spell(number + step)).equal
    ]
    assert accepted == []


@settings(max_examples=200, deadline=None)
@given(
    number=st.integers(-(10**12), 10**12),
    spell=st.sampled_from(RESPELLINGS),
    step=st.sampled_from([0, 1, -1]),
)
def test_any_number_is_itself_and_not_its_neighbour(
    number: int, spell: Callable[[int], str], step: int
) -> None:
    assert compare(str(number), spell(number + step)).equal == (step == 0)


@settings(max_examples=100, deadline=None)
@given(number=st.integers(0, 10**9), words=st.text(alphabet="abc xyz,.0123456789", max_size=60))
def test_what_stands_before_a_box_does_not_matter(number: int, words: str) -> None:
    found = extract_answer(f"{words} so it is \\boxed{{{number}}}.")
    assert found.answer == str(number)
