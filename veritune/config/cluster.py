"""Where a run's samplers, verifiers and training are, when they are not in its own process."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from veritune.config.base import Count, Frozen
from veritune.config.rounds import SamplerConfig, VerifierConfig


class ClusterConfig(Frozen):
    """Samplers, verifiers and training workers on a Ray cluster."""

    address: Annotated[str | None, Field(pattern=r"^(local|auto|[^/\s]+:\d+)$")] = None
    """local starts Ray on this machine, for this run alone; else the address of a cluster that
    runs, such as auto or 10.0.0.1:6379. Left out: no Ray, all is in one process."""
    # One of each works on every machine with two cores, and says how the rest would go.
    samplers: Count = 1
    """Samplers, each with a core and a share of the problems; 0: candidates are sampled in the
    command's own process."""
    verifiers: Count = 1
    """Verifiers, each with `verifier.workers` cores; 0: candidates are verified in the command's
    own process."""
    sampler_gpus: Annotated[float, Field(ge=0)] = 0.0
    """GPUs of each sampler; a fraction shares one, 0 samples on the CPU. It has at least as many as
    `sampler.tensor_parallel_size` says."""
    trainers: Count = 0
    """Workers that train together, each with a core; 0: the command's own process trains."""
    trainer_gpus: Literal[0, 1] = 0
    """GPUs of each worker that trains; 0 trains on the CPU."""

    def check(self, sampler: SamplerConfig, verifier: VerifierConfig) -> None:
        """Raise `ValueError` for what cannot be on a cluster."""
        if self.address is None:
            return
        if self.samplers and sampler.type == "server":
            raise ValueError(
                "cluster.samplers: sampler.type server samples elsewhere already; set it to 0"
            )
        # Models are read, and replies and completions kept, where the run's folder is.
        asked = {*verifier.deciders, *verifier.labellers}
        models = sorted(asked & {"judge", "reward_model", "rollouts"})
        if self.verifiers and models:
            raise ValueError(
                f"cluster.verifiers: {models[0]} verifies in the command's own process alone;"
                " set it to 0"
            )
