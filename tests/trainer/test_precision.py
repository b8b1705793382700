"""What is trained is float32, under a bf16 forward pass and between rounds written in bf16."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from veritune.config import LoraConfig, PpoConfig, SamplerConfig, ScratchConfig, SftConfig
from veritune.models import build_scratch, load_policy, save_adapter, save_policy
from veritune.models.masters import MASTERS, STATE, load_trainable
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Verdict
from veritune.sampler import NativeSampler
from veritune.trainer import Example, Rollout, SftTrainer
from veritune.trainer.policies import is_its_base
from veritune.trainer.ppo import PpoTrainer

SHAPE = {"layers": 2, "width": 64, "heads": 2, "max_length": 64}
EXAMPLES = [
    Example(
        problem=MathProblem(id=str(i), prompt=f"{i}+{7 * i}=", reference=MathReference(answer="1")),
        candidate=Candidate(problem_id=str(i), index=0, text=f"{8 * i} is {i}+{7 * i}"),
    )
    for i in range(16)
]


def tied(architecture: str, folder: Path) -> Checkpoint:
    """A model whose output embeddings are its input embeddings, as small real ones are."""
    model, tokenizer = build_scratch(ScratchConfig(architecture=architecture, **SHAPE), 0)  # type: ignore[arg-type]
    config = model.config
    config.tie_word_embeddings = True
    torch.manual_seed(0)
    return save_policy(type(model)(config), tokenizer, folder)


def train(start: Checkpoint, precision: str, steps: int) -> tuple[torch.Tensor, list[float]]:
    """(what the trainable weights moved by, losses) at the recipes' learning rate."""
    model, tokenizer = load_trainable(start.path)
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    before = [p.detach().clone() for _, p in named]
    losses: list[float] = []
    config = SftConfig.model_validate(
        {"max_steps": steps, "batch_size": 8, "learning_rate": 1e-5, "warmup_steps": 0}
        | {"precision": precision, "weight_decay": 0.0}
    )
    trainer = SftTrainer(config, seed=1, on_step=lambda step: losses.append(step["loss"]))
    trainer.fit(model, tokenizer, EXAMPLES)
    assert all(p.dtype == torch.float32 for _, p in named)
    moved = [(p.detach() - b).flatten() for (_, p), b in zip(named, before, strict=True)]
    return torch.cat(moved), losses


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
@pytest.mark.parametrize("lora", [False, True])
def test_a_bf16_forward_pass_moves_the_weights_as_a_float32_one(
    tmp_path: Path, architecture: str, lora: bool
) -> None:
    start = tied(architecture, tmp_path / "start")
    if lora:
        start = save_adapter(start.path, LoraConfig(rank=4), 0, tmp_path / "adapter")
    exact, plain = train(start, "float32", 8)
    rough, losses = train(start, "bf16", 8)
    assert torch.nn.functional.cosine_similarity(exact, rough, dim=0) > 0.9
    assert (rough != 0).float().mean() > 0.95
    assert losses == pytest.approx(plain, rel=0.01)
    assert losses != plain


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_rounds_that_are_written_in_bf16_are_trained_from_float32(
    tmp_path: Path, architecture: str
) -> None:
    start = tied(architecture, tmp_path / "start")
    config = SftConfig(max_steps=3, batch_size=8, learning_rate=1e-5, warmup_steps=0)
    ends: dict[str, Checkpoint] = {}
    for dtype in ("float32", "bfloat16"):
        policy = start
        for round in range(2):
            trainer = SftTrainer(config, seed=round, dtype=dtype)
            policy = trainer.update(policy, EXAMPLES, tmp_path / f"{dtype}-{round}")
        ends[dtype] = policy
    exact, _ = load_policy(ends["float32"].path)
    masters, _ = load_trainable(ends["bfloat16"].path)
    for name, value in masters.state_dict().items():
        assert torch.equal(value, exact.state_dict()[name]), name
    assert masters.get_output_embeddings().weight is masters.get_input_embeddings().weight
    folder = Path(ends["bfloat16"].path)
    tensors = load_file(folder / "model.safetensors")
    assert {value.dtype for value in tensors.values()} == {torch.bfloat16}
    assert "lm_head.weight" not in tensors
    assert json.loads((folder / "config.json").read_text())["dtype"] == "bfloat16"
    assert not (Path(ends["float32"].path) / STATE / MASTERS).exists()


def rollouts(policy: Checkpoint) -> list[Rollout]:
    asked = [example.problem for example in EXAMPLES[:3]]
    sampler = NativeSampler(SamplerConfig(n=4, max_tokens=8), seed=1)
    sampler.load(policy)
    found = []
    for c in sampler.sample(asked, [range(4)] * 3, round=1):
        verdict = Verdict(
            problem_id=c.problem_id,
            index=c.index,
            outcome="passed" if c.index % 2 else "failed",
            score=float(c.index % 2),
            reason="",
        )
        problem = next(p for p in asked if p.id == c.problem_id)
        ended = replace(c, finish_reason="stop")
        found.append(Rollout(problem=problem, candidate=ended, verdict=verdict))
    return sorted(found, key=lambda r: (r.problem.id, r.candidate.index))


def ppo(reference: Checkpoint, dtype: str, **more: Any) -> PpoTrainer:
    config = PpoConfig.model_validate(
        {"type": "ppo", "mini_batch_size": 6, "learning_rate": 1e-5} | more
    )
    return PpoTrainer(config, reference=reference, temperature=1.0, seed=3, dtype=dtype)


@pytest.mark.slow
def test_ppo_that_is_written_in_bf16_resumes_exactly(tmp_path: Path) -> None:
    one = two = start = tied("qwen2", tmp_path / "start")
    kept = ppo(start, "bfloat16")
    for round in range(3):
        batch = rollouts(one)
        one = kept.update(one, batch, tmp_path / f"kept-{round}")
        two = ppo(start, "bfloat16").update(two, batch, tmp_path / f"fresh-{round}")
        masters = [load_file(Path(c.path) / STATE / MASTERS) for c in (one, two)]
        assert masters[0].keys() == masters[1].keys()
        assert all(torch.equal(masters[0][name], masters[1][name]) for name in masters[0])
        assert one.policy == two.policy


def test_ppo_under_a_bf16_forward_pass_and_recomputed_activations(tmp_path: Path) -> None:
    start = tied("llama", tmp_path / "start")
    batch = rollouts(start)
    moved = []
    for name, more in (
        ("a", {}),
        ("b", {"precision": "bf16"}),
        ("c", {"activation_checkpointing": True}),
    ):
        out = ppo(start, "float32", **more).update(start, batch, tmp_path / name)
        before, after = load_policy(start.path)[0], load_policy(out.path)[0]
        pairs = zip(before.parameters(), after.parameters(), strict=True)
        moved.append(torch.cat([(b - a).detach().flatten() for a, b in pairs]))
    assert torch.nn.functional.cosine_similarity(moved[0], moved[1], dim=0) > 0.9
    assert torch.allclose(moved[0], moved[2], atol=1e-9)


def test_under_lora_the_reference_is_the_model_without_its_adapter(tmp_path: Path) -> None:
    base = tied("qwen2", tmp_path / "base")
    fresh = save_adapter(base.path, LoraConfig(rank=2), 0, tmp_path / "fresh")
    trainer = ppo(fresh, "float32", learning_rate=1e-2, critic_warmup_epochs=0)
    learned = trainer.update(fresh, rollouts(fresh), tmp_path / "learned")
    policies = trainer._policies
    learner = policies.take(learned)
    rows = _rows(learned, learner.tokenizer)
    ours = policies.reference_logprobs(learner, rows, 8)
    assert policies._frozen is None  # No second model was loaded.
    plain, _ = load_policy(base.path)
    assert torch.allclose(ours, policies.logprobs(plain, rows, 8), atol=1e-5)
    assert not torch.allclose(ours, policies.logprobs(learner.model, rows, 8), atol=1e-3)
    assert not is_its_base(learner.model, learned)
    assert is_its_base(learner.model, base)


def _rows(policy: Checkpoint, tokenizer: Any) -> Any:
    from veritune.config import CreditConfig
    from veritune.trainer.rollouts import read_rows

    return read_rows(rollouts(policy), tokenizer, CreditConfig())[0]
