"""Which problem a row stands for."""

import pytest

from veritune.config import ColumnsConfig
from veritune.errors import InputError
from veritune.integrations import RowProblems, text_of
from veritune.records import (
    AssertTests,
    CodeProblem,
    CodeReference,
    MathProblem,
    MathReference,
)

HALF = MathProblem(id="half", prompt="1/2=", reference=MathReference(answer="\\frac{1}{2}"))
ADD = CodeProblem(
    id="add",
    prompt="Write add.",
    reference=CodeReference(tests=AssertTests(code="assert add(1, 2) == 3")),
)


def test_a_row_is_a_problem_of_its_own_columns() -> None:
    rows = RowProblems()
    for name in ("answer", "solution", "ground_truth"):
        problem = rows.of({"prompt": "1+1", name: "so it is \\boxed{2}"})
        assert isinstance(problem, MathProblem) and problem.reference.answer == "2"
    code = rows.of({"prompt": "Write add.", "test_list": ["assert add(1, 2) == 3"]})
    assert isinstance(code, CodeProblem) and code.reference.tests == ADD.reference.tests
    mapped = RowProblems(columns=ColumnsConfig(answer="mine"))
    assert mapped.of({"prompt": "1+1", "mine": "2"}).reference == MathReference(answer="2")
    # The same row is the same problem, and has no id of ours.
    assert rows.of({"prompt": "1", "answer": "1"}) == rows.of({"prompt": "1", "answer": "1"})
    with pytest.raises(InputError, match="row 3: no answer found"):
        rows.of({"prompt": "1+1"}, where="row 3")


def test_known_problems_are_named_by_id() -> None:
    rows = RowProblems([HALF, ADD])
    assert rows.of({"problem_id": "half"}) is HALF and rows.of({}, "add") is ADD
    with pytest.raises(InputError, match="row: no problem_id"):
        rows.of({"prompt": "1/2="})
    with pytest.raises(InputError, match="problem_id 'none': not among the 2 problems"):
        rows.of({"problem_id": "none"})


def test_a_row_that_contradicts_the_known_problem_is_refused() -> None:
    rows = RowProblems([HALF, ADD])
    assert rows.of({"problem_id": "half", "answer": "0.5"}) is HALF
    assert rows.of({"problem_id": "half", "solution": "it is \\boxed{2/4}"}) is HALF
    assert rows.of({"problem_id": "half", "answer": "", "label": 1}) is HALF
    assert rows.of({"problem_id": "add", "test_list": ["assert add(1, 2) == 3"]}) is ADD
    for row, said in (
        ({"problem_id": "half", "answer": "0.6"}, "disagrees with the known problem 'half'"),
        ({"problem_id": "half", "test_list": ["assert f(1)"]}, "a code problem, there math"),
        ({"problem_id": "add", "test_list": ["assert add(1, 2) == 4"]}, "other tests"),
    ):
        with pytest.raises(InputError, match=said):
            rows.of(row)


def test_conversations_are_verified_by_what_was_said_last() -> None:
    right, wrong = ({"role": "assistant", "content": a} for a in ("42", "7"))
    tool = {"role": "tool", "content": "7"}
    assert text_of([wrong, tool, right]) == "42" and text_of([right, tool]) == "42"
    assert text_of([{"role": "assistant", "content": None}]) == "" == text_of([])
    with pytest.raises(InputError, match="a text or a list of messages"):
        text_of(5)
