"""Drawing candidates from a policy."""

from veritune.sampler.native import NativeSampler
from veritune.sampler.opening import open_sampler
from veritune.sampler.protocol import Sampler

__all__ = ["NativeSampler", "Sampler", "open_sampler"]
