"""A Ray cluster of our own on this machine, whose workers, nodes and head are struck."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from disturbed import Around, begin
from injector import below

from veritune.cluster import node_resources

# Of bytes, Ray takes no less than 75 MB.
NODE = {
    "num_cpus": 2,
    "object_store_memory": 100 << 20,
    "resources": node_resources(["bubblewrap"]),
    "include_dashboard": False,
}
ACTORS = (b"ray::SamplerActor", b"ray::VerifierActor")
# How long a node that was lost is missing.
AWAY_SECONDS = 2.0
NODES = 2


class OwnCluster(Around):
    """A head without cores and some nodes; a node that is lost is replaced, and so is a head."""

    gap, longest = (0.5, 6.0), 1800.0

    def __init__(self) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        self._cluster: Any = None
        self._begin()

    def words(self) -> list[str]:
        return ["--cluster.address", str(self._cluster.address)]

    def of_run(self) -> list[int]:
        found: list[int] = []
        for pid in below(os.getpid()):
            with suppress(OSError):
                if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(ACTORS):
                    found += [pid, *below(pid)]
        return found

    def others(self) -> dict[str, list[int]]:
        if not self._lives(self._cluster.head_node):
            return {}
        return {"raylet": self._raylets(), "head": [self._gcs()]}

    def mend(self, running: bool) -> None:
        head = self._cluster.head_node
        if not self._lives(head):
            if not running:
                self._end()
                self._begin()
            return
        lost = [node for node in self._cluster.worker_nodes if not self._lives(node)]
        if lost and running:
            time.sleep(AWAY_SECONDS)
        for node in lost:
            self._cluster.remove_node(node, allow_graceful=False)
            self._cluster.add_node(wait=not running, **NODE)

    def may_end(self, said: str) -> bool:
        # The second is Ray's own, where what would have said it was killed before.
        return said.startswith("veritune: cluster") or "Failed to connect to GCS" in said

    def close(self) -> None:
        self._end()

    def _begin(self) -> None:
        from ray.cluster_utils import Cluster

        head = {**NODE, "num_cpus": 0}
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        for _ in range(NODES):
            self._cluster.add_node(**NODE)

    def _end(self) -> None:
        there = [pid for pid in below(os.getpid()) if begin(pid)]
        with suppress(Exception):
            self._cluster.shutdown()
        for pid in there:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _raylets(self) -> list[int]:
        found = []
        for node in self._cluster.worker_nodes:
            found += [p.process.pid for p in node.all_processes.get("raylet", [])]
        return [pid for pid in found if begin(pid)]

    def _gcs(self) -> int:
        (gcs,) = self._cluster.head_node.all_processes["gcs_server"]
        return int(gcs.process.pid)

    def _lives(self, node: Any) -> bool:
        """Whether none of a node's processes has ended."""
        return all(
            begin(found.process.pid) and found.process.poll() is None
            for kind in ("gcs_server", "raylet")
            for found in node.all_processes.get(kind, [])
        )
