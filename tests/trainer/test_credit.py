"""Credit: where the rewards stand, what they sum to, and who gets none."""

import random
from math import exp
from typing import Literal

import pytest

from veritune.config import CreditConfig, ScratchConfig
from veritune.models import build_scratch
from veritune.models.token_ends import token_ends
from veritune.records import Flag, StepLabel, StepVerdict, Verdict
from veritune.trainer.credit import assign_credit, form_rewards

Outcome = Literal["passed", "failed", "error"]
LABELS: tuple[StepLabel, ...] = ("correct", "incorrect", "unchecked")


def verdict(
    steps: list[tuple[int, int, StepLabel]] = [],  # noqa: B006
    outcome: Outcome = "passed",
    flags: tuple[str, ...] = (),
    score: float | None = None,
) -> Verdict:
    given = {"passed": 1.0, "failed": 0.0, "error": None}[outcome] if score is None else score
    return Verdict(
        problem_id="p",
        index=0,
        outcome=outcome,
        score=given,
        reason="",
        flags=tuple(Flag(name=name, degree="cheat") for name in flags),
        steps=tuple(StepVerdict(start=a, end=b, label=c, reason="") for a, b, c in steps),
    )


def rewards(told: Verdict, ends: list[int], **config: object) -> list[float]:
    credit = assign_credit(told, ends, CreditConfig.model_validate(config))
    assert credit is not None
    return credit.rewards()


STEPS: list[tuple[int, int, StepLabel]] = [
    (0, 3, "correct"),
    (3, 6, "incorrect"),
    (6, 9, "unchecked"),
    (9, 11, "correct"),
]
ENDS = [*range(1, 12), 11]
"""Eleven characters, one a token, and the end token behind them."""


def test_the_outcome_stands_on_the_end_token() -> None:
    assert rewards(verdict(), ENDS) == [0.0] * 11 + [1.0]
    assert rewards(verdict(outcome="failed"), ENDS) == [0.0] * 12
    assert rewards(verdict(score=0.25), ENDS, outcome=2.0) == [0.0] * 11 + [0.5]


def test_a_step_earns_on_its_last_token_and_an_unchecked_one_nothing() -> None:
    got = rewards(verdict(STEPS), ENDS, outcome=0, process=1, form="sum", correct=2, incorrect=-3)
    assert {i: r for i, r in enumerate(got) if r} == {2: 2.0, 5: -3.0, 10: 2.0}


def test_mixed_credit_is_the_sum_of_both() -> None:
    both = rewards(verdict(STEPS), ENDS, outcome=0.5, process=2, form="delta")
    one = rewards(verdict(STEPS), ENDS, outcome=0.5)
    other = rewards(verdict(STEPS), ENDS, outcome=0, process=2, form="delta")
    assert both == pytest.approx([a + b for a, b in zip(one, other, strict=True)])


def test_what_follows_a_step_sums_to_its_form() -> None:
    """sum: all values to come; delta: the step's own; min: about the worst of all."""
    rng = random.Random(0)
    for _ in range(50):
        values = [rng.uniform(-1, 1) for _ in range(rng.randint(1, 9))]
        assert form_rewards(values, "sum", 0.1) == pytest.approx(values)
        delta = form_rewards(values, "delta", 0.1)
        assert [sum(delta[k:]) for k in range(len(values))] == pytest.approx(values)
        low = form_rewards(values, "min", 0.1)
        weights = [exp(-v / 0.1) for v in values]
        plain = [v * w / sum(weights) for v, w in zip(values, weights, strict=True)]
        assert low == pytest.approx(plain, abs=1e-9)
        assert sum(form_rewards(values, "min", 1e-3)) == pytest.approx(min(values), abs=1e-2)


def test_writing_more_right_steps_does_not_pay_in_the_min_form() -> None:
    assert sum(form_rewards([1.0] * 3, "min", 0.1)) == pytest.approx(1.0)
    assert sum(form_rewards([1.0] * 30, "min", 0.1)) == pytest.approx(1.0)
    assert form_rewards([1.0, -1.0, 1.0], "all", 0.1) == [0.0, 0.0, -1.0]
    assert form_rewards([1.0, 1.0], "all", 0.1) == [0.0, 1.0]


def test_an_error_has_no_credit() -> None:
    assert assign_credit(verdict(STEPS, "error"), ENDS, CreditConfig(process=1.0)) is None


def test_a_truncated_candidate_earns_what_its_verdict_says_on_its_last_token() -> None:
    credit = assign_credit(verdict(STEPS), ENDS[:-1], CreditConfig(process=1.0, form="sum"))
    assert credit is not None and credit.outcome == ((10, 1.0),)
    assert [position for position, _ in credit.steps] == [2, 5, 10]


def test_a_hack_that_passed_earns_nothing() -> None:
    assert rewards(verdict(flags=("exits",)), ENDS) == [0.0] * 12


def test_steps_of_tokens_with_several_characters() -> None:
    """Tokens 'ab', 'c;', 'd', 'e;': steps end inside and at the end of tokens."""
    ends = [2, 4, 5, 7, 7]
    told = verdict([(0, 3, "correct"), (3, 7, "incorrect"), (7, 7, "correct")])
    got = rewards(told, ends, outcome=0, process=1, form="sum")
    assert got == [0.0, 1.0, 0.0, -1.0, 0.0]


def test_random_spans_reward_the_token_that_holds_the_last_character() -> None:
    rng = random.Random(1)
    for _ in range(100):
        widths = [rng.choice([0, 1, 1, 2, 3]) for _ in range(rng.randint(1, 20))]
        ends = [sum(widths[: i + 1]) for i in range(len(widths))]
        if not ends[-1]:
            continue
        cuts = sorted({rng.randint(1, ends[-1]) for _ in range(4)} | {ends[-1]})
        steps = [(a, b, rng.choice(LABELS)) for a, b in zip([0, *cuts[:-1]], cuts, strict=True)]
        expected = [0.0] * len(ends)
        for _, end, label in steps:
            for i, last in enumerate(ends):
                first = ends[i - 1] if i else 0
                if first < end <= last and label != "unchecked":
                    expected[i] += 1.0 if label == "correct" else -1.0
        assert rewards(verdict(steps), ends, outcome=0, process=1, form="sum") == expected


def test_token_ends_of_a_character_tokenizer() -> None:
    _, tokenizer = build_scratch(ScratchConfig(), 0)
    ids = [*tokenizer.encode("95;80;", add_special_tokens=False), tokenizer.eos_token_id]
    assert token_ends(tokenizer, ids, "95;80;") == [1, 2, 3, 4, 5, 6, 6]
    assert token_ends(tokenizer, ids, "95;8") == [1, 2, 3, 4, 4, 4, 4]


def test_token_ends_of_bytes_that_share_a_character() -> None:
    """A byte-level vocabulary without merges: every non-ASCII character is several tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, clean_up_tokenization_spaces=False)
    text = "aé b✓."
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert token_ends(tokenizer, ids, text) == [1, 1, 2, 3, 4, 4, 4, 5, 6]


@pytest.mark.parametrize("form", ["min", "all"])
def test_the_answer_is_the_last_step_where_only_the_worst_counts(form: str) -> None:
    config = CreditConfig(outcome=0.0, process=1.0, form=form)  # type: ignore[arg-type]

    def total(outcome: str, labels: list[str]) -> float:
        steps = tuple(
            StepVerdict(start=3 * at, end=3 * at + 3, label=label, reason="")  # type: ignore[arg-type]
            for at, label in enumerate(labels)
        )
        score = 1.0 if outcome == "passed" else 0.0
        verdict = Verdict(
            problem_id="a", index=0, outcome=outcome, score=score, reason="", steps=steps  # type: ignore[arg-type]
        )  # fmt: skip
        ends = list(range(1, 3 * len(labels) + 2))
        found = assign_credit(verdict, ends, config)
        assert found is not None
        return sum(found.rewards())

    right = ["correct"] * 3
    assert total("passed", right) == pytest.approx(1)
    for outcome, labels in (
        ("failed", right[:1]),
        ("failed", []),
        ("passed", ["correct", "incorrect", "correct"]),
        ("failed", ["incorrect", "incorrect"]),
    ):
        assert total(outcome, labels) == pytest.approx(-1, abs=1e-6)
