"""The cluster of containers: a file that is read here, with commands that fit each other."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from veritune.cli.run import read

ROOT = Path(__file__).resolve().parents[2]
Service = dict[str, Any]


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    yaml = pytest.importorskip("yaml", reason="PyYAML comes with transformers")
    found: dict[str, Service] = yaml.safe_load(
        (ROOT / "examples" / "cluster" / "compose.yaml").read_text()
    )["services"]
    return found


def commands(service: Service) -> list[list[str]]:
    """The words of every command that a container runs, in order."""
    given = service["command"]
    text = given if isinstance(given, str) else given[-1]
    return [shlex.split(part) for part in text.split("&&")]


def ray_start(service: Service) -> dict[str, str]:
    """The options of `ray start`; those without a value are empty."""
    words = next(words for words in commands(service) if words[:2] == ["ray", "start"])
    found = re.findall(r"(--[a-z-]+)(?: ([^- ]\S*))?", " ".join(words))
    return dict(found)


def offered(service: Service, option: str) -> int:
    """What all containers of a service tell Ray of cores or GPUs."""
    replicas = service.get("deploy", {}).get("replicas", 1)
    return int(ray_start(service)[option]) * int(replicas)


def test_the_run_fits_what_the_nodes_offer(
    services: dict[str, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    words = commands(services["train"])[-1]
    assert words[:2] == ["veritune", "run"]
    recipe = read(words[2:])
    cluster = recipe.cluster
    assert cluster.samplers * cluster.sampler_gpus == offered(services["sample"], "--num-gpus")
    assert cluster.samplers <= offered(services["sample"], "--num-cpus")
    cores = cluster.verifiers * recipe.verifier.workers
    assert cores == offered(services["verify"], "--num-cpus")
    # Ray must not give the GPU that trains to a sampler.
    assert offered(services["train"], "--num-gpus") == 0


def test_every_node_finds_the_head_and_no_gpu_is_taken_twice(services: dict[str, Service]) -> None:
    head = f"{services['train']['hostname']}:{ray_start(services['train'])['--port']}"
    assert {ray_start(services[name])["--address"] for name in ("sample", "verify")} == {head}
    devices = [
        id
        for service in services.values()
        for device in service["deploy"].get("resources", {"reservations": {"devices": []}})[
            "reservations"
        ]["devices"]
        for id in device["device_ids"]
    ]
    assert len(devices) == len(set(devices)) == 1 + offered(services["sample"], "--num-gpus")


def test_only_verifiers_say_that_they_have_a_sandbox(services: dict[str, Service]) -> None:
    marked = [name for name, service in services.items() if "doctor --ray" in str(service)]
    assert marked == ["verify"]
    assert services["verify"]["security_opt"]
