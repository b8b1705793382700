"""vLLM runs the policy that it is given, proves it, and comes back from the dead."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
import torch

from veritune.config import SamplerConfig, ScratchConfig, check_recipe
from veritune.errors import PolicyMismatchError, VerituneError
from veritune.models import build_scratch, encode_prompt, load_policy, save_policy
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Problem
from veritune.store.folder import to_toml

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
        MathProblem(id=f"p{i}", prompt=text, reference=MathReference(answer="1"))
        for i, text in enumerate(texts)
    ]


def sampler(**options: Any) -> VllmSampler:
    return VllmSampler(
        SamplerConfig.model_validate({"type": "vllm", "max_num_seqs": 64, **options}), seed=1
    )


def draw(using: VllmSampler, asked: list[Problem], n: int) -> dict[tuple[str, int], Candidate]:
    sampled = list(using.sample(asked, [range(n)] * len(asked), round=0))
    by_key = {(c.problem_id, c.index): c for c in sampled}
    assert len(by_key) == len(sampled) == n * len(asked)
    return by_key


def check_greedy(using: VllmSampler, checkpoint: Checkpoint) -> None:
    model, tokenizer = load_policy(checkpoint.path, device="cpu")
    sampled = draw(using, problems(32), 1)
    for problem in problems(32):
        prompt = torch.tensor([encode_prompt(tokenizer, problem.prompt)])
        wanted = model.generate(prompt, do_sample=False, max_new_tokens=12)[0, prompt.shape[1] :]
        candidate = sampled[problem.id, 0]
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
        assert greedy.logprob_diff is not None and greedy.logprob_diff.mean <= 1e-3
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


def test_draws_and_stops(tmp_path: Path, closing: list[VllmSampler]) -> None:
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


def test_candidates_come_whole_with_the_models_own_logprobs(
    tmp_path: Path, closing: list[VllmSampler]
) -> None:
    checkpoint = policy(tmp_path, 0)
    model, tokenizer = load_policy(checkpoint.path, device="cpu")
    whole = sampler(max_tokens=40, temperature=0.7, max_num_seqs=16)
    closing.append(whole)
    whole.load(checkpoint)
    begun = whole.sample(problems(20), [range(3)] * 20, round=0)
    next(begun)
    begun.close()
    for candidate in draw(whole, problems(20), 3).values():
        ids = candidate.token_ids or []
        problem = next(p for p in problems(20) if p.id == candidate.problem_id)
        prompt = encode_prompt(tokenizer, problem.prompt)
        with torch.inference_mode():
            logits = model(torch.tensor([prompt + ids])).logits[0, len(prompt) - 1 : -1]
        wanted = torch.log_softmax(logits, -1).gather(-1, torch.tensor(ids)[:, None])[:, 0]
        assert torch.allclose(torch.tensor(candidate.logprobs), wanted, atol=1e-3)
        ended = tokenizer.eos_token_id in ids
        assert ids[:-1].count(tokenizer.eos_token_id) == 0
        assert len(ids) == 40 or ended
        assert candidate.finish_reason == ("stop" if ended else "length")


# --- whole runs

PROMPTS, CANDIDATES = 100, 8


def recipe(output: Path) -> str:
    """Three rounds on chains of one easy step, which a tiny model gets right now and then."""
    values = {
        "output": str(output),
        "threads": 1,
        "model": {"scratch": {"layers": 1, "width": 64, "heads": 2, "max_length": 64}},
        "problems": {
            "source": "chain",
            "train": PROMPTS,
            "test": 20,
            "chain": {"steps": 1, "operators": "+", "largest_term": 19, "misconception": 0.0},
        },
        "warm_start": {
            "demonstrations": 80,
            "max_steps": 120,
            "batch_size": 32,
            "learning_rate": 5e-3,
        },
        "rounds": {"count": 3, "prompts": PROMPTS},
        "sampler": {"type": "vllm", "n": CANDIDATES, "max_num_seqs": 16, "max_tokens": 24},
        "trainer": {"max_steps": 4, "batch_size": 8},
        "evaluation": {"n": 2, "k": 2},
    }
    return to_toml(check_recipe(values, "test"))


def begun(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "veritune", "run", str(path)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)


def engine_of(pid: int) -> int:
    """The child that is the engine."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"EngineCore" in (folder / "cmdline").read_bytes():
                return int(folder.name)
        except OSError:
            continue
    raise AssertionError("there is no engine")


def wait_for_candidates(store: Path, round: int, run: subprocess.Popen[str]) -> None:
    """Wait until some of a round's candidates are written, and not all."""
    count = "select count(*) from candidates join sets on sets.number = of_set where name = ?"
    asked = PROMPTS * CANDIDATES
    found = 0
    while not found:
        assert run.poll() is None, run.communicate()
        time.sleep(0.02)
        if store.exists():
            db = sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)
            with db:
                tables = db.execute("select name from sqlite_master").fetchall()
                if ("candidates",) in tables:
                    (found,) = db.execute(count, (f"train/{round}",)).fetchone()
            db.close()
    assert found < asked


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.timeout(900)
def test_a_run_survives_the_death_of_its_engine_and_its_own(tmp_path: Path) -> None:
    path, store = tmp_path / "recipe.toml", tmp_path / "run" / "journal.sqlite"
    path.write_text(recipe(tmp_path))

    run = begun(path)
    wait_for_candidates(store, 1, run)
    os.kill(engine_of(run.pid), signal.SIGKILL)
    wait_for_candidates(store, 2, run)
    engine = engine_of(run.pid)
    run.kill()
    _, said = run.communicate()
    deadline = time.monotonic() + 30
    while not gone(engine) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(engine)
    died = [line for line in said.splitlines() if "engine crashed" in line]
    assert len(died) == 1 and died[0].startswith("the vLLM engine crashed (exit code -9); restart")

    second = begun(path)
    _, said = second.communicate(timeout=600)
    assert second.returncode == 0, said
    db = sqlite3.connect(store)
    wanted = [(f"train/{round}", PROMPTS * CANDIDATES) for round in (1, 2, 3)]
    wanted += [(f"test/{round}", 20 * 2) for round in (0, 1, 2, 3)]
    for table in ("", "join verdicts v on v.number = c.number"):
        rows = db.execute(
            "select name, count(distinct problem || '/' || idx) from candidates c"
            f" join sets s on s.number = c.of_set {table} group by name"
        )
        assert sorted(rows) == sorted(wanted)
    gaps = db.execute("select json_extract(record, '$.mean') from metrics where phase = 'sampler'")
    assert all(mean <= 1e-3 for (mean,) in gaps)
    db.close()
