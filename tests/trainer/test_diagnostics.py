"""Warnings in words: each for its own trouble, and none for a run that is well."""

from collections.abc import Mapping

import pytest

from veritune.trainer.diagnostics import find_warnings

WELL = {
    "kl": 2.0,
    "entropy": 0.8,
    "length": 100.0,
    "truncated": 0.05,
    "mixed_groups": 0.6,
    "errors": 0.0,
}


def test_a_run_that_is_well_gets_no_warning() -> None:
    assert find_warnings(WELL, WELL) == []
    assert find_warnings(WELL, WELL, kl_target=1.0) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kl": 80.0}, "KL to the reference is diverging: 80.0 nats"),
        ({"kl": float("nan")}, "KL to the reference is diverging"),
        ({"entropy": 0.01}, "entropy is collapsing: 0.010 nats a token, 0.800 at first"),
        ({"length": 250.0}, "length is diverging: 250 tokens a candidate, 100 at first"),
        ({"truncated": 0.9}, "90% of the candidates are truncated"),
        ({"mixed_groups": 0.0}, "no signal within groups: in 100% of them"),
        ({"errors": 0.7}, "70% of the candidates had verifier errors"),
    ],
)
def test_each_trouble_has_one_warning(change: Mapping[str, float], says: str) -> None:
    (told,) = find_warnings(WELL | dict(change), WELL)
    assert says in told


def test_a_kl_target_decides_what_is_far() -> None:
    assert find_warnings(WELL | {"kl": 9.0}, WELL) == []
    (told,) = find_warnings(WELL | {"kl": 9.0}, WELL, kl_target=2.0)
    assert "KL to the reference is diverging" in told
