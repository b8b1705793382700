"""From a recipe's sampler section to the sampler it asks for."""

from veritune.config import SamplerConfig
from veritune.sampler.protocol import Sampler


def open_sampler(config: SamplerConfig, *, seed: int, dtype: str = "float32") -> Sampler:
    """The sampler of `config.type`, not yet loaded."""
    if config.type == "vllm":
        from veritune.sampler.vllm import VllmSampler

        return VllmSampler(config, seed=seed, dtype=dtype)
    if config.type == "server":
        from veritune.sampler.server import ServerSampler

        return ServerSampler(config, seed=seed, dtype=dtype)
    from veritune.sampler.native import NativeSampler

    return NativeSampler(config, seed=seed, dtype=dtype)
