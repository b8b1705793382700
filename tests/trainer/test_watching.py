"""Warnings in words: each for its own trouble, and none for a run that is well."""

from collections.abc import Mapping

import pytest

from veritune.trainer.watching import warnings

WELL = {
    "kl": 2.0,
    "entropy": 0.8,
    "length": 100.0,
    "truncated": 0.05,
    "signal": 0.6,
    "errors": 0.0,
}


def test_a_run_that_is_well_gets_no_warning() -> None:
    assert warnings(WELL, WELL) == []
    assert warnings(WELL, WELL, kl_target=1.0) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kl": 80.0}, "the KL runs away: 80.0 nats"),
        ({"kl": float("nan")}, "the KL runs away"),
        ({"entropy": 0.01}, "entropy collapses: 0.010 nats a token, 0.800 at first"),
        ({"length": 250.0}, "length explodes: 250 tokens a candidate, 100 at first"),
        ({"truncated": 0.9}, "90% of the candidates are cut off"),
        ({"signal": 0.0}, "all groups are equal: in 100% of them"),
        ({"errors": 0.7}, "70% of the candidates could not be checked"),
    ],
)
def test_each_trouble_has_one_warning(change: Mapping[str, float], says: str) -> None:
    (told,) = warnings(WELL | dict(change), WELL)
    assert says in told


def test_a_kl_target_decides_what_is_far() -> None:
    assert warnings(WELL | {"kl": 9.0}, WELL) == []
    (told,) = warnings(WELL | {"kl": 9.0}, WELL, kl_target=2.0)
    assert "the KL runs away" in told
