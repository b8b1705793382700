"""Which problems a round samples, and that groups without signal are replaced."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from test_loop import contents

from veritune.config import RoundsConfig, check_recipe
from veritune.errors import RecipeError
from veritune.records import MathProblem, MathReference
from veritune.rounds import Advance, NullProgress, improve
from veritune.rounds.curriculum import PassRates, choose, lacking, with_signal
from veritune.store import Store

TRAIN = [
    MathProblem(id=str(i), prompt=f"{i}", reference=MathReference(answer="1")) for i in range(6)
]


def ids(rates: PassRates, count: int, taken: list[int], **settings: Any) -> list[int]:
    config, past = RoundsConfig.model_validate(settings), [TRAIN[i] for i in taken]
    found = choose(TRAIN, rates, config, count=count, taken=past, seed=1)
    return [int(problem.id) for problem in found]


def rates(*rounds: dict[int, tuple[int, int]]) -> PassRates:
    found = PassRates()
    for one in rounds:
        found.add({str(i): {"passed": p, "failed": f} for i, (p, f) in one.items()})
    return found


def test_problems_come_in_turn_and_none_twice_a_round() -> None:
    assert ids(rates(), 4, []) == [0, 1, 2, 3]
    after = rates(dict.fromkeys(range(4), (1, 1)))
    assert ids(after, 4, []) == [4, 5, 0, 1]
    assert ids(after, 4, [4, 5]) == [0, 1, 2, 3]
    assert ids(after, 9, []) == [4, 5, 0, 1, 2, 3]


def test_a_window_passes_over_what_is_always_or_never_solved() -> None:
    after = rates({0: (4, 0), 1: (0, 4), 2: (2, 2), 3: (1, 3), 4: (4, 0)})
    assert ids(after, 3, [], order="window") == [5, 2, 3]
    assert ids(after, 5, [], order="window") == [5, 2, 3, 0, 1]


def test_by_pass_rate_the_half_solved_come_first_and_rounds_differ() -> None:
    after = rates({i: (2, 2) if i < 2 else (400, 0) for i in range(6)})
    found = [set(ids(after, 2, [], order="pass_rate")) for _ in range(2)]
    assert found[0] == found[1] == {0, 1}
    even = rates(dict.fromkeys(range(6), (1, 1)))
    orders = []
    for _ in range(3):
        orders.append(ids(even, 6, [], order="pass_rate"))
        even.add({})
    assert sorted(orders[0]) == list(range(6))
    assert len({tuple(order) for order in orders}) > 1


def test_signal_is_in_outcomes_of_candidates_that_ended() -> None:
    outcomes = {
        "d": {"passed": 1, "error": 2},
        "a": {"passed": 3, "failed": 1},
        "b": {"passed": 4},
        "c": {"passed": 1, "truncated": 1},
    }
    assert with_signal(outcomes) == ["a"]
    config = RoundsConfig(prompts=4, dynamic_sampling=True, sampling_budget=2.0)
    assert lacking(config, ["a"], 4) == 3
    assert lacking(config, ["a"], 7) == 1
    assert lacking(config, ["a", "b", "c", "d"], 5) == lacking(config, [], 8) == 0
    assert lacking(RoundsConfig(prompts=4), [], 0) == 0


def recipe(output: Path, **trainer: Any) -> dict[str, Any]:
    return {
        "output": str(output),
        "seed": 3,
        "threads": 1,
        "model": {"scratch": {"layers": 1, "width": 32, "heads": 2, "max_length": 64}},
        "problems": {
            "source": "chain",
            "train": 60,
            "test": 2,
            "chain": {"steps": 1, "operators": "+", "largest_term": 19, "misconception": 0.0},
        },
        "warm_start": {
            "demonstrations": 80,
            "max_steps": 120,
            "batch_size": 32,
            "learning_rate": 5e-3,
        },
        "rounds": {
            "count": 2,
            "prompts": 6,
            "dynamic_sampling": True,
            "sampling_budget": 4.0,
        },
        "sampler": {"n": 4, "max_tokens": 8},
        "trainer": trainer,
        "evaluation": {"n": 1, "k": 1},
    }


@pytest.fixture(scope="module")
def dynamic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("dynamic")
    asyncio.run(improve(check_recipe(recipe(output, type="dapo", overlong_buffer=2), "test")))
    return output


def test_no_group_without_signal_enters_a_batch(dynamic: Path) -> None:
    with Store.open(dynamic / "run", read_only=True) as store:
        for round in (1, 2):
            outcomes = store.outcomes_by_problem(f"train/{round}")
            mixed = with_signal(outcomes)
            assert 6 < len(outcomes) <= 24
            assert len(mixed) >= 6 or len(outcomes) == 24
            (sample,) = [r for r in store.metrics("sample") if r["round"] == round]
            assert sample["without_signal"] == pytest.approx(1 - len(mixed) / len(outcomes))
            assert sample["candidates"] == 4 * len(outcomes)
            assert sample["selected"] == 4 * min(len(mixed), 6)
            (step,) = [r for r in store.metrics("train") if r["round"] == round]
            assert step["mixed_groups"] == 1.0


class Stopped(NullProgress):
    """Ends a run as round 2 has all of its `whole` candidates but one."""

    def __init__(self, whole: int) -> None:
        self.whole, self.overshoot = whole, False

    @contextmanager
    def phase(self, title: str, total: int) -> Iterator[Advance]:
        done = 0

        def advance(count: int = 1, **figures: float) -> None:
            nonlocal done
            done += count
            self.overshoot |= done > total
            if title.startswith("round 2: sample") and total == self.whole == done + 1:
                raise KeyboardInterrupt

        yield advance


def test_a_resumed_round_has_all_candidates_of_its_last_problem(
    dynamic: Path, tmp_path: Path
) -> None:
    shutil.copytree(dynamic / "starts", tmp_path / "starts")
    checked = check_recipe(recipe(tmp_path, type="dapo", overlong_buffer=2), "test")
    with Store.open(dynamic / "run", read_only=True) as store:
        whole = store.count_verified("train/2")
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(improve(checked, Stopped(whole)))
    with Store.open(checked.folder, read_only=True) as store:
        # By then enough of them have signal, the last as well, which is not whole.
        assert store.count_verified("train/2") == whole - 1
    resumed = Stopped(-1)
    asyncio.run(improve(checked, resumed))
    assert contents(checked.folder) == contents(dynamic / "run")
    assert not resumed.overshoot


def test_sft_has_no_use_for_it(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="dynamic_sampling is for trainers that compare"):
        check_recipe(recipe(tmp_path, type="sft"), "test")
