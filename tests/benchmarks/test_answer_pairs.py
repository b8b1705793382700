"""Pairs of answers that the answers wing is measured on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from veritune.benchmarks.answer_pairs import has_pairs, policy_of, read_pairs
from veritune.cli import main

PAIR = {"gold": r"\frac12", "pred": "0.5", "expected": True}


def test_other_rows_are_no_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs, others = tmp_path / "pairs.jsonl", tmp_path / "others.jsonl"
    pairs.write_text(json.dumps(PAIR) + "\n")
    others.write_text('{"gold": "1", "text": "It is 1.", "expected": true}\n')
    assert has_pairs(pairs) and not has_pairs(others)
    (pair,) = read_pairs(pairs)
    assert (pair.gold, pair.pred, pair.expected) == (r"\frac12", "0.5", True)
    assert policy_of(pair).tolerance == 0
    words = ["bench", "throughput", "--what", "answers", "--pairs", str(others)]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert f"{others}, line 1: no pred" in said and said.count("\n") == 1
