"""In a real kernel, whose event loop runs while a cell does."""

from __future__ import annotations

import pytest

nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

CELL = """
import veritune
from veritune.records import MathProblem, MathReference

half = MathProblem(id="half", prompt="1 - 1/2 = ?", reference=MathReference(answer="0.5"))
(verdict,) = veritune.verify([half], [r"\\boxed{\\frac{1}{2}}"])
print(verdict.outcome)
"""


def test_a_cell_verifies() -> None:
    from nbformat.v4 import new_code_cell, new_notebook

    notebook = new_notebook(cells=[new_code_cell(CELL)])
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert output["text"] == "passed\n"
