"""Sampling candidates from a policy."""

from typing import TYPE_CHECKING

from veritune.lazy import lazily
from veritune.sampler.endpoint import FIRST_DELAY, Endpoint
from veritune.sampler.opening import open_sampler
from veritune.sampler.protocol import Sampler
from veritune.sampler.replies import ChatChoice, Completion, JudgeReply, Models, read_reply

if TYPE_CHECKING:
    from veritune.sampler.native import NativeSampler
    from veritune.sampler.policy_probe import LogprobDiff, check_content
    from veritune.sampler.replies import JudgeChoice, Pooled, TopLogprob
    from veritune.sampler.server import ServerSampler
    from veritune.sampler.vllm import VllmSampler
else:
    __getattr__ = lazily(
        __name__,
        {
            "native": ("NativeSampler",),
            "policy_probe": (
                "LogprobDiff",
                "check_content",
            ),
            "replies": (
                "JudgeChoice",
                "Pooled",
                "TopLogprob",
            ),
            "server": ("ServerSampler",),
            "vllm": ("VllmSampler",),
        },
    )

__all__ = [
    "FIRST_DELAY",
    "ChatChoice",
    "Completion",
    "Endpoint",
    "JudgeChoice",
    "JudgeReply",
    "LogprobDiff",
    "Models",
    "NativeSampler",
    "Pooled",
    "Sampler",
    "ServerSampler",
    "TopLogprob",
    "VllmSampler",
    "check_content",
    "open_sampler",
    "read_reply",
]
