"""Own files in any layout that data sets have: `veritune.problems.shapes` says which."""

from __future__ import annotations

from veritune.config import ColumnsConfig
from veritune.problems.datasets.dataset import DataSet, Rows
from veritune.problems.rows import DatasetRow
from veritune.problems.shapes import read_row
from veritune.records import Problem


def from_row(row: DatasetRow) -> Problem:
    """As `read_row`, with no column mapped."""
    return read_row(*row, ColumnsConfig())


DATA_SET = DataSet(name="file", problems=Rows(from_row=from_row, keys=frozenset()))
