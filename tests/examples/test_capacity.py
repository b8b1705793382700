"""The capacity example: what it measures of a run, and what its simulation must give by hand."""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean
from types import ModuleType
from typing import Any

import pytest

from veritune.config import check_recipe

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def capacity() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLES)  # As a script's own folder is.
        yield importlib.import_module("capacity")


@pytest.fixture(scope="module")
def simulation(capacity: ModuleType) -> ModuleType:
    return sys.modules["capacity_simulation"]


@pytest.fixture
def times(simulation: ModuleType) -> Any:
    return simulation.Times(
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


def test_the_slowest_stage_decides(simulation: ModuleType, times: Any) -> None:
    by_sampling = simulation.simulate(times, 6_000, samplers=4, verifiers=4)
    assert by_sampling == pytest.approx(6_000 * 0.01 / 4, rel=0.08)
    by_verifying = simulation.simulate(times, 6_000, samplers=40, verifiers=2)
    assert by_verifying == pytest.approx(6_000 * 0.002 / 2, rel=0.08)
    by_writing = simulation.simulate(replace(times, pass_on=0.001), 6_000, 100, 100)
    assert by_writing == pytest.approx(6_000 * 0.001, rel=0.08)


def test_a_run_is_the_sum_of_its_stages(simulation: ModuleType, times: Any) -> None:
    sizes = simulation.Sizes(train=1000, test=100, rounds=3, steps=50)
    found = simulation.predict(times, sizes, samplers=1, verifiers=1)
    assert sizes.total == 3400
    assert found["train"] == pytest.approx(3 * (1.0 + 50 * 0.1))
    assert found["read and save"] == pytest.approx(3 * (0.5 + 0.1))
    sampled = found["sample and verify"] + found["evaluate"]
    assert sampled == pytest.approx(2.0 + 4 * 0.5 + 7 * 0.25 + 3400 * 0.01, rel=0.1)
    assert found["per hour"] == pytest.approx(3400 * 3600 / (sampled + 18 + 1.8))


def test_the_table_gives_enough_verifiers_and_names_what_saturates(
    simulation: ModuleType, times: Any
) -> None:
    sizes = simulation.Sizes(train=6_000, test=400, rounds=1, steps=10)
    rows = [row.split("|") for row in simulation.table(times, sizes, 2.0, 0.05)][2:]
    assert [row[1].strip() for row in rows[:3]] == ["1", "2", "4"]
    assert rows[-1][5].strip() == "100%"
    for samplers in (1, 8, 64):
        cores = simulation.enough_verifiers(times, samplers)
        assert cores >= samplers / times.sample * mean(times.verify)
    hourly = [float(row[3].replace(",", "")) for row in rows]
    assert hourly[0] < hourly[3] < hourly[6]


RECIPE = EXAMPLES.parent / "recipes" / "demo-math.toml"


def test_its_commands_predict_for_another_recipe(
    capacity: ModuleType, times: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "times.json"
    file.write_text(json.dumps(asdict(times)))
    figures = []
    for more in ([], ["--samplers", "4"], ["--rounds.count", "1"]):
        capacity.main(["predict", str(file), str(RECIPE), "--verifiers", "2", *more])
        rows = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
        figures.append(
            {name: float(text.split()[0].replace(",", "")) for name, text in rows.items()}
        )
    assert figures[1]["per hour"] > figures[0]["per hour"]
    assert figures[2]["train"] < figures[0]["train"] == figures[1]["train"]
    capacity.main(["table", str(file), str(RECIPE), "--gpu-hour", "2"])
    assert len(capsys.readouterr().out.splitlines()) == 13


@pytest.mark.parametrize("words", [[], ["guess"], ["measure"], ["predict", "times.json"]])
def test_a_command_that_lacks_something_is_told_what(
    capacity: ModuleType, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        capacity.main(words)
    assert ended.value.code == 2
    assert "capacity.py" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_a_run_is_measured(capacity: ModuleType, simulation: ModuleType, tmp_path: Path) -> None:
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
    assert simulation.predict(times, sizes, 1, 1)["per hour"] > 0 and per_hour > 0
