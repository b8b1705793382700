"""Where the answer is taken from, and where it is not."""

from __future__ import annotations

import pytest

from veritune.verifiers.answers import extract_answer

STATED = [
    (r"so \boxed{5}", "5"),
    (r"first \boxed{4}. Then \boxed{5}", "5"),
    (r"put it in \boxed{}: \boxed{7}", "7"),
    (r"\boxed{7}, as asked in \boxed{}", "7"),
    (r"\boxed{\frac{1}{\sqrt{2}}}", r"\frac{1}{\sqrt{2}}"),
    (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
    (r"\boxed{1} and \boxed{2}", "1, 2"),
    (r"\boxed{5} \boxed{5}", "5"),
    (r"\boxed{28}$ percent", "28 percent"),
    (r"\fbox{3}", "3"),
    (r"$\\boxed{8}$", "8"),
    ("The final answer is 12.", "12"),
    ("**Final Answer**\n\n12\n", "12"),
    ("The final answer is $x = 3$. I hope it is correct.", "x = 3"),
    ("The final answer is 3. No: the final answer is 4.", "4"),
    (r"\boxed{3} is a step. The final answer is 4.", "4"),
    ("The answer is 3.14.", "3.14"),
    ("Answer: 9", "9"),
    (r"\boxed{3}<|im_end|>user: \boxed{4}", "3"),
]
NOTHING = [
    "",
    "the sum is 42",
    "42",
    r"so \boxed{42",
    r"\boxed{4} and later \boxed{5",
    r"\boxed{}",
    r"\boxed{ }",
    "I do not know the answer",
    "therefore 3 + 4 = 7",
    "$42$",
]
LENIENT = [
    ("the sum is 42", "42", "number"),
    ("so we get $x = 5$ in the end", "x = 5", "math"),
    ("42", "42", "whole"),
    ("between $1$ and $2$", "1, 2", "math"),
    ("it grows by 100%.", "100%", "number"),
    (r"so \boxed{42}", "42", "box"),
]


@pytest.mark.parametrize(("text", "answer"), STATED)
def test_what_is_stated_is_read(text: str, answer: str) -> None:
    found = extract_answer(text)
    assert found.answer == answer
    assert not found.guessed


@pytest.mark.parametrize("text", NOTHING)
def test_no_number_that_merely_occurs_is_taken(text: str) -> None:
    assert extract_answer(text).answer is None


@pytest.mark.parametrize(("text", "answer", "source"), LENIENT)
def test_lenient_says_where_it_looked(text: str, answer: str, source: str) -> None:
    found = extract_answer(text, mode="lenient")
    assert (found.answer, found.source) == (answer, source)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"The final answer is \boxed{5}.", "5"),
        ("<answer>5</answer>", "5"),
        ("8 - 3\n#### 5", "5"),
        ("The final answer is 5.", None),
        ("**Answer:** 5", None),
        (r"\boxed{4}. The final answer is 5.", "4"),
        ("5", None),
    ],
)
def test_strict_reads_boxes_and_tags_alone(text: str, answer: str | None) -> None:
    assert extract_answer(text, mode="strict").answer == answer


@pytest.mark.parametrize(
    ("marker", "text", "answer"),
    [
        ("<answer>", "<answer>4</answer> no: <answer>\n5\n</answer>", "5"),
        ("<answer>", "<answer>5", None),
        ("<result>", "<result>The answer is 5.</result>", "5"),
        ("[ANS]", "[ANS]5[/ANS] and so on", "5"),
        ("####", "steps\n####\n5", "5"),
        ("####", "steps #### 5 (five)", "5 (five)"),
        ("####", r"steps #### \boxed{5}", "5"),
        ("####", "#### 4\n<think>hm</think>\n#### 5", "5"),
        ("The result:", "The result: x = 5.", "x = 5"),
        ("####", r"no marker, so the box: \boxed{5}", "5"),
    ],
)
def test_markers(marker: str, text: str, answer: str | None) -> None:
    assert extract_answer(text, marker=marker).answer == answer


def test_a_thinking_block_that_the_prompt_opened() -> None:
    assert extract_answer(r"\boxed{4}", thinking_opened=True).answer is None
    assert extract_answer(r"\boxed{4}</think>\boxed{5}", thinking_opened=True).answer == "5"
    assert extract_answer(r"\boxed{4}", mode="lenient", thinking_opened=True).answer is None


def test_a_marker_wins_and_ends_with_its_line() -> None:
    found = extract_answer("#### 3\n\\boxed{4}\n#### 5 apples\nmore", marker="####")
    assert (found.answer, found.source) == ("5 apples", "marker")


def test_an_empty_marker_is_no_answer() -> None:
    assert extract_answer("\\boxed{4}\n####", marker="####").answer is None


@pytest.mark.parametrize(
    "text",
    [
        "\\" * 300_000,
        "\n" * 300_000,
        "$ " * 150_000,
        "\\boxed{" * 50_000,
        "\\boxed{1}" * 30_000,
        "\\( " * 100_000,
        "final answer is " * 20_000,
        "1," * 150_000,
        "answer: " * 40_000,
        "the answer is (in " * 20_000,
        "**" * 150_000,
        "<answer>" * 40_000,
        "<answer>1</answer>" * 20_000,
        "<think>" * 40_000,
        "Question: answer: 1\n" * 15_000,
        "the answer is 1, which is " + "so 2, because " * 20_000,
        "wait, " * 60_000,
        "so 1 is " * 40_000,
        "答案" * 150_000,
        "the final " * 30_000,
        "\\boxed{" + "{" * 100_000 + "}" * 100_000 + "}",
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.timeout(60)
def test_huge_texts_are_read_in_linear_time(text: str) -> None:
    extract_answer(text)
    extract_answer(text, mode="lenient")
