"""The formats by name, and which of them a row shows by its keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, get_args

from veritune.errors import RecordError
from veritune.problems.rows import read_rows
from veritune.problems.stepwise import readers, writers
from veritune.problems.stepwise.labelled import Neutral, Reading, Values, VerifiedCandidate

Format = Literal["prm800k", "math-shepherd", "processbench", "trl", "openrlhf", "rlhflow"]
# Those that can be written.
FORMATS: tuple[Format, ...] = get_args(Format)
NAMES = (
    *("ProcessBench", "PRM800K", "Math-Shepherd", "TRL", "OpenR", "MATH-APS", "OpenRLHF"),
    *("RLHFlow", "ms-swift", "PRMBench", "BIG-Bench Mistake"),
)
_READERS: dict[str, Callable[[Values, Reading], VerifiedCandidate]] = {
    "prm800k": readers.prm800k,
    "math-shepherd": readers.math_shepherd,
    "processbench": readers.processbench,
    "trl": readers.trl,
    "openr": readers.openr,
    "openrlhf": readers.openrlhf,
    "rlhflow": readers.rlhflow,
    "ms-swift": readers.ms_swift,
    "prmbench": readers.prmbench,
    "big-bench-mistake": readers.big_bench_mistake,
}
_WRITERS: dict[Format, Callable[[writers.Solution], Values]] = {
    "prm800k": writers.prm800k,
    "math-shepherd": writers.math_shepherd,
    "processbench": writers.processbench,
    "trl": writers.trl,
    "openrlhf": writers.openrlhf,
    "rlhflow": writers.rlhflow,
}
# A row is of the first format whose keys it has.
_KEYS: tuple[tuple[str, frozenset[str]], ...] = (
    ("openr", frozenset({"question", "process", "label"})),
    ("prmbench", frozenset({"modified_process", "error_steps"})),
    ("big-bench-mistake", frozenset({"input", "steps", "mistake_index"})),
    ("processbench", frozenset({"problem", "steps", "label"})),
    ("trl", frozenset({"prompt", "completions", "labels"})),
    ("rlhflow", frozenset({"conversations"})),
    ("ms-swift", frozenset({"messages", "label"})),
)


def read_stepwise(
    path: str,
    *,
    split: str = "train",
    neutral: Neutral,
    threshold: float = 0.5,
    separator: str | None = None,
) -> Iterator[VerifiedCandidate]:
    """The rows of a file, folder or hub data set; each row shows its format by its keys.

    `threshold`: a soft label above it is right. `separator`: what is put between steps; None: what
    the format has.
    """
    reading = Reading(neutral, threshold, separator)
    for where, values in read_rows(path, split):
        kind = format_of(values)
        if kind is None:
            raise RecordError(f"{where}: no row of {', '.join(NAMES)}")
        try:
            yield _READERS[kind](values, reading)
        except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
            raise RecordError(f"{where}: a broken row of {kind} ({error})") from None


def format_of(values: Values) -> str | None:
    """The format that has these keys."""
    keys = set(values)
    if {"question", "label"} <= keys and isinstance(values["label"], dict):
        return "prm800k"
    if {"input", "label"} <= keys and isinstance(values["label"], str):
        return "math-shepherd"
    listed = values.get("value", values.get("label"))
    if "input" in keys and isinstance(listed, list):
        return "openrlhf"
    return next((name for name, wanted in _KEYS if wanted <= keys), None)


def to_row(verified: VerifiedCandidate, kind: Format) -> Values:
    """One row of a format; raises `RecordError` where the format cannot say what we know."""
    return _WRITERS[kind](writers.solution_of(verified, kind))
