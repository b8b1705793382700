"""What tests on several nodes have in common."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from small_runs import NODE


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A head and two more nodes, of one core each, with the mark of a sandbox."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    for _ in range(2):
        cluster.add_node(**NODE)
    yield cluster
    cluster.shutdown()
