"""Policy gradients make a start better on chains of arithmetic, at equal samples.

Those here differ in more than a baseline; `chain_gain.py` measures all of them from the demo's
start, on whose longer chains they are slow and the gain of a few rounds is within its noise.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import torch

from veritune.config import Recipe, check_recipe
from veritune.models import encode_prompt, load_policy
from veritune.problems import recipe_problems
from veritune.records import MathProblem
from veritune.rounds import NullProgress, improve, start_policy

ROUNDS = 10
GAIN = 0.02
TRAINERS: dict[str, dict[str, Any]] = {
    "rloo": {},
    "dapo": {},
    "cispo": {},
    "prime": {"reward_learning_rate": 1e-4},
    "distillation": {},
}
pytestmark = [pytest.mark.slow, pytest.mark.no_cover, pytest.mark.timeout(1800)]


def easy(output: Path, **change: Any) -> Recipe:
    """Three operations modulo four, as the demo's teacher writes them: it errs every other time
    that it should borrow, so the start knows the right way and the wrong one."""
    values: dict[str, Any] = {
        "output": str(output),
        "name": "run",
        "seed": 1,
        "threads": 1,
        "model": {"scratch": {"layers": 2, "width": 64, "heads": 4, "max_length": 64}},
        "problems": {
            "source": "chain",
            "train": 640,
            "test": 350,
            "chain": {
                "steps": 3,
                "operators": "+-",
                "modulus": 4,
                "largest_term": 3,
                "misconception": 0.5,
                "slips": 0.05,
            },
        },
        "warm_start": {
            "demonstrations": 500,
            "max_steps": 450,
            "batch_size": 32,
            "learning_rate": 3e-3,
            "weight_decay": 0.3,
        },
    }
    return check_recipe(values | change, "test")


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> str:
    return start_policy(easy(tmp_path_factory.mktemp("start")), NullProgress()).path


def check(start: str, folder: Path, kind: str, **more: Any) -> None:
    recipe = easy(
        folder,
        model={"path": start},
        warm_start={},
        evaluation={"n": 1, "k": 1, "every": ROUNDS},
        rounds={"count": ROUNDS, "prompts": 64, "keep_checkpoints": 1},
        sampler={"n": 8, "temperature": 1.0, "max_tokens": 16},
        trainer={"type": kind, "learning_rate": 3e-4, "warmup_steps": 4} | TRAINERS[kind] | more,
    )
    asyncio.run(improve(recipe))
    before, after = right_traces(start), right_traces(result(folder))
    print(f"{kind}: right traces {before:.3f} -> {after:.3f}")
    assert after >= before + GAIN


def result(folder: Path) -> str:
    return str(folder / "run" / "checkpoints" / f"round-{ROUNDS}")


def right_traces(policy: str) -> float:
    """How often it writes all of a right solution, over the held-out problems: the probability,
    which has none of the noise of candidates."""
    model, tokenizer = load_policy(policy)
    rows = []
    for problem in recipe_problems(easy(Path()).problems, 1)[1]:
        assert isinstance(problem, MathProblem) and problem.reference.solution
        prompt = encode_prompt(tokenizer, problem.prompt)
        written = tokenizer(problem.reference.solution, add_special_tokens=False)["input_ids"]
        rows.append([*prompt, *written, tokenizer.eos_token_id])
    ids, begin = torch.tensor(rows), len(prompt)  # All are of one length.
    with torch.no_grad():
        logprobs = model(ids).logits[:, begin - 1 : -1].log_softmax(-1)
    return float(logprobs.gather(-1, ids[:, begin:, None]).sum((1, 2)).exp().mean())


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory, start: str) -> str:
    """Where RLOO has made the start better."""
    folder = tmp_path_factory.mktemp("teacher")
    check(start, folder, "rloo")
    return result(folder)


@pytest.mark.parametrize("kind", ["dapo", "cispo", "prime"])
def test_the_start_gets_better(tmp_path: Path, start: str, kind: str) -> None:
    check(start, tmp_path, kind)


def test_a_student_of_a_better_teacher_gets_better(
    tmp_path: Path, start: str, teacher: str
) -> None:
    check(start, tmp_path, "distillation", teacher=teacher)
