"""sympy is given objects and never text, is loaded only where it is needed, and is kept small."""

# ruff: noqa: E501  (one pair a line)

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import veritune
from veritune.algebra.engine.objects import Objects
from veritune.algebra.engine.results import tree
from veritune.algebra.equality.identity import identical
from veritune.algebra.equality.policy import DEFAULT
from veritune.algebra.limits import LimitReachedError
from veritune.algebra.reading.read import read
from veritune.algebra.tables import table
from veritune.verifiers.answers.decide import decide
from veritune.verifiers.answers.remote import BOOTSTRAP

PACKAGE = Path(veritune.__file__).parent
EVALUATING = table(
    "eval exec compile sympify parse_expr parse_latex parse_mathematica lambdify nsimplify S"
    " __import__ import_module"
)
LOADED = BOOTSTRAP.replace("main()", "files = [str(m.__file__) for m in sys.modules.values()")
LOADED = LOADED.rstrip() + (
    " if m.__name__.startswith('veritune') and getattr(m, '__file__', None)]\nprint(*files)"
)
"""What the worker has loaded when it begins, as `remote` starts it."""


def called(path: Path) -> set[str]:
    """The names of everything that a file calls."""
    functions = [
        node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    ]
    names = {f.id for f in functions if isinstance(f, ast.Name)}
    return names | {f.attr for f in functions if isinstance(f, ast.Attribute) and not _of_re(f)}


def _of_re(function: ast.Attribute) -> bool:
    return isinstance(function.value, ast.Name) and function.value.id == "re"


def test_nothing_that_the_worker_loads_evaluates_text() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(PACKAGE)], capture_output=True, text=True, check=True
    )
    files = {*map(Path, done.stdout.split()), *(PACKAGE / "algebra").rglob("*.py")}
    files.discard(PACKAGE / "lazy.py")  # It imports modules of ours, by names in our code.
    assert PACKAGE / "algebra" / "engine" / "objects.py" in files
    assert {path.name: found for path in files if (found := called(path) & EVALUATING)} == {}


@pytest.mark.parametrize(
    ("gold", "text", "loads"), [("42", "#### 42", False), (r"\int_0^1 x dx", r"\boxed{1/2}", False)]
)
def test_the_command_itself_loads_neither_sympy_nor_torch(
    gold: str, text: str, loads: bool, tmp_path: Path
) -> None:
    problem = {
        "id": "a",
        "kind": "math",
        "prompt": "",
        "reference": {"answer": gold},
        "metadata": {"marker": "####"},
    }
    (tmp_path / "p.jsonl").write_text(json.dumps(problem) + "\n")
    (tmp_path / "c.jsonl").write_text(
        json.dumps({"problem_id": "a", "index": 0, "text": text}) + "\n"
    )
    words = ["verify", "--problems", "p.jsonl", "--candidates", "c.jsonl", "--out", "v.jsonl"]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "veritune", *words],
        capture_output=True, text=True, cwd=tmp_path, timeout=120,
    )  # fmt: skip
    assert json.loads((tmp_path / "v.jsonl").read_text())["outcome"] == "passed"
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    loaded = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in lines}
    assert ("sympy" in loaded) == loads
    assert "torch" not in loaded


@pytest.mark.parametrize(
    "formula",
    (
        r"\frac{x^2+1}{x-3}",
        r"\sqrt{x}\ln(x)+\pi",
        r"\sin(2x)^{3}",
        r"e^{-x}\,n!",
        r"\binom{n}{k}",
        "2^{10}i",
    ),
)
def test_a_tree_comes_back_from_sympy_as_the_same(formula: str) -> None:
    import sympy

    node = read(formula)
    assert identical(node, tree(Objects(sympy, node).object(node)))


@pytest.mark.parametrize(
    "formula",
    (
        "9^{9^{9^{9}}}",
        "2^{1000000}",
        "1000000!",
        r"\binom{10^{9}}{10^{8}}",
        "7" * 3000,
        "x^{100000}",
    ),
)
def test_what_sympy_would_work_out_at_great_length_is_refused(formula: str) -> None:
    import sympy

    node = read(formula)
    with pytest.raises(LimitReachedError):
        Objects(sympy, node).object(node)


SOLVED = r"""
2^x>8 | x>3
\ln x < 1 | (0,e)
\sqrt{x+1} \le 2 | [-1,3]
|x-1|+|x+1|<4 | (-2,2)
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}^{-1} | \begin{pmatrix} -2 & 1 \\ 3/2 & -1/2 \end{pmatrix}
\begin{pmatrix} 1 & 1 \\ 0 & 1 \end{pmatrix}^{20} | \begin{pmatrix} 1 & 20 \\ 0 & 1 \end{pmatrix}
"""
NOT_SOLVED = r"""
2^x>8 | x>4
\ln x < 1 | x<e
\sqrt{x+1} \le 2 | x \le 3
\begin{pmatrix} 1 & 1 \\ 1 & 1 \end{pmatrix}^{-1} | \begin{pmatrix} 1 & 1 \\ 1 & 1 \end{pmatrix}
"""


@pytest.mark.parametrize("line", SOLVED.strip().split("\n"))
def test_sympy_solves_what_no_rule_does(line: str) -> None:
    gold, _, pred = line.partition(" | ")
    assert decide(gold, pred, DEFAULT).equal


@pytest.mark.parametrize("line", NOT_SOLVED.strip().split("\n"))
def test_another_solution_is_refused(line: str) -> None:
    gold, _, pred = line.partition(" | ")
    assert not decide(gold, pred, DEFAULT).equal
