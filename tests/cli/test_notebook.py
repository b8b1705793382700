"""In a real kernel, whose event loop runs while a cell does."""

from __future__ import annotations

from pathlib import Path

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


@pytest.mark.slow
def test_the_notebook_of_the_examples_runs() -> None:
    import nbformat

    path = Path(__file__).parents[2] / "examples/verify.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "saved without outputs"
    nbclient.NotebookClient(notebook, timeout=280, kernel_name="python3").execute()
    answers, programs = (
        [line.split()[0] for line in cell.outputs[0]["text"].splitlines()]
        for cell in notebook.cells
        if cell.cell_type == "code"
    )
    assert answers == ["passed", "passed", "failed"]
    assert programs == ["passed", "failed", "failed"]
