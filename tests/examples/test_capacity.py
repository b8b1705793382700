"""The capacity example: what it measures of a run, and what its simulation must give by hand."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean
from types import ModuleType
from typing import Any

import pytest

from veritune.config import check_recipe

PATH = Path(__file__).resolve().parents[2] / "examples" / "capacity.py"


@pytest.fixture(scope="module")
def capacity() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_capacity", PATH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # Dataclasses look their module up.
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def times(capacity: ModuleType) -> Any:
    return capacity.Times(
        sample=0.01,
        ends=0.25,
        load=0.5,
        start=2.0,
        verify=[0.001, 0.003],
        step=0.1,
        train_fixed=1.0,
        between=0.5,
        pass_on=0.0001,
        read=0.0001,
    )


def test_the_slowest_stage_decides(capacity: ModuleType, times: Any) -> None:
    by_sampling = capacity.simulate(times, 6_000, samplers=4, verifiers=4)
    assert by_sampling == pytest.approx(6_000 * 0.01 / 4, rel=0.08)
    by_verifying = capacity.simulate(times, 6_000, samplers=40, verifiers=2)
    assert by_verifying == pytest.approx(6_000 * 0.002 / 2, rel=0.08)
    by_writing = capacity.simulate(replace(times, pass_on=0.001), 6_000, 100, 100)
    assert by_writing == pytest.approx(6_000 * 0.001, rel=0.08)


def test_a_run_is_the_sum_of_its_stages(capacity: ModuleType, times: Any) -> None:
    sizes = capacity.Sizes(train=1000, test=100, rounds=3, steps=50)
    found = capacity.predict(times, sizes, samplers=1, verifiers=1)
    assert sizes.total == 3400
    assert found["train"] == pytest.approx(3 * (1.0 + 50 * 0.1))
    assert found["read and save"] == pytest.approx(3 * (0.5 + 0.1))
    sampled = found["sample and verify"] + found["evaluate"]
    assert sampled == pytest.approx(2.0 + 4 * 0.5 + 7 * 0.25 + 3400 * 0.01, rel=0.1)
    assert found["per hour"] == pytest.approx(3400 * 3600 / (sampled + 18 + 1.8))


def test_the_table_gives_enough_verifiers_and_names_what_saturates(
    capacity: ModuleType, times: Any
) -> None:
    sizes = capacity.Sizes(train=6_000, test=400, rounds=1, steps=10)
    rows = [row.split("|") for row in capacity.table(times, sizes, 2.0, 0.05)][2:]
    assert [row[1].strip() for row in rows[:3]] == ["1", "2", "4"]
    assert rows[-1][5].strip() == "100%"
    for samplers in (1, 8, 64):
        cores = capacity.enough_verifiers(times, samplers)
        assert cores >= samplers / times.sample * mean(times.verify)
    hourly = [float(row[3].replace(",", "")) for row in rows]
    assert hourly[0] < hourly[3] < hourly[6]


@pytest.mark.slow
def test_a_run_is_measured(capacity: ModuleType, tmp_path: Path) -> None:
    recipe = check_recipe(
        {
            "output": str(tmp_path),
            "threads": 1,
            "model": {"scratch": {"layers": 1, "width": 32, "heads": 2, "max_length": 64}},
            "problems": {"source": "chain", "train": 12, "test": 4},
            "warm_start": {"demonstrations": 40, "max_steps": 20},
            "rounds": {"count": 1, "prompts": 8},
            "selection": {"reward": "any"},
            "sampler": {"n": 4, "max_tokens": 8},
            "trainer": {"max_steps": 3},
            "evaluation": {"n": 1, "k": 1},
        },
        "test",
    )
    times, per_hour = capacity.measure(recipe)
    sizes = capacity.sizes_of(recipe)
    assert (sizes.train, sizes.test, sizes.steps, sizes.total) == (32, 4, 3, 40)
    assert times.sample > 0 and times.step > 0 and times.pass_on > 0
    assert 0 < len(times.verify) <= 40
    assert capacity.predict(times, sizes, 1, 1)["per hour"] > 0 and per_hour > 0
