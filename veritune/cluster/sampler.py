"""The cluster's samplers as one: each samples a share, and a lost one's share is asked again.

What is sampled for (round, problem, index) follows from the seed, so it does not matter who does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from threading import Event
from typing import TYPE_CHECKING

from veritune.cluster.calls import first_line, is_final, lost_errors, ready, result
from veritune.cluster.pulse import CONTROL, Pulse
from veritune.cluster.requests import SampleRequest, shares
from veritune.cluster.sampler_actor import SampledPart, SamplerActor
from veritune.cluster.shipping import ShippedPolicy, ship
from veritune.errors import VerituneError
from veritune.models import model_folder
from veritune.records import Candidate, Checkpoint, Problem
from veritune.sampler import LogprobDiff, check_content

if TYPE_CHECKING:
    from ray import ObjectRef
    from ray.actor import ActorHandle

# Seconds between two looks at whether all is to end.
LOOK = 0.2


@dataclass(slots=True)
class RemoteSampler:
    """One actor: what was asked of it last, for which request, and which policy it has."""

    actor: ActorHandle[SamplerActor]
    pulse: Pulse
    waits: ObjectRef[SampledPart | LogprobDiff | None] | None = None
    request: SampleRequest | None = None
    policy: str = ""
    dead: bool = False

    def load(self, shipped: ShippedPolicy) -> None:
        """Ask it to load; while Ray starts the actor again, this waits in Ray."""
        self.policy, self.request = "", None
        self.waits = self.actor.load.options(max_task_retries=-1).remote(shipped)

    def begin(self, request: SampleRequest) -> None:
        """Give it a request."""
        problems, indices = request.asked()
        self.request = request
        self.actor.begin.remote(request.id, problems, indices, request.round)
        self.waits = self.actor.more.remote(request.id)

    def end(self) -> None:
        """End what it samples."""
        self.actor.end.options(concurrency_group=CONTROL).remote()
        self.waits, self.request, self.policy = None, None, ""


class ClusterSampler:
    """A `Sampler` over actors; made by `open_cluster`."""

    def __init__(self, actors: Sequence[ActorHandle[SamplerActor]]) -> None:
        self.logprob_diff: LogprobDiff | None = None
        self._remotes = [RemoteSampler(actor, Pulse(actor)) for actor in actors]
        self._shipped: ShippedPolicy | None = None
        self._ids = count(1)
        self._closed = Event()

    def load(self, checkpoint: Checkpoint) -> None:
        """Put the policy into the object store; samplers load it when they are asked to sample."""
        check_content(checkpoint)
        self._closed = Event()
        if self._shipped is None or self._shipped.policy != checkpoint.policy:
            self._shipped = None  # Its objects go before the next ones come.
            self._shipped = ship(model_folder(checkpoint.path), checkpoint.policy)

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        """Yield candidates as they come: for `problems[i]`, those of `indices[i]`.

        Raises what a sampler raises, and `VerituneError` where none is left.
        """
        shipped, closed = self._shipped, self._closed
        if shipped is None:
            raise VerituneError("the sampler has no policy yet; load a checkpoint first")
        asked = shares(problems, indices, round, len(self._remotes))
        waiting = deque(asked)
        try:
            for remote in self._remotes:
                if not remote.dead and remote.policy != shipped.policy:
                    remote.load(shipped)
            while not closed.is_set() and self._has_work(asked):
                self._give(waiting)
                for remote in self._ready():
                    yield from self._read(remote, waiting, shipped)
        finally:
            for remote in self._remotes:
                if remote.request is not None:
                    remote.end()

    def close(self) -> None:
        """End what is being sampled; the samplers' models are freed."""
        self._closed.set()
        for remote in self._remotes:
            if not remote.dead:
                remote.end()

    def _has_work(self, asked: Sequence[SampleRequest]) -> bool:
        # A sampler that is not yet told that it is done would have to be ended, and load again.
        busy = any(remote.request is not None for remote in self._remotes)
        return busy or not all(request.is_whole for request in asked)

    def _give(self, waiting: deque[SampleRequest]) -> None:
        """Give requests to whoever is idle."""
        for remote in self._remotes:
            if waiting and remote.policy and remote.waits is None:
                request = waiting.popleft()
                # Anew each time: what comes of an earlier try belongs to nobody.
                request.id = next(self._ids)
                remote.begin(request)

    def _ready(self) -> list[RemoteSampler]:
        waits = {remote.waits: remote for remote in self._remotes if remote.waits is not None}
        for remote in waits.values():
            remote.pulse.look()
        if not (waits or self._closed.is_set()):
            raise VerituneError(
                "cluster: no sampler is left, and Ray has given up starting them again; look for"
                " the reason in Ray's logs, and run the command again to resume"
            )
        return [waits[reply] for reply in ready(list(waits), LOOK)] if waits else []

    def _read(
        self, remote: RemoteSampler, waiting: deque[SampleRequest], shipped: ShippedPolicy
    ) -> list[Candidate]:
        """The candidates of the reply that a sampler has; what it lost is waiting again."""
        request, waits = remote.request, remote.waits
        if waits is None:  # It was ended meanwhile.
            return []
        remote.waits = None
        try:
            reply = result(waits)
        except lost_errors() as error:
            remote.dead = is_final(error)
            remote.pulse.lost()
            self._lost(remote, waiting, first_line(error))
            if not remote.dead:
                remote.load(shipped)
            return []
        remote.pulse.heard()
        if request is None or not isinstance(reply, SampledPart):
            # It has loaded.
            self.logprob_diff = reply if isinstance(reply, LogprobDiff) else None
            remote.policy = shipped.policy
            return []
        found = request.take(reply)
        if not reply.over:
            remote.waits = remote.actor.more.remote(request.id)
        elif request.is_whole:
            remote.request = None
        else:
            self._lost(remote, waiting, "it ended before all was sampled")
        return found

    def _lost(self, remote: RemoteSampler, waiting: deque[SampleRequest], why: str) -> None:
        request, remote.request = remote.request, None
        if not (request is None or request.is_whole or self._closed.is_set()):
            request.lose(why)
            waiting.append(request)
        if remote.dead:
            remote.policy = ""
