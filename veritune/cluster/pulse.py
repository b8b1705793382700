"""Actors that are asked now and then whether they are there: Ray does not notice a stopped one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from veritune.cluster.calls import end, lost_errors, ready, result
from veritune.cluster.sampler_actor import SamplerActor
from veritune.cluster.verifier_actor import VerifierActor

if TYPE_CHECKING:
    from ray import ObjectRef
    from ray.actor import ActorHandle

# The thread of an actor that answers while the others work.
CONTROL = "control"
# Wall seconds between two questions, and after which one without an answer has the actor ended:
# a process that is stopped never answers, one on a busy machine does.
PULSE_SECONDS, SILENT_SECONDS = 2.0, 60.0


class Pulse:
    """Of one actor that has started. One that Ray starts again has all the time it needs."""

    def __init__(self, actor: ActorHandle[SamplerActor] | ActorHandle[VerifierActor]) -> None:
        self._actor, self._known = actor, True
        self._asked: ObjectRef[None] | None = None
        self._since = 0.0

    def heard(self) -> None:
        """It has replied to something, so it is there."""
        self._known = True

    def lost(self) -> None:
        """Ray is starting it again."""
        self._asked, self._known = None, False

    def look(self) -> None:
        """Ask, or see whether it answered; one that was there and is silent now is ended.

        What was asked of it is then lost, and Ray starts it again.
        """
        now = time.monotonic()
        if self._asked is None:
            if now - self._since > PULSE_SECONDS:
                self._asked = self._actor.is_there.options(concurrency_group=CONTROL).remote()
                self._since = now
        elif ready([self._asked], 0):
            asked, self._asked = self._asked, None
            try:
                result(asked)
                self.heard()
            except lost_errors():
                self.lost()
        elif self._known and now - self._since > SILENT_SECONDS:
            end(self._actor)
            self.lost()
