"""A data set is one file and one line, shown on a copy of the package that gets a new one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import veritune
from veritune.errors import RecordError
from veritune.problems import DATASETS, load_problems, read_problems
from veritune.problems.datasets import Rows
from veritune.records import MathProblem

TOY = '''
"""`toy`: sums of ones, one a line."""

from veritune.problems.datasets.dataset import DataSet, Rows, Settings
from veritune.problems.rows import DatasetRow
from veritune.records import MathProblem, MathReference, StepRule, StepVerdict


def from_row(row: DatasetRow) -> MathProblem:
    where, values = row
    ones = int(values["ones"])
    rule = StepRule(name="toy", settings={"ones": ones})
    return MathProblem(
        id=f"toy-{ones}",
        prompt="+".join(["1"] * ones),
        reference=MathReference(
            answer=str(ones),
            solution="".join(f"{n}," for n in range(1, ones + 1)) + f"so {ones}",
            marker="so",
            step_rule=rule,
        ),
    )


def check(problem: MathProblem, settings: Settings, text: str) -> tuple[StepVerdict, ...]:
    steps, at = [], 0
    for number, piece in enumerate(text.partition("so")[0].split(",")[:-1], 1):
        right = piece == str(number) and number <= int(settings["ones"])
        label = "verified" if right else "incorrect"
        steps.append(StepVerdict(start=at, end=at + len(piece) + 1, label=label, reason=piece))
        at += len(piece) + 1
    return tuple(steps)


DATA_SET = DataSet(
    name="toy",
    problems=Rows(from_row=from_row, keys=frozenset({"ones"})),
    check_steps=check,
    instruction="Count aloud.",
)
'''
USE = """
import sys
from veritune.cli import main
from veritune.config import ProblemsConfig, PromptConfig
from veritune.problems import guess_source, recipe_problems
from veritune.records import problem_from_line
from veritune.verifiers.steps import check_steps

path = sys.argv[1]
assert guess_source(path) == "toy"
config = ProblemsConfig(source="toy", path=path, train=3, test=2)
(problem, *_), _ = recipe_problems(config, 0, prompt=PromptConfig(chat=True))
assert problem.prompt[0]["content"].endswith("Count aloud."), problem.prompt
again = problem_from_line(problem.to_line())
assert [s.label for s in check_steps(again, "1,3,so 3")] == ["verified", "incorrect"]
sys.exit(main(["validate", path]))
"""


def test_a_new_data_set_is_one_file_and_one_line(tmp_path: Path) -> None:
    source = Path(veritune.__file__).parent
    copy = tmp_path / "veritune"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    room = copy / "problems" / "datasets"
    (room / "toy.py").write_text(TOY)
    face = (room / "__init__.py").read_text()
    (room / "__init__.py").write_text(face.replace('    "mbpp",\n', '    "mbpp",\n    "toy",\n'))
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"ones": n}) + "\n" for n in range(2, 9)))
    done = subprocess.run(
        [sys.executable, "-c", USE, str(rows)],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7/7 passed" in done.stdout


def test_every_data_set_is_known_by_its_name_and_told_apart_by_its_keys() -> None:
    readers = [one.problems for one in DATASETS.values() if isinstance(one.problems, Rows)]
    keys = [rows.keys for rows in readers if rows.keys]  # `file` takes what no other does
    assert list(DATASETS) == [one.name for one in DATASETS.values()]
    assert not any(a <= b for a in keys for b in keys if a is not b)


OWN = {"id": "a", "kind": "math", "prompt": "?"}


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"name": "chains"}, "no rule is called 'chains'; known: chain, equations"),
        ({"name": "gsm8k"}, "no rule is called 'gsm8k'"),
        ({"name": "chain"}, "chain: missing"),
        ({"name": "chain", "settings": {"chain": "1+", "modulus": 10, "answer_modulus": 1}}, "1+"),
        (
            {"name": "chain", "settings": {"chain": "1+01=", "modulus": 0, "answer_modulus": 1}},
            "modulus: input should be greater than",
        ),
        ({"name": "equations", "settings": {"equation": 3}}, "equation: input should be a valid"),
        ({"settings": {}}, "reference.step_rule.name: missing"),
    ],
)
def test_a_wrong_step_rule_is_refused_where_it_is_read(
    tmp_path: Path, rule: dict[str, object], says: str
) -> None:
    path = tmp_path / "p.jsonl"
    row = OWN | {"reference": {"answer": "1", "step_rule": rule}}
    path.write_text(json.dumps(row) + "\n")
    for read in (read_problems, lambda p: load_problems("veritune", p, split="test", count=None)):
        with pytest.raises(RecordError) as caught:
            read(str(path))
        assert says in str(caught.value) and "\n" not in str(caught.value)
        assert str(caught.value).startswith(f"{path}:1: ")


def test_metadata_decides_nothing_and_a_marker_in_it_is_read_into_the_reference(
    tmp_path: Path,
) -> None:
    path = tmp_path / "p.jsonl"
    metadata = {"source": "chain", "marker": "A:", "solution": "nothing"}
    row = OWN | {"reference": {"answer": "1"}, "metadata": metadata}
    path.write_text(json.dumps(row) + "\n")
    (problem,) = read_problems(str(path))
    assert isinstance(problem, MathProblem)
    assert problem.reference.marker == "A:" and problem.reference.step_rule is None
    assert problem.reference.solution is None and problem.metadata == metadata
