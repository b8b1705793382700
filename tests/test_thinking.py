"""What was thought is told from the answer, in the formats of many models."""

from __future__ import annotations

import pytest

from veritune.thinking import answer_start, first_turn, opens_thinking, split_thinking

ANSWERED = [
    ("no thought", "no thought"),
    ("", ""),
    ("<think>a</think>b", "b"),
    ("<think>a</think>b<think>c</think>d", "d"),
    ("a</think>b", "b"),
    ("<Thinking>a</Thinking>b", "b"),
    ("<thought>a</thought>b", "b"),
    ("<seed:think>a</seed:think>b", "b"),
    ("<|begin_of_thought|>a<|end_of_thought|>b", "b"),
    ("<|START_THINKING|>a<|END_THINKING|>b", "b"),
    ("[THINK]a[/THINK]b", "b"),
    ("◁think▷a◁/think▷b", "b"),
    ("<think>it says '</think>' there</think>b", "b"),
    ("the string `<think>` in text", "the string `<think>` in text"),
    ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b", "b"),
    ("<|channel|>final <|constrain|>json<|message|>b", "b"),
    ("analysisWe add.assistantfinalb", "b"),
    ("analysis of the sum", "analysis of the sum"),
]
UNFINISHED = [
    "<think>a",
    "<think>a</think>b<think>c",
    "b <think> a",
    "[THINK]a",
    "<|begin_of_thought|>a",
    "<|channel|>analysis<|message|>a<|end|>",
    "<|channel|>final<|message|>a<|end|><|channel|>analysis<|message|>b",
    "analysisWe add.",
]


@pytest.mark.parametrize(("text", "answer"), ANSWERED)
def test_the_answer_is_what_stands_behind(text: str, answer: str) -> None:
    split = split_thinking(text)
    assert split.answer == answer
    assert split.reasoning + answer == text
    assert answer_start(text) == len(split.reasoning)


@pytest.mark.parametrize("text", UNFINISHED)
def test_a_thought_without_an_end_has_no_answer(text: str) -> None:
    assert split_thinking(text) == (text, None)


def test_a_thought_that_the_prompt_opened() -> None:
    assert opens_thinking("What is 1+1?\n<think>\n")
    assert opens_thinking("[THINK]")
    assert not opens_thinking("Use <think> tags.")
    assert not opens_thinking("<think>a</think>")
    assert split_thinking("a", opened=True) == ("a", None)
    assert split_thinking("a</think>b", opened=True) == ("a</think>", "b")


@pytest.mark.parametrize(
    ("text", "turn"),
    [
        ("a", "a"),
        ("a<|im_end|>\n<|im_start|>user", "a"),
        ("<|im_start|>a<|im_end|>b", "a"),
        ("a<|return|>", "a"),
        ("a</s>b", "a"),
        ("x < y [1]", "x < y [1]"),
    ],
)
def test_the_turn_ends_where_the_model_ended_it(text: str, turn: str) -> None:
    assert first_turn(text) == turn
