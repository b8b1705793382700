"""What the journal says of the policy after a round."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """The policy after a round: its hash, that of the one it was trained from, and its manifest.

    `kept` is False where it has no checkpoint, or the recipe let that go.
    """

    round: int
    policy: str
    previous: str
    manifest: str
    kept: bool = True
