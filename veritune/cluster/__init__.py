"""Samplers and verifiers as actors of a Ray cluster, behind the protocols of those that are here,
and training by workers of Ray Train.

Ray places and restarts them, and moves the policies to them; a request that was lost with its
actor is asked again. The command's process is the only one that writes the store.
"""

from typing import TYPE_CHECKING

from veritune.cluster.nodes import node_resources
from veritune.lazy import lazily

if TYPE_CHECKING:
    from veritune.cluster.opening import Cluster, open_cluster
    from veritune.cluster.training import ClusterTraining
else:
    __getattr__ = lazily(
        __name__,
        {"opening": ("Cluster", "open_cluster"), "training": ("ClusterTraining",)},
    )

__all__ = ["Cluster", "ClusterTraining", "node_resources", "open_cluster"]
