"""Math-Verify's own test cases, with the settings that each row names."""

from __future__ import annotations

from pathlib import Path

import pytest

from veritune.benchmarks.answer_pairs import compare_pair, read_pairs

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
PAIRS = DATA / "math_answers" / "math_verify.jsonl"
FEWEST = 268


def test_agrees_with_math_verifys_own_tests() -> None:
    if not PAIRS.exists():
        pytest.skip(f"no {PAIRS.name} in ../shared/data")
    pairs = read_pairs(PAIRS)
    wrong = []
    for number, pair in enumerate(pairs):
        found = compare_pair(pair)
        if (found is not None and found.equal) != pair.expected:
            reason = found.reason if found is not None else "no answer found"
            wrong.append(f"{number} {pair.settings['source']}: {reason}")
    assert len(pairs) - len(wrong) >= FEWEST, "\n".join(wrong)
