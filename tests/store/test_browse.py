"""Browsing a journal: marks follow what is written, and a reader is in nobody's way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from veritune.errors import InputError
from veritune.records import Candidate, Flag, MathProblem, MathReference, TestVerdict, Verdict
from veritune.store import Browser, Filter, Store, count_set
from veritune.store.marks import KINDS, PART, kind_of

PROBLEM = MathProblem(id="a", prompt="1+1", reference=MathReference(answer="2"))


def pair(index: int, **verdict: object) -> tuple[Candidate, Verdict]:
    said = {"outcome": "passed", "score": 1.0, "reason": ""} | verdict
    candidate = Candidate(problem_id="a", index=index, text="2" * (index + 1))
    return candidate, Verdict(problem_id="a", index=index, **said)  # type: ignore[arg-type]


def found(folder: Path, **asked: object) -> list[tuple[str, int]]:
    with Browser(folder) as browser:
        page = browser.page(Filter(**asked))  # type: ignore[arg-type]
        return [(row.set, row.index) for row in page.rows]


def test_marks_are_written_once_and_forgotten_with_their_round(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.add_problems("train", [PROBLEM])
        store.add_candidates("train/1", [pair(0)[0]])
        assert found(tmp_path) == []
        # Selected before it is verified, and written again as a resumed run does.
        store.select("train/1", [("a", 0)])
        for _ in range(2):
            store.add_verified("train/1", [pair(0), pair(1, outcome="failed", score=0.0)])
            store.add_verified("train/2", [pair(0)])
        store.select("train/2", [("a", 0)])
        assert found(tmp_path) == [("train/1", 0), ("train/1", 1), ("train/2", 0)]
        assert found(tmp_path, selected=True) == [("train/1", 0), ("train/2", 0)]
        with Browser(tmp_path) as browser:
            before = browser.page(Filter(), limit=2)
            store.drop_after(1)
            assert browser.page(Filter(), before.after).rows == []
        assert found(tmp_path) == [("train/1", 0), ("train/1", 1)]
        assert found(tmp_path, set="train/2") == []


def test_a_reader_holds_up_no_checkpoint_of_the_writer(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, Browser(tmp_path) as browser:
        store.add_problems("test", [PROBLEM])
        store.add_verified("test/0", [pair(i) for i in range(100)])
        seen = browser.version()
        assert len(browser.page(Filter(), limit=10).rows) == 10
        assert len(browser.page(Filter(text="22"), limit=10).rows) == 10
        assert browser.count(Filter(), 50) == 50
        assert count_set(browser, browser.sets()["test/0"]).total == 100
        assert store._db._checkpoint()
        store.add_verified("test/0", [pair(100)])
        assert browser.version() != seen
        assert browser.count(Filter(), 1000) == 101


@pytest.mark.parametrize("sort", ["order", "longest", "shortest"])
@pytest.mark.parametrize("asked", [{}, {"set": "test/1"}, {"set": "test/1", "outcome": "passed"}])
def test_pages_join_without_a_gap(tmp_path: Path, sort: str, asked: dict[str, str]) -> None:
    with Store.open(tmp_path) as store:
        store.add_problems("test", [PROBLEM])
        for name in ("test/0", "test/1"):
            store.add_verified(name, [pair(i) for i in range(25)])
    with Browser(tmp_path) as browser:
        rows, after = [], None
        while True:
            page = browser.page(Filter(sort=sort, **asked), after, limit=7)  # type: ignore[arg-type]
            rows += [(row.set, row.index) for row in page.rows]
            after = page.after
            if after is None:
                break
    assert len(rows) == len(set(rows)) == (25 if asked else 50)


def test_a_verdict_has_the_kind_of_its_first_failing_test() -> None:
    good = TestVerdict(name="1", outcome="accepted", reason="")
    late = TestVerdict(name="2", outcome="wall time", reason="")
    failed = {"outcome": "failed", "score": 0.0}
    cases = {
        "passed": pair(0),
        "wall time": pair(0, tests=(good, late), **failed),
        "no answer found": pair(0, **failed | {"reason": "no answer found in the solution"}),
        "wrong answer": pair(0, answer="3", **failed),
        "failed": pair(0, **failed),
        "verifier error": pair(0, outcome="error", score=None),
    }
    assert {name: KINDS[kind_of(verdict)] for name, (_, verdict) in cases.items()} == {
        name: name for name in cases
    }


def test_the_heaviest_flag_counts(tmp_path: Path) -> None:
    flags = (Flag(name="b", degree="note"), Flag(name="a", degree="cheat"))
    with Store.open(tmp_path) as store:
        store.add_problems("test", [PROBLEM])
        store.add_verified("test/0", [pair(0, flags=flags), pair(1)])
    with Browser(tmp_path) as browser:
        (row,) = browser.page(Filter(flag="cheat")).rows
        assert (row.flag, row.flags) == ("cheat", "a b")
        with pytest.raises(InputError, match="no verified candidate 7 of 'a'"):
            browser.candidate("test/0", ("a", 7))


def test_lists_by_length_join_the_orders_of_all_parts(tmp_path: Path) -> None:
    lengths = [(i * 7919) % 5000 for i in range(2 * PART + 10)]
    with Store.open(tmp_path) as store:
        store.add_problems("test", [PROBLEM])
        verdict = pair(0)[1]
        rows = [
            (Candidate(problem_id="a", index=i, text="2" * length), replace(verdict, index=i))
            for i, length in enumerate(lengths)
        ]
        store.add_verified("test/0", rows)
    expected = sorted((length, i) for i, length in enumerate(lengths))
    with Browser(tmp_path) as browser:
        for sort, order in (("shortest", expected), ("longest", expected[::-1])):
            asked, after, seen = Filter(sort=sort), None, []  # type: ignore[arg-type]
            for _ in range(3):
                page = browser.page(asked, after, limit=50)
                seen += [(row.length, row.index) for row in page.rows]
                after = page.after
            assert seen == order[:150]
        few = Filter(sort="longest", least=4999)
        assert browser.count(few, 1000) == sum(length >= 4999 for length in lengths)
        assert browser.count(few, 2) == 2
