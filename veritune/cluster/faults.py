"""What Ray raises: an actor that was lost, or an error of ours that an actor raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ray.exceptions import RayTaskError


def lost_errors() -> tuple[type[Exception], ...]:
    """What a call raises whose actor was lost, or whose reply was lost with its node."""
    from ray.exceptions import ObjectLostError, RayActorError

    from veritune.replies import ReplyLostError

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
