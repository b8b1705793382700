"""GSM8K (Cobbe et al. 2021, arXiv 2110.14168): word problems with annotated solutions."""

from __future__ import annotations

import hashlib
import re

from pydantic import TypeAdapter, with_config
from typing_extensions import TypedDict

from veritune.errors import RecordError
from veritune.problems.datasets.dataset import DataSet, Rows
from veritune.problems.rows import DatasetRow, checked
from veritune.records import MathProblem, MathReference

MARKER = "####"
# Asks for the data set's own marker, which is what its solutions teach.
INSTRUCTION = "Reason step by step. End with a line that holds #### and the answer as a number."


@with_config({"strict": True})
class GsmRow(TypedDict):
    """What is needed of a row."""

    question: str
    answer: str


_ROW = TypeAdapter(GsmRow)


def from_row(row: DatasetRow) -> MathProblem:
    """The answer stands after the last `####`; the lines before it are the steps."""
    where, values = row
    fields = checked(_ROW, where, values)
    solution, marker, answer = fields["answer"].rpartition(MARKER)
    if not marker or not answer.strip():
        raise RecordError(f"{where}: answer: no final answer after {MARKER}")
    # The data set has no ids; a file that was made from it may.
    own = values.get("id")
    named = isinstance(own, str | int) and not isinstance(own, bool)
    return MathProblem(
        id=str(own) if named else id_of(fields["question"]),
        prompt=fields["question"],
        reference=MathReference(
            answer=re.sub(r"(?<=\d),(?=\d)", "", answer.strip()),
            steps=tuple(line for line in solution.split("\n") if line.strip()),
            solution=fields["answer"],
            marker=MARKER,
        ),
        metadata={"source": "gsm8k"},
    )


def id_of(question: str) -> str:
    """The id of a problem, which has none in the data set."""
    return f"gsm8k-{hashlib.sha256(question.encode()).hexdigest()[:16]}"


DATA_SET = DataSet(
    name="gsm8k",
    problems=Rows(
        from_row=from_row,
        keys=frozenset({"question", "answer"}),
        hub="openai/gsm8k",
        hub_config="main",
    ),
    instruction=INSTRUCTION,
    annotated=True,
)
