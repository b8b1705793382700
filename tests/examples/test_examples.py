"""The examples run, and do what they say."""

import asyncio
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from veritune.files import write_records

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_loop_samples_verifies_and_trains(tmp_path: Path) -> None:
    module = example("rl_loop")
    module.PROMPTS, module.GROUP = 4, 2
    module.SUMS = module.SUMS.model_copy(update={"train": 20})
    before, after = asyncio.run(module.learn(tmp_path / "policy", iterations=2, shown=8))
    assert 0 <= before <= 1 and 0 <= after <= 1


@pytest.mark.slow
def test_the_loop_shows_a_gain(tmp_path: Path) -> None:
    before, after = asyncio.run(example("rl_loop").learn(tmp_path / "policy"))
    assert after >= before + 0.05


def test_the_loop_fits_on_a_screen() -> None:
    assert (EXAMPLES / "rl_loop.py").read_text().count("\n") <= 150


def test_own_verifier() -> None:
    verdicts = asyncio.run(example("own_verifier").main())
    assert [(v.outcome, v.score) for v in verdicts] == [
        ("passed", 1.0),
        ("failed", 0.75),
        ("failed", 0.0),
    ]


def test_own_data(tmp_path: Path) -> None:
    module = example("own_data")
    write_records(tmp_path / "problems.jsonl", module.problems())
    verdicts = asyncio.run(module.checked(tmp_path / "problems.jsonl"))
    assert [v.outcome for v in verdicts] == ["passed"] * 3


@pytest.mark.slow
def test_trl_reward(tmp_path: Path) -> None:
    pytest.importorskip("trl", reason="TRL is not installed")
    assert len(example("trl_reward").train(str(tmp_path), max_steps=1)) == 1
