"""Policy gradient on verified answers, all of it on one screen: sample, reward, advantage, loss.

    python examples/rl_loop.py

A tiny transformer that was shown a few dozen worked sums, many of them wrong, gets better at sums
because its answers are checked: 17% to 42% in less than a minute on two cores. The loop is that
of RLOO (Ahmadian et al. 2024, arXiv 2402.14740). `veritune run` adds resuming, several epochs,
KL, memory and precision: see `veritune/rounds/loop.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from veritune.config import ChainConfig, ProblemsConfig, SamplerConfig, ScratchConfig, SftConfig
from veritune.models import build_scratch, encode_prompt, save_policy
from veritune.problems import demonstrations, recipe_problems
from veritune.records import Candidate, Problem, VerifiedCandidate
from veritune.rounds import Session, open_session
from veritune.trainer import Example, SftTrainer, center, policy_loss
from veritune.use import use_of

SEED, GROUP, PROMPTS = 1, 8, 30
SUMS = ProblemsConfig(
    source="chain",
    train=90,
    test=10,
    chain=ChainConfig(steps=1, largest_term=9, largest_factor=3, misconception=0.6, slips=0.2),
)
Row = tuple[VerifiedCandidate, float]
"""A candidate and its advantage."""


async def learn(folder: Path, iterations: int = 30, shown: int = 60) -> tuple[float, float]:
    """The share of right answers before and after, on the problems that it practises on."""
    torch.manual_seed(SEED)
    train, _ = recipe_problems(SUMS, SEED)
    model, tokenizer = show_examples(shown)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)
    async with open_session(sampler=SamplerConfig(n=GROUP, max_tokens=10), seed=SEED) as session:
        before = await accuracy(session, "test/0", train, save_policy(model, tokenizer, folder))
        for step in range(1, iterations + 1):
            first = step * PROMPTS % len(train)
            problems = train[first : first + PROMPTS]

            # Sample, and verify every candidate as it comes.
            policy = save_policy(model, tokenizer, folder)
            await session.fill(f"train/{step}", problems, GROUP, policy, round=step)
            verified = list(session.store.verified(f"train/{step}"))

            # Reward: what a verdict may teach. None is a verifier error: nobody's fault.
            usable = [(row, use_of(row[2]).outcome) for row in verified]
            rewards = [(row, reward) for row, reward in usable if reward is not None]

            # Advantage: a candidate's reward less the mean of the others of its group.
            rows: list[Row] = []
            for _, group in groupby(rewards, key=lambda pair: pair[0][0].id):
                members = list(group)
                values = center([[reward] for _, reward in members], "rloo")
                rows += [(row, value[0]) for (row, _), value in zip(members, values, strict=True)]

            # Loss: the clipped surrogate over completion tokens, and one step down its gradient.
            logprobs, mask = completion_logprobs(model, tokenizer, rows)
            advantages = torch.tensor([[advantage] for _, advantage in rows]) * mask
            weights = mask / mask.sum()
            loss, _ = policy_loss(
                logprobs,
                logprobs.detach(),
                advantages,
                weights,
                clip_eps_low=0.2,
                clip_eps_high=0.2,
            )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()

            mean = sum(reward for _, reward in rewards) / len(rewards)
            print(f"step {step:>3}: mean reward {mean:.2f}", flush=True)
        policy = save_policy(model, tokenizer, folder)
        return before, await accuracy(session, f"test/{iterations}", train, policy)


def completion_logprobs(
    model: Any, tokenizer: Any, rows: Sequence[Row]
) -> tuple[torch.Tensor, torch.Tensor]:
    """(rows, length) log-probabilities of the tokens after each prompt, and 1 where they count."""
    texts = [ids_of(tokenizer, problem, candidate) for (problem, candidate, _), _ in rows]
    length = max(len(prompt) + len(completion) for prompt, completion in texts)
    ids = torch.full((len(texts), length), tokenizer.pad_token_id)
    mask = torch.zeros(len(texts), length)
    for row, (prompt, completion) in enumerate(texts):
        end = len(prompt) + len(completion)
        ids[row, :end] = torch.tensor([*prompt, *completion])
        mask[row, len(prompt) : end] = 1.0
    # Padding stands behind every token that counts, so no causal model sees it.
    logits = model(input_ids=ids).logits[:, :-1]
    every = torch.log_softmax(logits.float(), -1)
    return every.gather(2, ids[:, 1:, None])[..., 0], mask[:, 1:]


def ids_of(tokenizer: Any, problem: Problem, candidate: Candidate) -> tuple[list[int], list[int]]:
    """The tokens of a prompt, and those that were sampled after it."""
    return encode_prompt(tokenizer, problem.prompt), list(candidate.token_ids or ())


async def accuracy(session: Session, name: str, problems: Sequence[Problem], policy: Any) -> float:
    """The share of right answers among one candidate a problem."""
    await session.fill(name, problems, 1, policy)
    return session.store.outcomes(name).get("passed", 0) / len(problems)


def show_examples(count: int) -> tuple[Any, Any]:
    """A tiny model that has seen `count` worked solutions, some of them wrong."""
    shape = ScratchConfig(layers=2, width=64, heads=4, max_length=64)
    model, tokenizer = build_scratch(shape, SEED)
    examples = [
        Example(problem=problem, candidate=Candidate(problem_id=problem.id, index=0, text=text))
        for problem, text in demonstrations(SUMS, SEED, count)
    ]
    config = SftConfig(max_steps=120, batch_size=16, learning_rate=3e-3, weight_decay=0.1)
    SftTrainer(config, seed=SEED).fit(model, tokenizer, examples)
    return model, tokenizer


if __name__ == "__main__":
    began = time.monotonic()
    with TemporaryDirectory() as place:
        first, last = asyncio.run(learn(Path(place) / "policy"))
    print(f"right answers: {first:.0%} -> {last:.0%} in {time.monotonic() - began:.0f} s")
