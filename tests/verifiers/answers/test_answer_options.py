"""What counts as the same answer is set in the recipe and by options of verify."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from veritune.cli.verify import main
from veritune.config import AnswersConfig
from veritune.verifiers.answers import AnswerPolicy


def test_every_knob_of_the_policy_is_a_key_with_the_same_default() -> None:
    policy = dataclasses.asdict(AnswerPolicy())
    assert AnswersConfig().model_dump(exclude={"mode", "marker", "thinking_opened"}) == policy


@pytest.mark.parametrize(
    ("gold", "text", "options", "usual"),
    [
        ("1,2", r"\boxed{2,1}", ["--answers.order-matters"], "passed"),
        ("1/2", r"\boxed{2/4}", ["--answers.no-unreduced-fractions"], "passed"),
        ("5 m", r"\boxed{5}", ["--answers.units-required"], "passed"),
        (r"\frac12", r"\boxed{50\%}", ["--answers.no-percent-as-fraction"], "passed"),
        (r"\pi", r"\boxed{3.1416}", ["--answers.tolerance", "0.001"], "failed"),
        ("1,22", r"\boxed{1.22}", ["--answers.decimal-comma"], "failed"),
        (r"(2,\infty)", r"\boxed{x>2}", ["--answers.no-sets-as-inequalities"], "passed"),
        ("42", "6 times 7 makes 42", ["--answers.mode", "lenient"], "failed"),
    ],
)
def test_an_option_changes_the_verdict(
    gold: str, text: str, options: list[str], usual: str, tmp_path: Path
) -> None:
    problem = {"id": "a", "kind": "math", "prompt": "", "reference": {"answer": gold}}
    files = {name: tmp_path / f"{name}.jsonl" for name in ("problems", "candidates", "out")}
    files["problems"].write_text(json.dumps(problem) + "\n")
    files["candidates"].write_text(json.dumps({"problem_id": "a", "index": 0, "text": text}) + "\n")
    words = [word for name, path in files.items() for word in (f"--{name}", str(path))]

    def outcome(extra: list[str]) -> str:
        files["out"].unlink(missing_ok=True)  # Verdicts of other options are not overwritten.
        assert main([*words, *extra]) == 0
        return str(json.loads(files["out"].read_text())["outcome"])

    assert outcome([]) == usual
    assert outcome(options) != usual
