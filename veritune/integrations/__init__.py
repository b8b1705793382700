"""The verifiers in other people's stacks: one module a peer, each with one call.

`trl.reward()`, `verl.reward()`, `openrlhf.reward()`, `verifiers.reward()`, `inspect_ai.scorer()`,
`lm_eval.process_results()`; the peers themselves are imported where they are needed.
"""

from veritune.integrations.background import Gauge, gauge
from veritune.integrations.openrlhf import openrlhf_reply, openrlhf_texts
from veritune.integrations.rows import RowProblems, text_of
from veritune.integrations.scoring import RowVerifier, reward_of

__all__ = [
    "Gauge",
    "RowProblems",
    "RowVerifier",
    "gauge",
    "openrlhf_reply",
    "openrlhf_texts",
    "reward_of",
    "text_of",
]
