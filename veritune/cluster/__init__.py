"""Samplers and verifiers as actors of a Ray cluster, behind the protocols of those that are here.

Ray places and restarts them, and moves the policies to them; a request that was lost with its
actor is asked again. The command's process trains, and is the only one that writes the store.
"""

from typing import TYPE_CHECKING

from veritune.cluster.nodes import node_resources
from veritune.lazy import lazily

if TYPE_CHECKING:
    from veritune.cluster.opening import Cluster, open_cluster
else:
    __getattr__ = lazily(__name__, {"opening": ("Cluster", "open_cluster")})

__all__ = ["Cluster", "node_resources", "open_cluster"]
