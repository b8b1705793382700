"""From a recipe's sampler section to the sampler it asks for."""

from veritune.config import SamplerConfig
from veritune.sampler.native import NativeSampler
from veritune.sampler.protocol import Sampler
from veritune.sampler.server import ServerSampler
from veritune.sampler.vllm import VllmSampler


def open_sampler(config: SamplerConfig, *, seed: int, dtype: str = "float32") -> Sampler:
    """The sampler of `config.type`, not yet loaded."""
    if config.type == "vllm":
        return VllmSampler(config, seed=seed, dtype=dtype)
    if config.type == "server":
        return ServerSampler(config, seed=seed, dtype=dtype)
    return NativeSampler(config, seed=seed, dtype=dtype)
