"""Keys of earlier versions are refused with their new names."""

from __future__ import annotations

import pytest

from veritune.cli.run import read
from veritune.config import check_recipe
from veritune.config.base import RENAMED
from veritune.errors import RecipeError


@pytest.mark.parametrize("key", RENAMED)
def test_an_old_key_is_refused_with_its_new_name(key: str) -> None:
    values: object = 1
    for part in reversed(key.split(".")):
        values = {part: values}
    assert isinstance(values, dict)
    if key in ("trainer.minibatch", "trainer.kl", "trainer.kl_place", "trainer.whiten"):
        values["trainer"]["type"] = "ppo"
    with pytest.raises(RecipeError) as refusal:
        check_recipe(values, "old.toml")
    assert str(refusal.value) == f"old.toml: {key}: renamed to {RENAMED[key]}"


def test_the_same_keys_of_other_sections() -> None:
    with pytest.raises(RecipeError, match=r"warm_start\.updates: renamed to warm_start\.max_steps"):
        check_recipe({"warm_start": {"updates": 3}}, "old.toml")


@pytest.mark.parametrize(
    ("option", "new"),
    [("--sampler.batch", "--sampler.max-num-seqs"), ("--trainer.clip", "--trainer.max-grad-norm")],
)
def test_an_old_option_is_refused_with_its_new_name(option: str, new: str) -> None:
    with pytest.raises(RecipeError, match=f"{option}: renamed to {new}"):
        read(["recipes/demo-math.toml", option, "3"])


def test_a_key_whose_name_means_something_else_now() -> None:
    with pytest.raises(RecipeError, match=r"verifier\.judge: .* who decides is verifier\.type"):
        check_recipe({"verifier": {"judge": "reward_model"}}, "old.toml")
