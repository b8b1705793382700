"""The options that people use first, of every command that has more than a screen holds.

The help of such a command shows these and what is required, and says where the others are.
"""

from __future__ import annotations

from collections.abc import Mapping

STEPS = ("max_steps", "batch_size", "micro_batch_size", "learning_rate", "precision", "shard")
EPOCHS = ("type", "epochs", "mini_batch_size", "micro_batch_size", "learning_rate", "kl_coef")
CHECKS = ("type", "sandbox", "workers", "cpu_seconds", "memory_mb")
SAMPLES = ("model", "sampler.n", "sampler.temperature", "sampler.max_tokens", "sampler.type")
FIRST: Mapping[str, tuple[str, ...]] = {
    "veritune run": (
        *("name", "model.path", "problems.path", "rounds.count", "sampler.n"),
        *("sampler.max_tokens", "verifier.type", "selection.reward", "trainer.type"),
        "trainer.learning_rate",
    ),
    "veritune sample": (*SAMPLES[1:], "prompt.system", "prompt.instruction", "seed"),
    "veritune verify": (*CHECKS, "report", "fail_under", "answers.mode"),
    "veritune solve": ("answer", *SAMPLES[1:], "json"),
    "veritune serve": ("problems", "host", "port", "token_file", *CHECKS),
    "veritune validate": ("limit", "mutants", *CHECKS),
    "veritune train sft": ("verdicts", *STEPS),
    "veritune train ppo": EPOCHS,
    "veritune train group": EPOCHS,
    "veritune train dpo": ("problems", "candidates", "verdicts", "preferences", "beta", *STEPS),
    "veritune train reward": ("problems", "candidates", "verdicts", "preferences", *STEPS),
    "veritune bench pass-at-k": ("candidates", *SAMPLES, "k", "type", "workers", "seed"),
    "veritune bench best-of-n": ("candidates", *SAMPLES, "n", "scorer", "verdicts", "out"),
    "veritune bench rollouts": ("k", "threshold", "search", "budget", "workers", "seed"),
    "veritune bench steps": ("checkers", "reward_model", "judge.url", "limit", "show", "json"),
    "veritune problems from-repo": ("leave_out", "limit", "requirements", "workers"),
}
