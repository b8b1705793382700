"""Sampling candidates from a policy."""

from veritune.sampler.native import NativeSampler
from veritune.sampler.opening import open_sampler
from veritune.sampler.protocol import Sampler
from veritune.sampler.server import ServerSampler
from veritune.sampler.vllm import VllmSampler

__all__ = ["NativeSampler", "Sampler", "ServerSampler", "VllmSampler", "open_sampler"]
