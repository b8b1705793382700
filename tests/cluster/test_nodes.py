"""Runs on three Ray nodes of this machine: what they give is what one process gives."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from small_runs import NODE, contents, filled, tiny

from veritune.cli import main
from veritune.config import ClusterConfig, SamplerConfig, VerifierConfig
from veritune.errors import RecipeError
from veritune.models import adapter_base, policy_hash
from veritune.records import (
    Candidate,
    CodeProblem,
    MathProblem,
    MathReference,
)
from veritune.rounds import improve, open_session
from veritune.rounds.progress import NullProgress
from veritune.rounds.start import start_policy

pytestmark = [pytest.mark.ray, pytest.mark.slow]

TRAINERS: dict[str, dict[str, Any]] = {
    "sft": {"max_steps": 3, "batch_size": 8},
    "ppo": {"type": "ppo", "mini_batch_size": 24},
}


@pytest.mark.parametrize("kind", TRAINERS)
def test_three_nodes_sample_verify_and_train_as_one_process_does(
    kind: str, nodes: Any, tmp_path: Path
) -> None:
    here = tiny(tmp_path, "here", trainer=TRAINERS[kind])
    table = {"address": nodes.address, "samplers": 2, "verifiers": 1}
    there = tiny(tmp_path, "there", trainer=TRAINERS[kind], cluster=table)
    asyncio.run(improve(here))
    asyncio.run(improve(there))
    assert contents(there) == contents(here)
    assert len(contents(here)) > 60
    trained = [policy_hash(there.folder / "checkpoints" / f"round-{round}") for round in (1, 2)]
    assert trained == [row[1] for row in contents(here) if len(row) == 2][1:]
    assert trained[0] != trained[1]


def test_a_node_that_is_lost_costs_its_unfinished_work_alone(nodes: Any, tmp_path: Path) -> None:
    from veritune.problems import recipe_problems

    recipe = tiny(tmp_path, "lost", model={"scratch": {"layers": 2, "width": 64, "heads": 2}})
    policy = start_policy(recipe, NullProgress())
    config = recipe.problems.model_copy(update={"train": 150})
    problems, _ = recipe_problems(config, 0, lambda text: None)
    silent = NullProgress().phase("", 0)
    with silent as nothing:
        alone = asyncio.run(filled(tmp_path / "a", recipe, policy, problems, None, nothing))
    lost: list[int] = []
    done = 0
    extra = nodes.add_node(**NODE)  # All four cores are taken, this one, too.

    def advance(count: int = 1, **figures: float) -> None:
        nonlocal done
        done += count
        if done and not lost:  # The first candidates are here, and the others are on their way.
            lost.append(done)
            nodes.remove_node(extra, allow_graceful=False)

    table = ClusterConfig(address=nodes.address, samplers=4, verifiers=0)
    there = asyncio.run(filled(tmp_path / "b", recipe, policy, problems, table, advance))
    assert there == alone
    assert lost[0] < len(there) == 150 * 8


def test_what_a_lost_verifier_had_is_asked_of_the_others(nodes: Any) -> None:
    from veritune.cluster.verifier import ClusterVerifier

    problem = MathProblem(id="m", prompt="2 + 2?", reference=MathReference(answer="4"))
    pairs = [
        (problem, Candidate(problem_id="m", index=i, text=f"It is \\boxed{{{i % 8}}}."))
        for i in range(400)
    ]

    async def verdicts() -> list[str]:
        import ray

        table = ClusterConfig(address=nodes.address, samplers=0, verifiers=2)
        config = VerifierConfig(workers=1)
        async with open_session(cluster=table, verifier=config) as session:
            assert isinstance(session.verifier, ClusterVerifier)
            lost: list[int] = []

            def advance(count: int = 1, **figures: float) -> None:
                if not lost:
                    lost.append(count)
                    ray.kill(session.verifier._remotes[0].actor, no_restart=False)

            found = await session.verify(pairs, advance)
            assert lost
            return [verdict.outcome for verdict in found]

    assert asyncio.run(verdicts()) == ["passed" if i % 8 == 4 else "failed" for i in range(400)]


def test_an_adapter_is_shipped_with_its_base(nodes: Any, tmp_path: Path) -> None:
    import ray

    from veritune.cluster.shipping import forget_others, names_of, receive, ship

    shape = {"layers": 1, "width": 32, "heads": 2}
    policy = start_policy(
        tiny(tmp_path, "adapter", model={"scratch": shape, "lora": {"rank": 2}}), NullProgress()
    )
    place = tmp_path / "there"
    (place / "before").mkdir(parents=True)
    ray.init(address=nodes.address, log_to_driver=False)
    try:
        shipped = ship(Path(policy.path), policy.policy)
        found = receive(shipped, place)
        forget_others(names_of(shipped), place)
        assert found.policy == policy.policy == policy_hash(found.path)
        base = adapter_base(Path(found.path))
        assert base is not None and Path(base).parent == place
        assert {folder.name for folder in place.iterdir()} == {policy.policy, Path(base).name}
        weights = Path(found.path) / "adapter_model.safetensors"
        weights.write_bytes(b"changed")
        assert receive(shipped, place) == found  # What is there is not written again,
        assert policy_hash(found.path) != policy.policy  # and loading it would tell.
    finally:
        ray.shutdown()


def test_files_are_sampled_and_verified_as_in_one_process(nodes: Any, tmp_path: Path) -> None:
    policy = start_policy(tiny(tmp_path, "start"), NullProgress())
    problems = tmp_path / "problems.jsonl"
    rows = (MathProblem(id=f"{i}", prompt=f"{i}+1=", reference=MathReference(answer=f"{i + 1}"))
            for i in range(12))  # fmt: skip
    problems.write_text("".join(f"{row.to_line()}\n" for row in rows))
    there = ["--cluster.address", nodes.address]
    for name, more in (("here", []), ("there", there)):
        out, verdicts = tmp_path / f"{name}.jsonl", tmp_path / f"{name}-verdicts.jsonl"
        words = ["--problems", str(problems), *more]
        sampled = ["--model", policy.path, "--n", "2", "--sampler.max-tokens", "8"]
        assert main(["sample", *sampled, "--out", str(out), *words]) == 0
        asked = ["--candidates", str(out), "--out", str(verdicts), "--workers", "1"]
        assert main(["verify", *asked, *words]) == 0
    assert len((tmp_path / "here.jsonl").read_text().splitlines()) == 24
    for name in ("", "-verdicts"):
        here, away = (tmp_path / f"{where}{name}.jsonl" for where in ("here", "there"))
        assert timeless(here) == timeless(away)


def timeless(file: Path) -> list[dict[str, Any]]:
    """The rows of a file, but for how long they took."""
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return [row | {"seconds": 0.0} for row in rows]


def code_problem() -> CodeProblem:
    tests = {"type": "calls", "entry_point": "f", "cases": [{"args": [], "expected": 1}]}
    reference = {"tests": tests}
    return CodeProblem.from_json(
        {"id": "c", "kind": "code", "prompt": "f gives 1.", "reference": reference}
    )


async def opened(table: ClusterConfig, verifier: VerifierConfig) -> None:
    async with open_session(cluster=table, verifier=verifier, problems=[code_problem()]):
        pass


def test_code_is_refused_where_no_node_offers_the_sandbox(nodes: Any) -> None:
    table = ClusterConfig(address=nodes.address, samplers=0)
    with pytest.raises(RecipeError, match="no node of the cluster offers a docker sandbox"):
        asyncio.run(opened(table, VerifierConfig(sandbox="docker", workers=1)))


def test_more_than_the_cluster_has_is_said_so(nodes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veritune.cluster.opening.PATIENCE", 0.1)
    monkeypatch.setattr("veritune.cluster.opening.PLACING_SECONDS", 0.1)
    table = ClusterConfig(address=nodes.address, samplers=0)
    with pytest.raises(RecipeError, match=r"1 of 1 actors find no place \(.* CPU, .* sandbox_bubb"):
        asyncio.run(opened(table, VerifierConfig(workers=64)))


def test_an_engine_in_parts_has_its_gpus_on_one_node(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray
    from ray.cluster_utils import Cluster

    from veritune.cluster.sampler import ClusterSampler

    monkeypatch.setattr("veritune.cluster.opening.PATIENCE", 0.1)
    monkeypatch.setattr("veritune.cluster.opening.PLACING_SECONDS", 5.0)
    # Ray believes what a node says that it has.
    two = Cluster(initialize_head=True, head_node_args={**NODE, "num_gpus": 1})
    two.add_node(**NODE, num_gpus=1)
    table = ClusterConfig(address=two.address, samplers=1, verifiers=0)
    sampler = SamplerConfig(type="vllm", tensor_parallel_size=2)

    async def given() -> int:
        async with open_session(cluster=table, sampler=sampler) as session:
            assert isinstance(session.sampler, ClusterSampler)
            actor: Any = session.sampler._remotes[0].actor
            return len(ray.get(actor.__ray_call__.remote(lambda self: ray.get_gpu_ids())))

    try:
        with pytest.raises(RecipeError, match=r"1 of 1 actors find no place \(.* 2 GPU"):
            asyncio.run(given())
        monkeypatch.setattr("veritune.cluster.opening.PLACING_SECONDS", 200.0)
        two.add_node(**NODE, num_gpus=2)
        assert asyncio.run(given()) == 2
    finally:
        two.shutdown()


def test_a_cluster_that_is_not_there_is_said_so_in_one_line(tmp_path: Path) -> None:
    recipe = tiny(tmp_path, "none", cluster={"address": "127.0.0.1:1"})
    with pytest.raises(RecipeError, match=r"cluster\.address 127\.0\.0\.1:1: no cluster answers"):
        asyncio.run(improve(recipe))


CODE = """
import asyncio
from veritune.config import ClusterConfig, VerifierConfig
from veritune.records import Candidate, CodeProblem
from veritune.rounds import open_session
tests = {"type": "calls", "entry_point": "add", "cases": [{"args": [1, 2], "expected": 3}]}
problem = CodeProblem.from_json(
    {"id": "c", "kind": "code", "prompt": "Add.", "reference": {"tests": tests}}
)
pairs = [
    (problem, Candidate(problem_id="c", index=i, text=f"def add(a, b):\\n    return a + b - {i}"))
    for i in range(2)
]
async def main():
    table = ClusterConfig(address="local", samplers=0, verifiers=1)
    async with open_session(
        verifier=VerifierConfig(workers=1), cluster=table, problems=[problem]
    ) as session:
        print([verdict.outcome for verdict in await session.verify(pairs)])
asyncio.run(main())
"""


def test_code_is_verified_in_the_sandbox_of_a_node_and_nothing_is_left_running() -> None:
    ours = dict(os.environ, VERITUNE_TEST_MARK=f"mark-{os.getpid()}")
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env=ours, timeout=250
    )
    assert done.stdout.strip() == "['passed', 'failed']", done.stderr[-2000:]
    until = time.monotonic() + 30
    while (left := marked(ours["VERITUNE_TEST_MARK"])) and time.monotonic() < until:
        time.sleep(0.2)
    assert not left


def marked(value: str) -> list[str]:
    """The programs whose environment says that this test started them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"VERITUNE_TEST_MARK={value}".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found
