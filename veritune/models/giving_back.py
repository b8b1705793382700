"""Memory that is free and still held: given back to the system, and to others on the GPU."""

from __future__ import annotations

import ctypes
import gc

import torch


def give_memory_back(*, cycles: bool = True) -> None:
    """Between the phases of a run: what one phase used, the next one's libraries may need.

    Models go in `cycles`, which the collector finds: it looks at every object that there is, for a
    third of a second with the usual libraries. glibc keeps freed blocks below 32 MB, which are most
    of a small model's weights, gradients and moments.
    """
    if cycles:
        gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
