"""Our side of `throughput_training`, in a process of its own: prints one JSON object."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from veritune.benchmarks.benchmark_model import trained_folder
from veritune.config import GroupConfig, PpoConfig, SamplerConfig, check_recipe
from veritune.models import give_memory_back, policy_hash
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Problem, Verdict
from veritune.sampler import NativeSampler
from veritune.trainer import Rollout, open_policy_gradient

# Candidates of a prompt, as TRL's default for GRPO.
GROUP = 8


def run(task: dict[str, Any]) -> dict[str, float]:
    """Warm-up steps, then timed ones: completion tokens, seconds, peak memory."""
    import torch

    torch.set_num_threads(task["threads"])
    folder, ppo = Path(task["folder"]), task["what"] == "ppo"
    n = 1 if ppo else GROUP
    sampling = SamplerConfig(n=n, max_tokens=task["tokens"], temperature=1.0)
    trainer_config = {
        "type": "ppo" if ppo else "grpo",
        "epochs": task["epochs"],
        "mini_batch_size": task["batch"],
        "micro_batch_size": task["batch"],
    } | ({"critic_warmup_epochs": 0} if ppo else {})
    recipe = check_recipe({"trainer": trainer_config, "sampler": sampling.model_dump()}, "bench")
    config = recipe.trainer
    assert isinstance(config, PpoConfig | GroupConfig)
    start = trained_folder(folder, task["lora_rank"])
    policy = Checkpoint(path=str(start), policy=policy_hash(start))
    trainer = open_policy_gradient(recipe, config, policy, lambda step: None)
    sampler = NativeSampler(sampling, seed=0)
    problems = _problems(folder)
    tokens, began, worked = 0, time.perf_counter(), time.process_time()
    for step in range(task["warm"] + task["steps"]):
        if step == task["warm"]:
            tokens, began, worked = 0, time.perf_counter(), time.process_time()
        sampler.load(policy)
        count = task["batch"] // n
        asked = problems[step * count : (step + 1) * count]
        sampled = list(sampler.sample(asked, [range(n)] * count, round=step))
        by_id = {problem.id: problem for problem in asked}
        rollouts = [
            Rollout(problem=by_id[c.problem_id], candidate=c, verdict=_verdict_of(c))
            for c in sampled
        ]
        out = folder / f"ours-{step % 2}"
        saved = task["model"] is None
        on_disk = saved or not sampler.can_share
        sampler.rest()
        policy = trainer.update(policy, rollouts, out, resumable=saved, on_disk=on_disk)
        give_memory_back(cycles=False)
        sampler.share(trainer.held())
        tokens += sum(len(c.token_ids or ()) for c in sampled)
    return {
        "tokens": tokens,
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - worked,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _problems(folder: Path) -> list[Problem]:
    prompts = json.loads((folder / "prompts.json").read_text())
    return [
        MathProblem(id=str(i), prompt=prompt, reference=MathReference(answer="0"))
        for i, prompt in enumerate(prompts)
    ]


def _verdict_of(candidate: Candidate) -> Verdict:
    """The share of digits, a reward that is there for every candidate."""
    score = min(1.0, sum(c.isdigit() for c in candidate.text) / 50)
    return Verdict(
        problem_id=candidate.problem_id,
        index=candidate.index,
        outcome="passed" if score > 0.1 else "failed",
        score=score,
        reason="",
    )


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))))
