"""Random formulas, whole and damaged: no crash, no time beyond the limit, no lopsided relation."""

from __future__ import annotations

import os
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritune.algebra.equality.policy import AnswerPolicy
from veritune.algebra.reading.clean import clean
from veritune.verifiers.answers.decide import decide
from veritune.verifiers.answers.extract import extract_answer
from veritune.verifiers.answers.pool import SECONDS

POLICY = AnswerPolicy()
FUZZ_SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
PAIRS = 4000
ATOMS = (
    "0", "1", "2", "3", "7", "10", "12", "100", "1000", "x", "y", "n", "k", "a", "\\pi", "e", "i",
    "\\infty", "\\alpha", "\\theta", "AB", "abc", "x_1", "a_{n+1}", "\\sqrt2", "\\frac12",
    "\\text{cm}", "\\text{ and }", "\\text{odd}", "50\\%", "30^\\circ", "\\$5", "\\mathbb{R}",
    "\\emptyset", "1,000", "0.5", "3.14", "1e5", "101_2", "5!", "\\ldots",
)  # fmt: skip
WRAPS = (
    "({})", "[{}]", "\\{{{}\\}}", "|{}|", "\\sqrt{{{}}}", "\\sqrt[3]{{{}}}", "-{}", "\\sin({})",
    "\\ln({})", "\\lfloor {} \\rfloor", "{}^2", "{}!", "f({})", "\\text{{{}}}", "${}$",
    "\\boxed{{{}}}",    "\\left( {} \\right)", "x={}", "x>{}", "\\overline{{{}}}",
    "\\begin{{pmatrix}}{}\\end{{pmatrix}}",
)  # fmt: skip
JOINS = (
    "{}+{}", "{}-{}", "{}{}", "{} \\cdot {}", "{}/{}", "\\frac{{{}}}{{{}}}", "{{{}}}^{{{}}}",
    "{},{}", "({},{})", "[{},{})", "{}={}", "{}<{}", "{} \\cup {}", "{} \\text{{ or }} {}",
    "{} \\pm {}", "{}:{}", "\\binom{{{}}}{{{}}}", "\\{{{} \\mid {}\\}}", "{};{}", "{} and {}",
    "\\sum_{{k=1}}^{{{}}} {}", "\\log_{{{}}} {}", "{} \\in {}", "{} & {} \\\\", "{} if {}",
)  # fmt: skip
DAMAGE = "{}()[]\\$^_,;:=<>|+-*/!%&'\". 0123456789abxXπ√²½≤\u2212\n\t\x0c"

formulas = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(WRAPS), inner).map(lambda pair: pair[0].format(pair[1])),
        st.tuples(st.sampled_from(JOINS), inner, inner).map(lambda t: t[0].format(t[1], t[2])),
    ),
    max_leaves=12,
)
numbers = st.recursive(
    st.sampled_from(("1", "2", "3", "5", "\\pi", "\\sqrt2", "x", "y")),
    lambda inner: st.tuples(
        st.sampled_from(("({}+{})", "({}-{})", "{}\\cdot {}", "\\frac{{{}}}{{{}}}", "({},{})")),
        inner,
        inner,
    ).map(lambda t: t[0].format(t[1], t[2])),
    max_leaves=6,
)


def bounded(gold: str, pred: str) -> bool:
    """The verdict; fails where it takes longer than a worker would be given."""
    start = time.process_time()
    result = decide(gold, pred, POLICY)
    assert time.process_time() - start < 10 * SECONDS, (gold, pred)
    return result.equal


@settings(max_examples=150, deadline=None)
@given(formulas, formulas)
def test_formulas_are_compared_without_a_crash(gold: str, pred: str) -> None:
    bounded(gold, pred)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.text(alphabet=DAMAGE, max_size=80))
def test_any_text_is_read_without_a_crash(gold: str, pred: str) -> None:
    bounded(gold, pred)
    extract_answer(pred, mode="lenient")
    clean(gold)


@settings(max_examples=100, deadline=None)
@given(numbers, numbers)
def test_the_relation_of_exact_answers_is_symmetric(left: str, right: str) -> None:
    assert bounded(left, right) == bounded(right, left)


@settings(max_examples=100, deadline=None)
@given(numbers)
def test_an_answer_is_itself(formula: str) -> None:
    assert bounded(formula, f" {formula} ")


def damaged(text: str, draw: random.Random) -> str:
    """The text with a few signs lost, doubled or put in."""
    for _ in range(draw.randint(1, 4)):
        at = draw.randint(0, len(text))
        text = draw.choice(
            (
                text[:at] + draw.choice(DAMAGE) + text[at:],
                text[:at] + text[at + draw.randint(1, 5) :],
                text[:at] + text[at - 3 : at] + text[at:],
            )
        )
    return text


def grown(draw: random.Random, depth: int) -> str:
    """A random formula."""
    if depth == 0 or draw.random() < 0.2:
        return draw.choice(ATOMS)
    if draw.random() < 0.4:
        return draw.choice(WRAPS).format(grown(draw, depth - 1))
    return draw.choice(JOINS).format(grown(draw, depth - 1), grown(draw, depth - 1))


def attacked(seed: int) -> None:
    """One random pair; a failure names its seed."""
    draw = random.Random(seed)
    gold = grown(draw, draw.randint(1, 4))
    near = draw.random() < 0.5
    pred = damaged(gold, draw) if near else grown(draw, draw.randint(1, 4))
    try:
        bounded(gold, pred)
        bounded(gold, gold + " ")
        extract_answer(damaged(f"so \\boxed{{{pred}}}, or $x$", draw), mode="lenient")
    except Exception as error:
        raise AssertionError(f"seed {seed}: {gold!r} against {pred!r}: {error!r}") from error


@pytest.mark.no_cover
def test_random_pairs_are_compared_without_a_crash() -> None:
    for seed in range(PAIRS):
        attacked(seed)


@pytest.mark.slow
@pytest.mark.skipif(not FUZZ_SECONDS, reason="set FUZZ_SECONDS, such as 600")
@pytest.mark.timeout(FUZZ_SECONDS + 300)
def test_minutes_of_fuzzing() -> None:
    """So many seconds of new random pairs."""
    end = time.monotonic() + FUZZ_SECONDS
    seed = random.SystemRandom().randrange(10**9)
    while time.monotonic() < end:
        seed += 1
        attacked(seed)
