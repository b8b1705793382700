"""The cluster's verifiers as one: who has least to do is asked, and another where it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from veritune.cluster.calls import awaited, first_line, is_final, lost_errors
from veritune.cluster.pulse import Pulse
from veritune.cluster.verifier_actor import VerifiedReply, VerifierActor
from veritune.errors import VerituneError
from veritune.records import Candidate, Problem, Verdict
from veritune.replies import TRIES, ReplyLostError

if TYPE_CHECKING:
    from ray.actor import ActorHandle

# Seconds between two looks at whether a verifier has come back.
LOOK = 0.2


@dataclass(slots=True, eq=False)
class RemoteVerifier:
    """One actor, how many requests it has, and whether it is lost, for a while or for good."""

    actor: ActorHandle[VerifierActor]
    pulse: Pulse
    busy: int = 0
    watched: bool = False
    away: bool = False
    dead: bool = False


class ClusterVerifier:
    """A `Verifier` over actors; made by `open_cluster`."""

    def __init__(self, actors: Sequence[ActorHandle[VerifierActor]]) -> None:
        self._remotes = [RemoteVerifier(actor, Pulse(actor)) for actor in actors]
        self._ids = count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The verdict of one of the verifiers.

        Raises what it raises, and `VerituneError` where several were lost over the same candidate.
        """
        why = ""
        for _ in range(TRIES):
            remote = await self._free()
            remote.busy += 1
            if not remote.watched:
                remote.watched = True  # Now: the next request comes before the task begins.
                self._begin(self._watch(remote))
            try:
                return await self._ask(remote, problem, candidate)
            except lost_errors() as error:
                why = first_line(error)
                self._lost(remote, error)
            finally:
                remote.busy -= 1
        raise VerituneError(
            f"cluster: {TRIES} verifiers were lost over candidate {candidate.index} of problem"
            f" {problem.id!r} ({why}); look for it in Ray's logs"
        )

    async def _ask(self, remote: RemoteVerifier, problem: Problem, candidate: Candidate) -> Verdict:
        id = next(self._ids)
        reply = await awaited(remote.actor.verify.remote(id, problem, candidate))
        if not isinstance(reply, VerifiedReply) or reply.id != id:
            raise ReplyLostError("it replied to another request")
        remote.pulse.heard()
        return reply.verdict

    async def _free(self) -> RemoteVerifier:
        """Who has least to do; waits while Ray starts all of them again."""
        while True:
            if here := [remote for remote in self._remotes if not remote.away]:
                return min(here, key=lambda remote: remote.busy)
            if all(remote.dead for remote in self._remotes):
                raise VerituneError(
                    "cluster: no verifier is left, and Ray has given up starting them again; look"
                    " for the reason in Ray's logs, and run the command again to resume"
                )
            await asyncio.sleep(LOOK)

    def _lost(self, remote: RemoteVerifier, error: Exception) -> None:
        """Ask it for nothing until it is back."""
        remote.dead = remote.dead or is_final(error)
        if not remote.away and not remote.dead:
            remote.pulse.lost()
            self._begin(self._back(remote))
        remote.away = True

    def _begin(self, work: Coroutine[object, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self, remote: RemoteVerifier) -> None:
        """Have it ended where it is silent, while something is asked of it."""
        try:
            while remote.busy:
                await asyncio.sleep(LOOK)
                remote.pulse.look()
        finally:
            remote.watched = False

    async def _back(self, remote: RemoteVerifier) -> None:
        try:
            # Ray sends this again until the actor is there.
            await remote.actor.start.options(max_task_retries=-1).remote()
            remote.pulse.heard()
            remote.away = False
        except Exception:  # It cannot start where it is now; nobody waits for it any more.
            remote.dead = True
