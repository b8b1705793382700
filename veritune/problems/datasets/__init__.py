"""The data sets: each stands in a file of this folder, as its `DATA_SET`."""

from importlib import import_module

from veritune.problems.datasets.dataset import DataSet, Generator, Rows

__all__ = ["DATASETS", "DataSet", "Generator", "Rows"]

# To add a data set, write its file and add its name here: one line. A file's first row is tried on
# them in this order.
FILES = (
    "chain",
    "equations",
    "functions",
    "own",
    "gsm8k",
    "humaneval",
    "mbpp",
)


def _of(file: str) -> DataSet:
    found: DataSet = import_module(f"{__name__}.{file}").DATA_SET
    return found


DATASETS = {one.name: one for one in map(_of, FILES)}
