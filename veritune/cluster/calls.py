"""Replies of actors: waiting for them, and what is raised in their place."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from veritune.replies import ReplyLostError

if TYPE_CHECKING:
    from ray import ObjectRef
    from ray.actor import ActorHandle
    from ray.exceptions import RayTaskError

T = TypeVar("T")


def ready(replies: Sequence[ObjectRef[object]], seconds: float) -> list[ObjectRef[object]]:
    """The first of the replies that are here, after `seconds` at most; perhaps none."""
    import ray

    return list(ray.wait(list(replies), num_returns=1, timeout=seconds)[0])


def result(reply: ObjectRef[object]) -> object:
    """What a reply says; raises what the actor raised, or one of `lost_errors`."""
    import ray
    from ray.exceptions import RayTaskError

    try:
        value: object = ray.get(reply)
    except RayTaskError as error:
        raise cause_of(error) from None
    return value


async def awaited(reply: ObjectRef[object]) -> object:
    """As `result`; the actor is told where it is called off."""
    import ray
    from ray.exceptions import RayTaskError

    try:
        value: object = await reply
    except asyncio.CancelledError:
        ray.cancel(reply)
        raise
    except RayTaskError as error:
        raise cause_of(error) from None
    return value


def end(actor: ActorHandle[T]) -> None:
    """Kill an actor's process, which Ray then starts again."""
    import ray

    ray.kill(actor, no_restart=False)


def lost_errors() -> tuple[type[Exception], ...]:
    """What a call raises whose actor was lost, or whose reply was lost with its node."""
    from ray.exceptions import ObjectLostError, RayActorError

    return RayActorError, ObjectLostError, ReplyLostError


def is_final(error: Exception) -> bool:
    """Whether Ray has given the actor up, and will not start it again."""
    from ray.exceptions import ActorDiedError, ActorUnschedulableError

    return isinstance(error, ActorDiedError | ActorUnschedulableError)


def cause_of(error: RayTaskError) -> BaseException:
    """What the actor raised, without the traceback that Ray makes its message of."""
    cause = error.cause
    return cause if isinstance(cause, BaseException) else error


def first_line(error: BaseException) -> str:
    """What went wrong, in a few words."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__
