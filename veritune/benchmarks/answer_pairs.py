"""Pairs of answers to measure the answers wing on: labelled files, plain numbers, bombs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal, TypedDict, cast

from veritune.errors import InputError
from veritune.files import iter_rows
from veritune.verifiers import AnswerPolicy, Comparison, compare, extract_answer

KEYS = frozenset({"gold", "pred", "expected"})


class PairSettings(TypedDict):
    """What Math-Verify's tests set: the kinds of answers that are looked for, and how alike."""

    match_types: list[str]
    precision: int
    strict: bool
    allow_set_relation_comp: bool


@dataclass(frozen=True, slots=True)
class AnswerPair:
    """Two texts, whether their answers are the same, and the settings of the test they are from.

    `settings` may name match_types (["latex"], ["expr"] or both), precision (decimals),
    strict and allow_set_relation_comp, as Math-Verify's own tests do; None for bare answers.
    """

    gold: str
    pred: str
    expected: bool
    settings: PairSettings | None = None


def read_pairs(path: Path) -> list[AnswerPair]:
    """The rows of a file with gold, pred, expected and perhaps settings."""
    pairs: list[AnswerPair] = []
    for line, row in iter_rows(path):
        if lacking := KEYS - row.keys():
            why = f"no {', '.join(sorted(lacking))}; a pair has gold, pred and expected"
            raise InputError(f"{path}, line {line}: {why}")
        pairs.append(
            AnswerPair(
                gold=str(row["gold"]),
                pred=str(row["pred"]),
                expected=bool(row["expected"]),
                settings=cast("PairSettings", row) if "match_types" in row else None,
            )
        )
    return pairs


def has_pairs(path: Path) -> bool:
    """Whether a file begins with a pair."""
    return any(row.keys() >= KEYS for _, row in islice(iter_rows(path), 1))


def policy_of(pair: AnswerPair) -> AnswerPolicy:
    """Math-Verify's settings as knobs of ours; the defaults where there are none."""
    settings = pair.settings
    if settings is None:
        return AnswerPolicy()
    return AnswerPolicy(
        tolerance=10.0 ** -settings["precision"],
        decimal_comma=settings["match_types"] == ["expr"],
        rename_variables=not settings["strict"],
        sets_as_inequalities=settings["allow_set_relation_comp"],
    )


def answers_of(pair: AnswerPair) -> tuple[str, str] | None:
    """Both answers: found leniently in whole texts where there are settings, else as they are."""
    if pair.settings is None:
        return pair.gold, pair.pred
    kinds: dict[tuple[str, ...], Literal["latex", "plain"]] = {
        ("latex",): "latex",
        ("expr",): "plain",
    }
    only = kinds.get(tuple(pair.settings["match_types"]))
    found = extract_answer(pair.gold, mode="lenient", only=only)
    gold = found.parts[0] if _restated(found.parts) else found.answer
    pred = extract_answer(pair.pred, mode="lenient", only=only).answer
    return None if gold is None or pred is None else (gold, pred)


def _restated(parts: Sequence[str]) -> bool:
    """Whether all are forms of one value, as `x = 1/5, or 20 percent` are."""
    return len(parts) > 1 and all(compare(parts[0], part).equal for part in parts[1:])


def compare_pair(pair: AnswerPair) -> Comparison | None:
    """What the answers wing says to a pair; None where a side has no answer."""
    found = answers_of(pair)
    return None if found is None else compare(*found, policy_of(pair))


def plain_pairs(count: int) -> list[AnswerPair]:
    """Numbers as final answers of word problems come: right ones respelled, and wrong ones."""
    pairs: list[AnswerPair] = []
    for k in range(count):
        # A prime step: numbers of all lengths, none twice.
        number = (k * 7919) % 100_000 + 1000
        shown = (f"{number:,}", f"${number}$", f"{number}.00", f"\\${number}", f"{number + 1}")
        pairs.append(AnswerPair(str(number), shown[k % 5], k % 5 != 4))
    return pairs


def usual_pairs() -> list[AnswerPair]:
    """A few dozen answers of the usual kinds, where no labelled file is at hand."""
    right = (
        (r"\frac{1}{2}", "0.5"), (r"\sqrt{8}", r"2\sqrt{2}"), ("x^2-1", "(x-1)(x+1)"),
        ("(1,2)", r"\left(1, 2\right)"), ("1,2,3", r"\{3,2,1\}"), ("x=5", "5"), ("5 m", "500 cm"),
        (r"(-\infty,2)", "x<2"), (r"\frac{\pi}{4}", r"45^\circ"), ("25\\%", r"\frac14"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", "(1,2)"), ("y=2x+1", "2x-y+1=0"),
        (r"1\pm\sqrt{2}", r"1+\sqrt2,1-\sqrt2"), (r"\sin^2 x", r"1-\cos^2 x"), ("3:2", "6:4"),
        (r"\text{no solution}", r"\emptyset"), ("204_5", "54"), ("f(x)=x^2", "f(t)=t^2"),
    )  # fmt: skip
    wrong = (
        (r"\frac{1}{2}", "0.51"), (r"\sqrt{8}", r"2\sqrt{3}"), ("(1,2)", "(2,1)"), ("5", "4, 5"),
        ("5 m", "5 cm"), ("x<2", r"x\le 2"), ("|x|", "x"), ("204_5", "204_6"),
        ("10^{-21}", "10^{-20}"),
    )  # fmt: skip
    return [AnswerPair(*pair, True) for pair in right] + [
        AnswerPair(*pair, False) for pair in wrong
    ]


def bombs(count: int) -> list[AnswerPair]:
    """Answers that try to use up time or memory."""
    variables = "+".join(f"x_{{{k}}}^{{7}}" for k in range(40))
    kinds = (
        "9^{9^{9^{9^{9}}}}", "2^{" * 30 + "2" + "}" * 30, "1000000!", "(((((9!)!)!)!)!)",
        r"\binom{10^{12}}{10^{11}}", "(" * 500 + "1" + ")" * 500, f"({variables})^{{12}}",
        r"\frac{" * 200 + "1" + "}{2}" * 200, "x" * 1_000_000, "7" * 1_000_000,
        r"\sum_{a=1}^{900}\sum_{b=1}^{900}\sum_{c=1}^{900} abc", r"\sqrt{" * 200 + "2" + "}" * 200,
        r"\sin(10^{10^{10}})", "+".join(rf"\sqrt{{{k}}}" for k in range(2, 300)),
        r"\prod_{k=1}^{1999} (k+\sqrt{k})^{199}", "(x+1)^{99999999}", "1,2," * 900 + "3",
    )  # fmt: skip
    return [AnswerPair(r"\sqrt{2}+1", kinds[k % len(kinds)], False) for k in range(count)]
