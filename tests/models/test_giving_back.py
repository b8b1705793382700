"""Freed memory goes back to the system."""

import weakref
from pathlib import Path

import pytest
import torch

from veritune.models import give_memory_back

STATUS = Path("/proc/self/status")


def resident() -> int:
    """Bytes of this process's own memory."""
    (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith("RssAnon")]
    return 1024 * int(line.split()[1])


class Ring(list["Ring"]):
    """A cycle that holds tensors."""

    tensors: list[torch.Tensor]


@pytest.mark.skipif(not STATUS.exists(), reason="resident memory is read from /proc")
def test_tensors_of_a_cycle_are_given_back() -> None:
    give_memory_back()
    before = resident()
    ring = Ring()
    ring.append(ring)
    ring.tensors = [torch.ones(1 << 16) for _ in range(1_600)]
    gone = weakref.ref(ring)
    assert resident() - before > 300 << 20
    del ring
    give_memory_back()
    assert gone() is None
    assert resident() - before < 100 << 20
