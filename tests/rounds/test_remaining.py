"""How long a run still takes, of phases whose times are known."""

from __future__ import annotations

import pytest

from veritune.cli.console import duration
from veritune.config import check_recipe
from veritune.rounds import RemainingTime, remaining


class Clock:
    """Stands still but for what is added."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(remaining, "time", clock)
    return clock


def through(left: RemainingTime, clock: Clock, title: str, seconds: float) -> None:
    left.begin(title, 10)
    for _ in range(10):
        clock.now += seconds / 10
        left.advance(1)
    left.end()


def test_the_rest_of_a_run_is_what_its_phases_took(clock: Clock) -> None:
    recipe = check_recipe({"rounds": {"count": 3}, "evaluation": {"every": 2}}, "test")
    left = RemainingTime(recipe)
    through(left, clock, "warm start", 500)
    through(left, clock, "round 0: evaluate", 7)
    through(left, clock, "round 1: sample and verify", 100)
    left.begin("round 1: train", 10)
    assert left.seconds() is None
    clock.now += 5
    left.advance(1)
    # Half a minute of training in rounds 1 to 3, less what is done; round 1 is not evaluated.
    assert left.seconds() == pytest.approx(45 + 2 * (100 + 50) + 2 * 7)
    left.end()
    left.begin("round 3: evaluate", 4)
    left.advance(2)
    clock.now += 9
    left.advance(1)
    # What was there before took none of this time.
    assert left.seconds() == pytest.approx(9)


def test_nothing_is_said_of_a_phase_that_was_never_seen(clock: Clock) -> None:
    left = RemainingTime(check_recipe({"rounds": {"count": 2}}, "test"))
    left.begin("round 1: sample and verify", 10)
    clock.now += 5
    left.advance(1)
    assert left.seconds() is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(9.6, "10 s"), (90, "2 min"), (3 * 3600 + 20 * 60, "3 h 20 min"), (52 * 3600, "2 d 4 h")],
)
def test_a_duration_is_for_a_person(seconds: float, said: str) -> None:
    assert duration(seconds) == said
