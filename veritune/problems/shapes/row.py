"""A foreign row as readers see it: its values by role, under any of the names they go by."""

from __future__ import annotations

import re
from collections.abc import Mapping

from veritune.config import ColumnsConfig
from veritune.errors import RecordError
from veritune.problems.cells import is_empty, metadata_of, opened

# The names of columns that hold a role, lower case with `_`; where several do, the first.
ROLES: dict[str, tuple[str, ...]] = {
    "id": (
        *("id", "unique_id", "uuid", "task_id", "problem_id", "question_id", "qid"),
        *("instance_id", "seq_id"),
    ),
    "prompt": (
        *("prompt", "problem", "question", "query", "problem_text", "question_text"),
        *("question_content", "problem_description", "description", "problem_statement"),
        *("instruct_prompt", "instruction", "squestion", "question_stem", "goal", "sentence"),
        *("ctx", "input", "text", "task", "context_messages", "messages", "conversations"),
        *("conversation", "chat", "context"),
    ),
    "answer": (
        *("answer_number", "final_answer", "gt_answer", "ground_truth_answer", "answer"),
        *("expected_answer", "reference_answer", "ground_truth", "correct_answer", "final_ans"),
        *("gold_answer", "gold", "target", "lsolutions", "expected", "label", "result"),
        *("answer_latex", "answers_spans"),
    ),
    "solution": (
        *("solution", "canonical_solution", "gold_standard_solution", "solution_code", "code"),
        *("solutions", "reference_solution", "rationale", "explanation"),
        *("equation_solution", "generated_solution", "response", "completion", "output"),
        "r1_solution_1",
    ),
    "choices": ("choices", "options", "endings", "mc1_targets"),
    "tests": (
        *("tests", "test_list", "test_cases", "testcases", "testcase", "test_case", "unit_tests"),
        *("asserts", "assertions", "input_output", "test_code", "test"),
    ),
    "entry_point": ("entry_point", "fn_name", "func_name", "function_name", "method_name"),
}
# Columns whose object holds such columns: verl's `reward_model.ground_truth`, and the like.
CONTAINERS = (
    *("reference", "reward_model", "reward_spec", "verification_info", "context_messages"),
    "info",
)
# Objects of which only what belongs to tests is taken.
SETTINGS = ("metadata", "extra_info", "ground_truth", "answer")
# What of such an object belongs to tests; a reward's other settings are no columns.
IN_SETTINGS = (
    *(*ROLES["entry_point"], *ROLES["tests"]),
    *("starter_code", "inputs", "outputs", "import_prefix"),
)


# The column that says of all rows that they have no known answer.
NO_ANSWER = "none"


class UncheckableError(RecordError):
    """The row is whole, and nothing in it can be checked: a proof, a picture, another language."""


class Row:
    """One row: `where` it stands, and its values. What is taken is no metadata."""

    def __init__(self, where: str, values: Mapping[str, object], columns: ColumnsConfig) -> None:
        self.where, self.values = where, values
        self._columns: dict[str, str] = columns.model_dump(exclude_none=True)
        self._known: dict[str, tuple[str, object]] = {}
        self._used: set[str] = set()
        for key, value in values.items():
            if not is_empty(value):
                self._known.setdefault(plain(key), (key, value))
        for name in (*CONTAINERS, *SETTINGS):
            self._open(name)

    def _open(self, name: str) -> None:
        """Know what stands inside of a column as if it stood beside it."""
        if name not in self._known:
            return
        column, value = self._known[name]
        value = opened(value)
        if not isinstance(value, dict):
            return
        for key, inner in value.items():
            inside = plain(key)
            if not is_empty(inner) and (name not in SETTINGS or inside in IN_SETTINGS):
                old = self._known.get(inside)
                # A column that holds the object itself gives way to what is inside of it.
                if old is None or old[0] == column:
                    self._known[inside] = (column, inner)

    def role(self, role: str) -> object:
        """The value of a role, in the column that is given for it or one that goes by its names."""
        if (path := self._columns.get(role)) is not None:
            return self._at(role, path)
        return self.take(*ROLES[role])

    def _at(self, role: str, path: str) -> object:
        if path in self.values:
            self._used.add(path)
            return self.values[path]
        value: object = self.values
        for part in path.split("."):
            value = opened(value)
            if not isinstance(value, Mapping) or part not in value:
                raise RecordError(f"columns.{role}: no column '{path}'; there are {self.keys()}")
            value = value[part]
        self._used.add(path.split(".")[0])
        return value

    def take(self, *names: str) -> object:
        """The first value that is there under one of these names; None where there is none."""
        for name in names:
            if name in self._known:
                key, value = self._known[name]
                self._used.add(key)
                return value
        return None

    def peek(self, name: str) -> object:
        """The value under a name, which is not taken by that."""
        return self._known.get(name, ("", None))[1]

    def has(self, *names: str) -> bool:
        """Whether all of these are there."""
        return all(name in self._known for name in names)

    def maps(self, role: str) -> bool:
        """Whether a column is given for a role, or one goes by its names."""
        return role in self._columns or any(name in self._known for name in ROLES[role])

    @property
    def lacks_answer(self) -> bool:
        """Whether it was said that there is no known answer."""
        return self._columns.get("answer") == NO_ANSWER and NO_ANSWER not in self.values

    def metadata(self) -> dict[str, object]:
        """What was not taken."""
        rest = {key: value for key, value in self.values.items() if key not in self._used}
        nested = rest.pop("metadata", None)
        own = nested if isinstance(nested, dict) else {}
        return metadata_of({**own, **({"metadata": nested} if nested and not own else {}), **rest})

    def keys(self) -> str:
        """The row's columns for a message."""
        names = list(map(str, self.values))
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        return (", ".join(names[:12]) or "none") + more


def plain(name: str) -> str:
    """A column's name in lower case, with `_` for what is no letter or digit."""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") or name
