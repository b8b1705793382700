"""What the table [cluster] may say, without Ray."""

from pathlib import Path

import pytest

from veritune.cluster import node_resources
from veritune.config import Recipe, check_recipe
from veritune.errors import RecipeError
from veritune.store import changed_keys, to_toml


def recipe(**change: object) -> Recipe:
    return check_recipe({"cluster": {"address": "local"}} | change, "test")


@pytest.mark.parametrize("address", ["local", "auto", "10.0.0.1:6379", "[::1]:6379"])
def test_addresses(address: str) -> None:
    assert recipe(cluster={"address": address}).cluster.address == address


@pytest.mark.parametrize("address", ["ray://head:10001", "head", "head:", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(RecipeError, match=r"cluster\.address"):
        recipe(cluster={"address": address})


def test_what_only_the_own_process_can_do_is_refused_elsewhere() -> None:
    judge = {"type": "judge", "judge": {"url": "http://localhost:1/v1"}}
    with pytest.raises(RecipeError, match=r"cluster\.verifiers: judge verifies in the command's"):
        recipe(verifier=judge)
    assert recipe(verifier=judge, cluster={"address": "local", "verifiers": 0})
    with pytest.raises(RecipeError, match=r"cluster\.samplers: sampler\.type server samples"):
        recipe(sampler={"type": "server", "url": "http://localhost:1/v1"})


def test_a_round_that_is_trained_again_needs_the_checkpoint_before_it() -> None:
    table = {"address": "local", "trainers": 2}
    with pytest.raises(RecipeError, match=r"leave rounds\.save_every at 1"):
        recipe(cluster=table, rounds={"save_every": 2})
    assert recipe(cluster=table)


def test_only_vllm_cuts_a_model_over_gpus() -> None:
    with pytest.raises(RecipeError, match=r"sampler: tensor_parallel_size is vLLM's"):
        recipe(sampler={"tensor_parallel_size": 2})
    assert recipe(sampler={"type": "vllm", "tensor_parallel_size": 2})


def test_a_run_may_be_resumed_on_a_cluster(tmp_path: Path) -> None:
    saved = to_toml(check_recipe({}, "test"))
    table = {"address": "10.0.0.1:6379", "samplers": 4, "verifiers": 0, "sampler_gpus": 0.5}
    table |= {"trainers": 2, "trainer_gpus": 1}
    changes = changed_keys(tmp_path, saved, recipe(cluster=table))
    assert {change.partition(" ")[0] for change in changes} == {
        *("cluster.address", "cluster.samplers", "cluster.verifiers", "cluster.sampler_gpus"),
        *("cluster.trainers", "cluster.trainer_gpus"),
    }


def test_a_node_offers_each_sandbox_by_its_name() -> None:
    assert set(node_resources(["bubblewrap", "docker"])) == {"sandbox_bubblewrap", "sandbox_docker"}
    assert node_resources([]) == {}
