"""What to type for a row of which the prompt or the answer is not found."""

from __future__ import annotations

from veritune.problems.cells import is_empty
from veritune.problems.shapes.row import ROLES, Row, plain

# Shapes by their usual keys.
KNOWN = {
    "question and answer": ("question", "answer"),
    "problem and solution": ("problem", "solution"),
    "prompt and ground truth": ("prompt", "reward_model"),
    "messages": ("messages", "ground_truth"),
    "multiple choice": ("question", "choices", "answer"),
    "code with asserts": ("prompt", "code", "test_list"),
    "code with cases": ("question", "input_output"),
}


def unknown_shape(row: Row, what: str, option: str) -> str:
    """The row's keys, the nearest shape, and the mapping to type; or which column is empty."""
    if (empty := _empty(row, what)) is not None:
        return f"{what}: the column {quoted(empty)} is empty"
    nearest = _nearest(row)
    return (
        f"{what}; the row's columns are {row.keys()}; nearest shape: {nearest}"
        f" ({', '.join(KNOWN[nearest])}); say where it stands: {_mapping(row, option)}"
    )


def _empty(row: Row, what: str) -> str | None:
    """The column that goes by the missing role's names, and holds nothing."""
    roles = ("prompt",) if what.startswith("no prompt") else ("answer", "solution")
    names = [name for role in roles for name in ROLES[role]]
    found = [str(key) for key in row.values if plain(str(key)) in names]
    return next((key for key in found if is_empty(row.values[key])), None)


def _nearest(row: Row) -> str:
    keys = {plain(str(key)) for key in row.values}
    return max(KNOWN, key=lambda name: len(keys & set(KNOWN[name])) / len(KNOWN[name]))


def _mapping(row: Row, option: str) -> str:
    """Options for every role that is missing. No column is guessed: a wrong one is read, too."""
    missing = []
    if not row.maps("prompt"):
        missing.append("prompt")
    if not row.maps("answer") and not row.maps("solution"):
        missing.append("answer")
    typed = " ".join(f"{option}.{role} COLUMN" for role in missing or ("prompt", "answer"))
    if missing != ["answer"]:
        return typed
    return f"{typed}, or {option}.answer none where own code, a judge or a reward model decides"


def quoted(name: str) -> str:
    """A column's name as one word on a command line."""
    return f"'{name}'" if not name.isidentifier() else name
