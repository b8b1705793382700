"""MBPP (Austin et al. 2021, arXiv 2108.07732): short programs with asserts, both forms.

The full form has `text` and `test_setup_code`; the sanitized one has `prompt` and `test_imports`.
"""

from __future__ import annotations

from typing import NotRequired

from pydantic import TypeAdapter, with_config
from typing_extensions import TypedDict

from veritune.errors import RecordError
from veritune.problems.datasets.dataset import DataSet, Rows
from veritune.problems.rows import DatasetRow, checked
from veritune.records import AssertTests, CodeProblem, CodeReference


@with_config({"strict": True})
class MbppRow(TypedDict):
    """What is needed of a row; `text` or `prompt` must be there."""

    task_id: int
    code: str
    test_list: list[str]
    text: NotRequired[str]
    prompt: NotRequired[str]
    test_setup_code: NotRequired[str]
    test_imports: NotRequired[list[str]]
    challenge_test_list: NotRequired[list[str]]


_ROW = TypeAdapter(MbppRow)


def from_row(row: DatasetRow) -> CodeProblem:
    """The prompt shows the task and one assert, as in the paper; all asserts are the tests.

    Challenge tests are held-back tests: they count, and no prompt shows them.
    """
    where, _ = row
    fields = checked(_ROW, *row)
    task = fields.get("text", fields.get("prompt"))
    if task is None:
        raise RecordError(f"{where}: text: missing")
    if not fields["test_list"]:
        raise RecordError(f"{where}: test_list: empty")
    asserts = [_unix(test) for test in fields["test_list"]]
    hidden = [_unix(test) for test in fields.get("challenge_test_list", [])]
    setup = [_unix(line) for line in fields.get("test_imports", [])]
    setup += [_unix(fields["test_setup_code"])] if fields.get("test_setup_code") else []
    tests = AssertTests(code="\n".join(asserts + hidden), setup="\n".join(setup), visible=1)
    return CodeProblem(
        id=f"mbpp-{fields['task_id']}",
        prompt=f"{_unix(task)}\nYour code should pass this test:\n{asserts[0]}\n",
        reference=CodeReference(tests=tests, solution=_unix(fields["code"])),
        metadata={"source": "mbpp"},
    )


def _unix(text: str) -> str:
    """MBPP's rows mix \\r\\n, lone \\r and \\n."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


DATA_SET = DataSet(
    name="mbpp",
    problems=Rows(
        from_row=from_row,
        keys=frozenset({"code", "test_list"}),
        hub="google-research-datasets/mbpp",
        hub_config="full",
    ),
    instruction="Answer with one Python code block.",
)
