"""The table of equality: what a new type of value takes, and that every row is needed."""

from contextlib import suppress
from dataclasses import dataclass

import pytest

from veritune.algebra.equality import relate
from veritune.algebra.equality.comparer import Comparer
from veritune.algebra.equality.policy import DEFAULT
from veritune.algebra.equality.relate import TABLE, Relater
from veritune.algebra.limits import UnparsedError
from veritune.algebra.reading import read as reading
from veritune.algebra.reading.read import FORMS, read
from veritune.algebra.trees.nodes import Add, Collection, Node, Num


@dataclass(frozen=True, slots=True)
class Uncertain(Node):
    """A value that may be off by so much."""

    value: Node
    off: Node


def same_uncertain(gold: Node, pred: Node, comparer: Comparer) -> bool:
    match gold, pred:
        case Uncertain(value, off), Uncertain(other, gap):
            return comparer.same(value, other) and comparer.same(off, gap)
        case _:
            return False


def uncertain(text: str) -> Node | None:
    value, sign, off = text.partition(" give or take ")
    return Uncertain(read(value), read(off)) if sign else None


def test_a_new_form_is_read_by_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FORMS", (uncertain, *FORMS))
    monkeypatch.setattr(relate, "TABLE", {(Uncertain, Node): same_uncertain} | TABLE)
    gold, right, wrong = map(read, [f"{value} give or take 1" for value in ("1/3", "2/6", "3/6")])
    assert gold == Uncertain(read("1/3"), Num(1))
    assert Relater(DEFAULT).same(gold, right)
    assert not Relater(DEFAULT).same(gold, wrong)


def test_a_new_type_of_value_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    third, other = Uncertain(read("1/3"), Num(1)), Uncertain(read("2/6"), Add((Num(2), Num(-1))))
    pairs = [(third, other), (third, Uncertain(read("1/3"), Num(2)))]
    lists = Collection("list", (Num(5), third)), Collection("list", (other, Num(5)))

    def compared() -> list[bool]:
        return [Relater(DEFAULT).same(*pair) for pair in [*pairs, lists]]

    with pytest.raises(UnparsedError):  # no row is for it
        compared()
    row = {(Uncertain, Node): same_uncertain}
    monkeypatch.setattr(relate, "TABLE", row | TABLE)
    assert compared() == [True, False, True]


# Two answers that are the same by one row alone; without it they are not.
ROWS = {
    "Choice Node": ("(B) 42", "42"),
    "DateTime Node": ("3:45 p.m.", "15:45"),
    "Labelled Node": ("Minimum: 1", "1"),
    "Collection Text": ("A, C", r"\text{AC}"),
    "Collection Mul": ("A, C", "AC"),
    "Text Node": (r"\text{AC}", "AC"),
    "SetNode Node": ("x > 2", r"(2, \infty)"),
    "Collection Node": ("1, 2", "2, 1"),
    "Relation Node": ("x + y = 1", "2x + 2y = 2"),
    "Matrix Node": (
        r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}",
        r"\begin{pmatrix} 2/2 \\ 4/2 \end{pmatrix}",
    ),
    "Ratio Ratio": ("4:6:2", "2:3:1"),
    "Node Node": ("1/2", "2/4"),
}


@pytest.mark.parametrize("name", ROWS)
def test_every_row_decides_something(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gold, pred = map(read, ROWS[name])
    assert Relater(DEFAULT).same(gold, pred)
    rest = {
        pair: rule for pair, rule in TABLE.items() if name != " ".join(k.__name__ for k in pair)
    }
    assert len(rest) == len(TABLE) - 1
    monkeypatch.setattr(relate, "TABLE", rest)
    with suppress(UnparsedError):  # where the rows that are left have no value for it
        assert not Relater(DEFAULT).same(gold, pred)
