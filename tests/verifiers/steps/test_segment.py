"""Steps as spans: what they are, and that they partition any text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritune.verifiers.steps import steps_of


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in steps_of(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("one line", ["one line"]),
        ("a\nb\nc", ["a\n", "b\n", "c"]),
        ("a\nb\n\nc\nd", ["a\n", "b\n\n", "c\n", "d"]),
        ("So\n\\[a\n\n= b\\]\nand", ["So\n", "\\[a\n\n= b\\]\n", "and"]),
        ("\n\na\n\nb", ["\n\na\n\n", "b"]),
        ("Step 1: a\nmore\n\nStep 2: b", ["Step 1: a\nmore\n\n", "Step 2: b"]),
        ("So:\n1. a\n2. b\n", ["So:\n", "1. a\n", "2. b\n"]),
        ("**Step 1:** a\n**Step 2:** b", ["**Step 1:** a\n", "**Step 2:** b"]),
        ("1.5 is a\n2.5 is b", ["1.5 is a\n", "2.5 is b"]),
        (
            "He has 2+3=5 pens. Mr. B. takes 1. So 5-1=4 are left. Good.",
            ["He has 2+3=5 pens. ", "Mr. B. takes 1. So 5-1=4 are left. ", "Good."],
        ),
        ("No equation. Here or there.", ["No equation. Here or there."]),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


@settings(deadline=None)
@given(st.text(alphabet="ab1.= \n\tStep:*#-)", max_size=80))
def test_spans_partition_any_text(text: str) -> None:
    spans = steps_of(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)
    assert all(text[start:end].strip() for start, end in spans) or not text.strip()


@settings(deadline=None)
@given(st.text(alphabet="ab1.= \n$\\[]", max_size=60))
def test_a_blank_line_more_changes_no_step(text: str) -> None:
    def bare(text: str) -> list[str]:
        return ["".join(text[start:end].split()) for start, end in steps_of(text)]

    assert bare(text.replace("\n", "\n\n")) == bare(text)
