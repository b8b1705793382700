"""HardVerify: right answers that are written differently, and wrong ones that look alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from veritune.benchmarks.answer_pairs import AnswerPair, compare_pair, read_pairs

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
PAIRS = DATA / "math_answers" / "hardverify_odd.jsonl"
LEAST_RECALL = 0.85

DEBATABLE = {
    ("ext{{Final strategy}}", "100"): "the reference is a broken template, not an answer",
    ("6.018", "6\\frac{1}{64}"): "6 1/64 is 6.0156, which does not round to 6.018",
    ("1.27\\%", "1.3\\%"): "printed less precisely than the reference",
    ("113.4\\%", "113.33\\%"): "113.33 rounds to 113.3, not 113.4",
    (
        "\\left[- \\frac{3\\pi}{8}, \\frac{\\pi}{8}\\right]",
        "\\left( -\\dfrac{3\\pi}{8}, \\dfrac{\\pi}{8} \\right)",
    ): "a closed interval is not an open one",
    ("ellipszis", "ellipse"): "the reference is in another language",
}
"""Pairs labelled as the same that are not, with the reason. They count as misses all the same."""


@pytest.fixture(scope="module")
def verdicts() -> list[tuple[AnswerPair, bool]]:
    if not PAIRS.exists():
        pytest.skip(f"no {PAIRS.name} in ../shared/data")
    found = [(pair, compare_pair(pair)) for pair in read_pairs(PAIRS)]
    return [(pair, result is not None and result.equal) for pair, result in found]


def test_recall(verdicts: list[tuple[AnswerPair, bool]]) -> None:
    right = [(pair, equal) for pair, equal in verdicts if pair.expected]
    missed = [f"{pair.gold!r} against {pair.pred!r}" for pair, equal in right if not equal]
    assert 1 - len(missed) / len(right) >= LEAST_RECALL, "\n".join(missed)


def test_no_wrong_answer_is_accepted(verdicts: list[tuple[AnswerPair, bool]]) -> None:
    accepted = [pair for pair, equal in verdicts if equal and not pair.expected]
    assert accepted == []


def test_debatable_labels_are_still_there_and_refused(
    verdicts: list[tuple[AnswerPair, bool]],
) -> None:
    by_text = {(pair.gold, pair.pred): (pair.expected, equal) for pair, equal in verdicts}
    assert {key: by_text[key] for key in DEBATABLE} == dict.fromkeys(DEBATABLE, (True, False))
