"""HumanEval (Chen et al. 2021, arXiv 2107.03374): functions to complete."""

from __future__ import annotations

from pydantic import TypeAdapter, with_config
from typing_extensions import TypedDict

from veritune.problems.datasets.dataset import DataSet, Rows
from veritune.problems.rows import DatasetRow, checked
from veritune.records import CheckTests, CodeProblem, CodeReference


@with_config({"strict": True})
class HumanEvalRow(TypedDict):
    """What is needed of a row."""

    task_id: str
    prompt: str
    canonical_solution: str
    test: str
    entry_point: str


_ROW = TypeAdapter(HumanEvalRow)


def from_row(row: DatasetRow) -> CodeProblem:
    """The solution continues the prompt's code; `test` defines `check(candidate)`."""
    fields = checked(_ROW, *row)
    return CodeProblem(
        id=fields["task_id"],
        prompt=fields["prompt"],
        reference=CodeReference(
            tests=CheckTests(entry_point=fields["entry_point"], code=fields["test"]),
            solution=fields["canonical_solution"],
            prompt_code=fields["prompt"],
        ),
        metadata={"source": "humaneval"},
    )


DATA_SET = DataSet(
    name="humaneval",
    problems=Rows(
        from_row=from_row,
        keys=frozenset({"entry_point", "canonical_solution"}),
        hub="openai/openai_humaneval",
    ),
)
