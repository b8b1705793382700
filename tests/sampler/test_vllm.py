"""vLLM runs the policy that it is given, proves it, and comes back from the dead."""

import logging
import os
import signal
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
import torch

from veritune.config import SamplerConfig, ScratchConfig
from veritune.errors import PolicyMismatchError, VerituneError
from veritune.models import build_scratch, encode_prompt, load_policy, save_policy
from veritune.records import Candidate, Checkpoint, Problem

pytest.importorskip("vllm", reason="needs vLLM")

from veritune.sampler.vllm import VllmSampler

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1200)]
LENGTH = 96


def policy(folder: Path, seed: int) -> Checkpoint:
    shape = ScratchConfig(layers=2, width=64, heads=2, max_length=LENGTH)
    model, tokenizer = build_scratch(shape, seed)
    with torch.no_grad():  # Sharper than fresh weights, as a trained model would be.
        model.lm_head.weight *= 10
    return save_policy(model, tokenizer, folder / f"policy-{seed}")


def adapter(base: Checkpoint, folder: Path) -> Checkpoint:
    from peft import LoraConfig, get_peft_model

    model, tokenizer = load_policy(base.path)
    model = get_peft_model(model, LoraConfig(r=4, target_modules=["q_proj", "v_proj", "down_proj"]))
    torch.manual_seed(0)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_" in name:
                weight.normal_(0, 0.2)
    return save_policy(model, tokenizer, folder / "adapter")


def problems(count: int) -> list[Problem]:
    texts = ["".join(chr(33 + i * j % 90) for j in range(1, 4 + i * 7 % 40)) for i in range(count)]
    return [
        Problem(id=f"p{i}", kind="math", prompt=text, reference={"answer": "1"})
        for i, text in enumerate(texts)
    ]


def sampler(**options: Any) -> VllmSampler:
    return VllmSampler(
        SamplerConfig.model_validate({"type": "vllm", "batch": 64, **options}), seed=1
    )


def draw(using: VllmSampler, asked: list[Problem], n: int) -> dict[tuple[str, int], Candidate]:
    drawn = list(using.sample(asked, [range(n)] * len(asked), round=0))
    by_key = {(c.problem_id, c.index): c for c in drawn}
    assert len(by_key) == len(drawn) == n * len(asked)
    return by_key


def check_greedy(using: VllmSampler, checkpoint: Checkpoint) -> None:
    model, tokenizer = load_policy(checkpoint.path, device="cpu")
    drawn = draw(using, problems(32), 1)
    for problem in problems(32):
        prompt = torch.tensor([encode_prompt(tokenizer, problem.prompt)])
        wanted = model.generate(prompt, do_sample=False, max_new_tokens=12)[0, prompt.shape[1] :]
        candidate = drawn[problem.id, 0]
        assert candidate.token_ids == wanted.tolist()
        assert candidate.policy == checkpoint.policy


@pytest.fixture
def closing() -> Iterator[list[VllmSampler]]:
    opened: list[VllmSampler] = []
    yield opened
    for one in opened:
        one.close()
    for process in active_children():
        process.join(60)
    assert not active_children()


def engine_process() -> Any:
    (process,) = active_children()
    return process


def test_weights_are_changed_in_place_and_proved(
    tmp_path: Path, closing: list[VllmSampler]
) -> None:
    greedy = sampler(temperature=0, max_tokens=12)
    closing.append(greedy)
    processes = set()
    for seed in (0, 1, 2):
        checkpoint = policy(tmp_path, seed)
        greedy.load(checkpoint)
        assert greedy.gap is not None and greedy.gap.mean <= 1e-3
        check_greedy(greedy, checkpoint)
        processes.add(engine_process().pid)
    assert len(processes) == 1

    stale = policy(tmp_path, 1)
    engine: Any = greedy._engine
    engine._llm.collective_rpc("reload_weights", kwargs={"weights_path": stale.path})
    with pytest.raises(PolicyMismatchError, match="does not run policy"):
        greedy.check()
    swapped = Checkpoint(path=stale.path, policy=checkpoint.policy)
    with pytest.raises(PolicyMismatchError, match="was changed after it was saved"):
        greedy.load(swapped)
    with pytest.raises(VerituneError, match="no policy"):
        next(greedy.sample(problems(1), [[0]], round=0))


def test_adapters_are_applied_and_missed_when_they_are_not(
    tmp_path: Path, closing: list[VllmSampler]
) -> None:
    base = policy(tmp_path, 0)
    greedy = sampler(temperature=0, max_tokens=12)
    closing.append(greedy)
    adapted = adapter(base, tmp_path)
    greedy.load(adapted)
    check_greedy(greedy, adapted)
    first = engine_process().pid
    other = adapter(base, tmp_path / "again")
    greedy.load(other)
    assert engine_process().pid == first
    engine: Any = greedy._engine
    engine._adapter = None
    with pytest.raises(PolicyMismatchError, match="the base model without the adapter"):
        greedy.check()


def test_draws_stops_and_death(
    tmp_path: Path, closing: list[VllmSampler], caplog: pytest.LogCaptureFixture
) -> None:
    checkpoint = policy(tmp_path, 0)
    _, tokenizer = load_policy(checkpoint.path)
    plain = sampler(max_tokens=24, stop=("e", "7"))
    closing.append(plain)
    plain.load(checkpoint)
    whole = draw(plain, problems(40), 4)
    for candidate in whole.values():
        ids = candidate.token_ids or []
        text = tokenizer.decode(ids, skip_special_tokens=True)
        assert len(ids) == len(candidate.logprobs or []) <= 24
        ended = ids[-1] == tokenizer.eos_token_id or text[-1:] in {"e", "7"}
        assert candidate.finish_reason == ("stop" if ended else "length")
        assert candidate.text == text.rstrip("e7")
    assert len({c.text for c in whole.values()}) > 100

    again = plain.sample(problems(40), [[2]] * 40, round=0)
    same = [whole[c.problem_id, 2].token_ids == c.token_ids for c in again]
    assert sum(same) >= 38, "a request's draws follow from its seed, but for rounding"

    stream = plain.sample(problems(60), [range(8)] * 60, round=1)
    drawn = [next(stream) for _ in range(5)]
    os.kill(engine_process().pid, signal.SIGKILL)
    with caplog.at_level(logging.WARNING, "veritune"):
        drawn += stream
    assert sorted((c.problem_id, c.index) for c in drawn) == sorted(
        (p.id, i) for p in problems(60) for i in range(8)
    )
    (line,) = [record.getMessage() for record in caplog.records if record.name == "veritune"]
    assert line.startswith("the vLLM engine died; starting it again")
