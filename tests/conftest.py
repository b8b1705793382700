"""Which tests can run on this machine.

Tests marked docker, vllm, gpu or ray are skipped, with the reason, where their engine is missing.
`VERITUNE_REQUIRE=docker,vllm` makes that a failure instead: CI must not lose tests in silence.

The shapes of tensors that stand in the types of `SHAPED` are checked at every call.

Random tests draw the same cases every time; `--hypothesis-profile default` and `FUZZ_SECONDS=600`
look for new ones.
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

SHAPED = (
    *("veritune.models.head", "veritune.models.linear"),
    *("veritune.sampler.token_sampling", "veritune.trainer.losses"),
)
"""Modules whose annotations name the shapes of tensors."""
gc.disable()  # While torch and the tests are imported nothing becomes garbage.
install_import_hook(list(SHAPED), "beartype.beartype")
if "PYTEST_XDIST_WORKER" in os.environ:  # Threads of several processes slow each other down.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
ENGINES = ("docker", "vllm", "gpu", "ray")
REQUIRED = frozenset(filter(None, os.environ.get("VERITUNE_REQUIRE", "").split(",")))
LONGEST = (
    *("test_algorithms_learn.py", "test_nodes.py", "test_rounds_ahead.py", "test_reward_models.py"),
    *("test_supervision_study.py", "test_whole.py", "test_reward_bars.py", "test_types.py"),
    *("test_viewer_hostile.py", "test_loop.py", "test_processes.py", "test_long.py"),
    "test_scale.py",
    *("test_answer_fuzz.py", "test_families.py", "test_head_lost.py", "test_supervision_judge.py"),
    *("test_code_hacks.py", "test_sandbox_life.py", "test_sandbox_limits.py", "test_peers.py"),
)
"""Files that take longest. They begin first, so that no worker is left alone with one of them."""
TRACED = 24
"""Cases of one test that are traced for coverage: tracing makes pure Python 3.5 times as slow, and
later cases of a test reach little that its first ones do not."""


def pytest_configure() -> None:
    if unknown := REQUIRED.difference(ENGINES):
        raise pytest.UsageError(
            f"VERITUNE_REQUIRE: no engine {', '.join(sorted(unknown))}; there are"
            f" {', '.join(ENGINES)}"
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))
    cases: Counter[str] = Counter()
    for item in items:
        cases[test := item.nodeid.partition("[")[0]] += 1
        if cases[test] > TRACED:
            item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """What was imported stays: no later collection, and a run ends with one, looks at it again."""
    gc.freeze()
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for engine in ENGINES:
        if item.get_closest_marker(engine) and (reason := missing(engine)):
            if engine in REQUIRED:
                pytest.fail(f"{engine} is required here: {reason}", pytrace=False)
            pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the whole session, whichever worker asks: for what several files use, and
    which whoever comes first makes under a lock."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@cache
def missing(engine: str) -> str | None:
    """Why tests of this engine cannot run here; None where they can."""
    return {"docker": _no_docker, "vllm": _no_vllm, "gpu": _no_gpu, "ray": _no_ray}[engine]()


def _no_docker() -> str | None:
    if find_spec("docker") is None:
        return "the docker package is not installed"
    import docker

    try:
        docker.from_env(timeout=10).ping()
    except docker.errors.DockerException as error:
        return f"no Docker engine answers ({str(error)[:80]})"
    return None


def _no_vllm() -> str | None:
    return None if find_spec("vllm") else "vllm is not installed (pip install 'veritune[vllm]')"


def _no_ray() -> str | None:
    return None if find_spec("ray") else "ray is not installed (pip install 'veritune[ray]')"


def _no_gpu() -> str | None:
    import torch

    return None if torch.cuda.is_available() else "this machine has no GPU that torch can use"
