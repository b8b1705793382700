"""The data sets. To add one, write its file in this folder and name it in `DATASETS`."""

from veritune.problems.datasets.chain import CHAIN
from veritune.problems.datasets.dataset import DataSet, Generator, Rows
from veritune.problems.datasets.equations import EQUATIONS
from veritune.problems.datasets.functions import FUNCTIONS
from veritune.problems.datasets.gsm8k import GSM8K
from veritune.problems.datasets.humaneval import HUMANEVAL
from veritune.problems.datasets.mbpp import MBPP
from veritune.problems.datasets.own import OWN

__all__ = ["DATASETS", "DataSet", "Generator", "Rows"]

# In the order in which a file's first row is tried: our own problems' keys are the most telling.
DATASETS = {one.name: one for one in (CHAIN, EQUATIONS, FUNCTIONS, OWN, GSM8K, HUMANEVAL, MBPP)}
