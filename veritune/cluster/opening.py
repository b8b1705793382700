"""Opening a cluster: Ray, the actors that a recipe asks for, and what of them is missing."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veritune.cluster.calls import first_line, result
from veritune.cluster.head import head_watched
from veritune.cluster.limits import (
    CLOSE_SECONDS,
    CONNECT_SECONDS,
    PATIENCE,
    PLACING_SECONDS,
    RESTARTS,
)
from veritune.cluster.nodes import TAKEN, node_resources, sandbox_mark
from veritune.cluster.pulse import CONTROL
from veritune.cluster.sampler import ClusterSampler
from veritune.cluster.sampler_actor import SamplerActor
from veritune.cluster.verifier import ClusterVerifier
from veritune.cluster.verifier_actor import VerifierActor
from veritune.config import ClusterConfig, SamplerConfig, VerifierConfig
from veritune.errors import RecipeError
from veritune.orphans import identity
from veritune.records import Problem
from veritune.sampler import Sampler
from veritune.verifiers import Verifier

if TYPE_CHECKING:
    from ray import ObjectRef
    from ray.actor import ActorHandle

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The cluster's samplers and verifiers; None where the command's own process has them."""

    sampler: Sampler | None
    verifier: Verifier | None


@contextmanager
def open_cluster(
    config: ClusterConfig,
    *,
    sampler: SamplerConfig,
    verifier: VerifierConfig,
    seed: int,
    dtype: str,
    problems: Sequence[Problem],
    say: Say = lambda text: None,
) -> Iterator[Cluster]:
    """Connect to the cluster or start one here, and start its actors.

    Nothing of them is left at the end. Where Ray is connected already, it stays so. Raises
    `RecipeError` where there is no cluster, or too little of it.
    """
    coded = [problem for problem in problems if problem.kind == "code"][:1]
    actors: list[ActorHandle[SamplerActor] | ActorHandle[VerifierActor]] = []
    with _connected(config, verifier):
        try:
            if coded and config.verifiers:
                _check_sandbox(verifier.sandbox)
            samplers = [_sampler(config, sampler, seed, dtype) for _ in range(config.samplers)]
            verifiers = [_verifier(verifier, coded) for _ in range(config.verifiers)]
            actors += [*samplers, *verifiers]
            started = [actor.__ray_ready__.remote() for actor in samplers]
            _wait([*started, *(actor.start.remote() for actor in verifiers)], say)
            yield Cluster(
                sampler=ClusterSampler(samplers) if samplers else None,
                verifier=ClusterVerifier(verifiers) if verifiers else None,
            )
        finally:
            _close(actors)


@contextmanager
def _connected(config: ClusterConfig, verifier: VerifierConfig) -> Iterator[None]:
    """With Ray connected, where it was not before, and its head watched as early as can be."""
    import ray

    address = str(config.address)
    with ExitStack() as opened:
        began, known = not ray.is_initialized(), ":" in address
        if began and known:  # It may be lost while we connect, too.
            opened.enter_context(head_watched(address))
        if began:
            _connect(config, verifier)
            opened.callback(ray.shutdown)
        if not (began and known):
            opened.enter_context(head_watched(ray.get_runtime_context().gcs_address))
        yield


def _connect(config: ClusterConfig, verifier: VerifierConfig) -> None:
    import ray

    address = str(config.address)
    # Runs of ours report to nobody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    here: dict[str, object] = {}
    if address == "local":
        # As many as are asked for, since here all of them share the machine anyway.
        cores = config.samplers + config.trainers + config.verifiers * verifier.workers
        here = {
            "num_cpus": max(cores, os.cpu_count() or 1),
            # Whether it works, a verifier finds out when it starts.
            "resources": node_resources([verifier.sandbox]),
            "include_dashboard": False,
        }
    try:
        _knock(address)
        with _sigterm_kept():
            ray.init(address=address, log_to_driver=False, logging_level="ERROR", **here)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise RecipeError(
            f"cluster.address {address}: no cluster answers ({first_line(error)}); start one"
            " with `ray start --head`, or set it to local"
        ) from None


@contextmanager
def _sigterm_kept() -> Iterator[None]:
    """Ray sets a handler of its own, which ends the command without a line."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)


def _knock(address: str) -> None:
    """Raise `OSError` where nobody listens at HOST:PORT; Ray would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()


def _check_sandbox(kind: str) -> None:
    """Raise `RecipeError` where no node says that it has a sandbox."""
    import ray

    if not ray.cluster_resources().get(sandbox_mark(kind)):
        raise RecipeError(
            f"cluster.verifiers: no node of the cluster offers a {kind} sandbox; start those that"
            ' have one with ray start --resources "$(veritune sandbox doctor --ray)", or set it to'
            " 0"
        )


def _sampler(
    config: ClusterConfig, sampler: SamplerConfig, seed: int, dtype: str
) -> ActorHandle[SamplerActor]:
    import ray

    # All of one actor's GPUs are on one node, as an engine that is cut over them needs.
    gpus = max(config.sampler_gpus, sampler.engine_gpus)
    made = ray.remote(
        num_cpus=1,
        num_gpus=gpus,
        max_restarts=RESTARTS,
        scheduling_strategy="SPREAD",
        concurrency_groups={CONTROL: 1},
    )(SamplerActor)
    owner = identity(os.getpid())
    return made.remote(sampler, seed=seed, dtype=dtype, gpu=gpus > 0, owner=owner)


def _verifier(config: VerifierConfig, coded: Sequence[Problem]) -> ActorHandle[VerifierActor]:
    import ray

    made = ray.remote(
        num_cpus=config.workers,
        # Code is verified where there is a sandbox; answers are, anywhere.
        resources={sandbox_mark(config.sandbox): TAKEN} if coded else {},
        max_restarts=RESTARTS,
        scheduling_strategy="SPREAD",
        max_concurrency=config.at_once,
        concurrency_groups={CONTROL: 1},
    )(VerifierActor)
    return made.remote(config, coded, identity(os.getpid()))


def _wait(started: Sequence[ObjectRef[object]], say: Say) -> None:
    """Wait until Ray has placed and started all actors; raises what one of them raises."""
    import ray
    from ray.exceptions import RayActorError

    done, lacking = ray.wait(list(started), num_returns=len(started), timeout=PATIENCE)
    if lacking:
        say(f"cluster: {len(done)} of {len(started)} actors have started; waiting for the others")
        _, lacking = ray.wait(list(started), num_returns=len(started), timeout=PLACING_SECONDS)
    if lacking:
        offered = ", ".join(
            f"{amount:g} {name}"
            for name, amount in sorted(ray.cluster_resources().items())
            if name in ("CPU", "GPU") or name.startswith(sandbox_mark(""))
        )
        raise RecipeError(
            f"cluster: {len(lacking)} of {len(started)} actors find no place ({offered} in all);"
            " ask for fewer samplers or verifiers, or add nodes"
        )
    try:
        for reply in started:
            result(reply)
    except RayActorError as error:
        raise RecipeError(
            f"cluster: an actor does not start ({first_line(error)}); is this version of veritune"
            " installed on every node?"
        ) from None


def _close(actors: Sequence[ActorHandle[SamplerActor] | ActorHandle[VerifierActor]]) -> None:
    """Close what the actors opened, and end them; one that is lost has closed nothing."""
    import ray

    with suppress(Exception):
        ray.wait(
            [actor.close.remote() for actor in actors],
            num_returns=len(actors),
            timeout=CLOSE_SECONDS,
        )
    for actor in actors:
        with suppress(Exception):
            ray.kill(actor)
