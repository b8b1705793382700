"""What a node of the cluster offers besides cores, as Ray is told when the node is started."""

from __future__ import annotations

from collections.abc import Iterable

# Enough for any number of verifiers: it is a mark, of which each takes next to nothing. How many
# there are on a node, its cores say.
OFFERED, TAKEN = 1000, 0.001


def sandbox_mark(kind: str) -> str:
    """The resource that says that a sandbox of this kind works on a node."""
    return f"sandbox_{kind}"


def node_resources(kinds: Iterable[str]) -> dict[str, int]:
    """What a node with sandboxes of these kinds offers, for `ray start --resources`."""
    return {sandbox_mark(kind): OFFERED for kind in kinds}
