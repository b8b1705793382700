"""`veritune bench throughput --what sampling`: new tokens a second, beside other samplers.

A 3.2 million-parameter Qwen2 with fresh weights and no end token, so that all sample equally much:
64 prompts of mixed length, 8 candidates each, 64 new tokens. The samplers take turns, so that a
machine's moods fall on all of them alike. vLLM takes part where it is installed; there a second
table holds what `veritune sample` does with its engine, every candidate verified meanwhile, against
`vllm.LLM.generate` alone: as it is, and with a seed for every candidate and log-probabilities.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from veritune.benchmarks.benchmark_options import OptionParser
from veritune.config import SamplerConfig, ScratchConfig, VerifierConfig
from veritune.records import Checkpoint, MathProblem, MathReference, Problem

PROMPTS, CANDIDATES, NEW_TOKENS = 64, 8, 64
LENGTHS = (12, 40)
# What `generate` is tried with; its best one counts.
BATCHES = (32, 128, 512)
SHAPE, INNER = ScratchConfig(layers=4, width=256, heads=4, max_length=128), 688
# Candidates of the second table, times those of the first: it must outlast its own start.
MORE = 4
if TYPE_CHECKING:
    from veritune.sampler import VllmSampler

# Samples once, and returns how many tokens.
Sampler = Callable[[], int]


def main(argv: list[str]) -> int:
    """Measure and print."""
    parser = OptionParser("veritune bench throughput --what sampling")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each sampler")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    import torch

    torch.set_num_threads(arguments.threads)
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")
    with TemporaryDirectory() as folder:
        policy = endless_policy(Path(folder))
        samplers = {"native": native(policy)} | {
            f"transformers.generate, batch {batch}": generate(policy, batch) for batch in BATCHES
        }
        engine = bare_vllm(policy) if find_spec("vllm") else None
        if engine is not None:
            samplers["vllm.LLM.generate"] = lambda: engine(CANDIDATES)
        print_table(take_turns(samplers, arguments.rounds), "native")
        if engine is not None:
            whole, close = sample_with_vllm(policy)
            # vLLM 0.32 on a CPU crashes on a prompt in chunks whose request has a seed.
            seeded = bare_vllm(policy, enable_chunked_prefill=False)
            told = {"seed": 0, "logprobs": 0, "flat_logprobs": True}
            sides: dict[str, Sampler] = {
                "veritune sample": whole,
                "vllm.LLM.generate": lambda: engine(MORE * CANDIDATES),
                "the same, seeds and log-probs": lambda: seeded(MORE * CANDIDATES, **told),
            }
            print_table(take_turns(sides, arguments.rounds))
            close()
    return 0


def take_turns(samplers: Mapping[str, Sampler], rounds: int) -> dict[str, list[float]]:
    """New tokens a second of every turn, each told as it ends."""
    rates: dict[str, list[float]] = {name: [] for name in samplers}
    for turn in range(1, rounds + 1):
        for name, sampler in samplers.items():
            start = time.perf_counter()
            tokens = sampler()
            rates[name].append(tokens / (time.perf_counter() - start))
            print(f"turn {turn}: {name}: {rates[name][-1]:,.0f}", file=sys.stderr, flush=True)
    return rates


def print_table(rates: Mapping[str, list[float]], ours: str = "veritune sample") -> None:
    """Medians, and the median of the ratios within a turn."""
    for name, of_name in rates.items():
        pairs = zip(rates[ours], of_name, strict=True)
        ratio = statistics.median(mine / theirs for mine, theirs in pairs)
        beside = "" if name == ours else f"   {ours} has {ratio:.2f} times as many"
        print(f"{name:<34}{statistics.median(of_name):>8,.0f} new tokens/s{beside}", flush=True)


def endless_policy(folder: Path) -> Checkpoint:
    """A model that never ends a candidate by itself."""
    from veritune.models import build_scratch, save_policy

    scratch, tokenizer = build_scratch(SHAPE, 0)
    scratch.config.intermediate_size = INNER
    model = type(scratch)(scratch.config)
    model.config.eos_token_id = None
    if model.generation_config is not None:
        model.generation_config.eos_token_id = None
    tokenizer.eos_token = None
    return save_policy(model, tokenizer, folder / "policy")


def problems() -> list[Problem]:
    """Prompts of mixed length, the same every time."""
    draw = random.Random(0)
    texts = [
        "".join(chr(draw.randint(40, 120)) for _ in range(draw.randint(*LENGTHS)))
        for _ in range(PROMPTS)
    ]
    return [
        MathProblem(id=f"p{i}", prompt=text, reference=MathReference(answer="7"))
        for i, text in enumerate(texts)
    ]


def native(policy: Checkpoint) -> Sampler:
    """The native sampler, as `veritune sample` uses it."""
    from veritune.sampler import NativeSampler

    sampler = NativeSampler(SamplerConfig(max_tokens=NEW_TOKENS), seed=0)
    sampler.load(policy)

    def draw() -> int:
        drawn = sampler.sample(problems(), [range(CANDIDATES)] * PROMPTS, round=0)
        return sum(len(candidate.token_ids or ()) for candidate in drawn)

    return draw


def generate(policy: Checkpoint, batch: int) -> Sampler:
    """`transformers.generate`, prompts padded on the left in batches of `batch` rows."""
    import torch
    from transformers import AutoModelForCausalLM

    from veritune.models import load_policy

    model = AutoModelForCausalLM.from_pretrained(policy.path, dtype=torch.float32).eval()
    _, tokenizer = load_policy(policy.path, device="cpu")
    tokenizer.padding_side = "left"
    texts = [str(problem.prompt) for problem in problems() for _ in range(CANDIDATES)]

    def draw() -> int:
        tokens = 0
        for start in range(0, len(texts), batch):
            inputs = tokenizer(texts[start : start + batch], return_tensors="pt", padding=True)
            inputs.pop("token_type_ids", None)
            with torch.inference_mode():
                out: torch.Tensor = model.generate(
                    **inputs,
                    do_sample=True,
                    top_k=0,
                    max_new_tokens=NEW_TOKENS,
                    pad_token_id=tokenizer.pad_token_id,
                )
            tokens += out[:, inputs["input_ids"].shape[1] :].numel()
        return tokens

    return draw


def bare_vllm(policy: Checkpoint, **options: object) -> Callable[..., int]:
    """`vllm.LLM.generate` with 512 sequences at once, n candidates a prompt; returns tokens."""
    import torch
    import vllm

    from veritune.models import encode_prompt, load_policy

    _, tokenizer = load_policy(policy.path, device="cpu")
    prompts = [{"prompt_token_ids": encode_prompt(tokenizer, p.prompt)} for p in problems()]
    engine = vllm.LLM(
        model=policy.path,
        dtype="float32",
        max_num_seqs=PROMPTS * CANDIDATES,
        enforce_eager=not torch.cuda.is_available(),
        skip_tokenizer_init=True,
        # Two engines are on the GPU at once.
        gpu_memory_utilization=0.3,
        **options,
    )

    def draw(n: int, **asked: object) -> int:
        params = vllm.SamplingParams(
            n=n, max_tokens=NEW_TOKENS, temperature=1.0, ignore_eos=True, detokenize=False, **asked
        )
        outputs = engine.generate(prompts, params, use_tqdm=False)
        return sum(len(one.token_ids) for output in outputs for one in output.outputs)

    return draw


def sample_with_vllm(policy: Checkpoint) -> tuple[Sampler, Callable[[], None]]:
    """The pipeline of `veritune sample --verdicts`, its engine started; and how to end it."""
    from veritune.sampler import VllmSampler

    config = SamplerConfig(type="vllm", max_tokens=NEW_TOKENS, gpu_memory_utilization=0.3)
    sampler = VllmSampler(config, seed=0)
    sampler.load(policy)

    def draw() -> int:
        return asyncio.run(_sample_and_verify(sampler, policy))

    return draw, sampler.close


async def _sample_and_verify(sampler: VllmSampler, policy: Checkpoint) -> int:
    from veritune.rounds import open_session

    async with open_session(sampler=sampler, verifier=VerifierConfig(workers=2)) as session:
        await session.fill("sample", problems(), MORE * CANDIDATES, policy)
        return sum(len(c.token_ids or ()) for c in session.store.candidates("sample"))
