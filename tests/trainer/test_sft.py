"""SFT: the loss against an independent reference, determinism, and that it learns."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from veritune.config import ScratchConfig, SftConfig
from veritune.errors import TrainingError
from veritune.models import build_scratch, load_policy, save_policy
from veritune.models.chunks import IGNORED
from veritune.records import Candidate, MathProblem, MathReference
from veritune.trainer import Example, SftTrainer
from veritune.trainer.batches import orders, padded, tokenize
from veritune.trainer.layout import packed
from veritune.trainer.likelihood import completion_logprobs, completion_loss
from veritune.trainer.packing import bins, packed_loss
from veritune.trainer.rows import TokenRow

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=64)


def example(prompt: str, text: str, ids: list[int] | None = None) -> Example:
    problem = MathProblem(id=prompt, prompt=prompt, reference=MathReference(answer="1"))
    candidate = Candidate(problem_id=prompt, index=0, text=text, token_ids=ids)
    return Example(problem=problem, candidate=candidate)


EXAMPLES = [example("1+1=", "2"), example("10+20=", "30"), example("7*8=", "fifty-six")]


def test_loss_is_the_summed_log_likelihood_of_completion_tokens() -> None:
    model, tokenizer = build_scratch(TINY, 0)
    model = model.double()
    rows = tokenize(EXAMPLES, tokenizer)
    loss = completion_loss(model, rows)
    total, count = 0.0, 0
    for row in rows:
        logits = model(input_ids=torch.tensor([row.ids])).logits[0]
        for t in range(row.prompt, len(row.ids)):
            total -= torch.log_softmax(logits[t - 1], -1)[row.ids[t]].item()
            count += 1
    assert loss.item() / count == pytest.approx(total / count, abs=1e-6)


def test_prompt_and_padding_carry_no_loss() -> None:
    _, tokenizer = build_scratch(TINY, 0)
    rows = tokenize(EXAMPLES, tokenizer)
    ids, labels = padded(rows, tokenizer.pad_token_id)
    assert (labels != IGNORED).sum() == sum(len(r.ids) - r.prompt for r in rows)
    for row, known in zip(rows, labels, strict=True):
        assert (known[len(row.ids) :] == IGNORED).all()
    assert (ids[labels != IGNORED] == labels[labels != IGNORED]).all()


def test_every_completion_ends_with_eos_and_sampled_ids_stay_as_they_are() -> None:
    _, tokenizer = build_scratch(TINY, 0)
    # As no tokenizer would end it: without the end token, since it was truncated.
    sampled = tokenizer.encode("2;;3", add_special_tokens=False)
    written, kept = tokenize([example("1+1=", "2"), example("1+1=", "2;;3", sampled)], tokenizer)
    assert written.ids[-1] == tokenizer.eos_token_id
    assert kept.ids[kept.prompt :] == sampled


def test_an_epoch_reads_every_example_once_in_an_order_of_the_seed() -> None:
    def order(seed: int) -> list[int]:
        return [i for batch in orders(10, 5, 4, seed) for i in batch]

    first = order(3)
    assert sorted(first[:10]) == sorted(first[10:]) == list(range(10))
    assert order(3) == first != order(4)


MIXED = [example(f"{i}+{i * i}=", str(i + i * i) * (1 + i % 4)) for i in range(9)]


def gradient(loss: torch.Tensor, model: Any) -> torch.Tensor:
    model.zero_grad()
    loss.backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packing_equals_padding(attention: str) -> None:
    """In one line, or under a mask where the model's attention cannot be told so."""
    model, tokenizer = build_scratch(TINY, 0)
    model.set_attn_implementation(attention)
    rows = [replace(row, weight=1 + i / 3) for i, row in enumerate(tokenize(MIXED, tokenizer))]
    longest = max(len(row.ids) for row in rows)
    assert len(bins(rows, 40)) < len(rows)
    for size in (longest, 40, 1000):
        one, other = completion_loss(model, rows), packed_loss(model, rows, size)
        assert other.item() == pytest.approx(one.item(), rel=1e-6)
        gap = gradient(one, model) - gradient(other, model)
        assert gap.abs().max().item() / len(rows) < 1e-6


def test_a_row_of_a_pack_does_not_see_another() -> None:
    model, tokenizer = build_scratch(TINY, 0)
    first, second, other = tokenize(MIXED[2:5], tokenizer)
    muted = replace(other, weight=0.0)
    alone = packed_loss(model, [first, second], 100).item()
    assert packed_loss(model, [first, second, muted], 100).item() == pytest.approx(alone, rel=1e-6)


def test_one_row_at_a_time_equals_all_at_once() -> None:
    model, tokenizer = build_scratch(TINY, 0)
    rows = tokenize(MIXED, tokenizer)
    assert packed(model, rows) is not None
    whole = gradient(completion_loss(model, rows), model)
    single = sum(gradient(completion_loss(model, [row]), model) for row in rows)
    assert (whole - single).abs().max().item() / len(rows) < 1e-6


def test_completions_of_one_prompt_and_an_empty_one_count_as_they_do_alone() -> None:
    model, _ = build_scratch(TINY, 0)
    prompt = [5, 6, 7, 8, 9, 3, 4]
    rows = [TokenRow(prompt + ends, 7) for ends in ([], [4, 5], [6], [7, 8, 9, 10, 11, 2])]
    rows.append(TokenRow([9, 9], 2))
    layout = packed(model, rows)
    assert layout is not None
    assert layout.inputs["input_ids"].shape == (1, 7 + 2 + 1 + 6 + 2)
    together = completion_logprobs(model, rows)
    alone = [completion_logprobs(model, [row]).item() for row in rows[1:4]]
    assert together.tolist() == pytest.approx([0.0, *alone, 0.0], abs=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"micro_batch_size": 2},
        {"packing": 48},
        {"micro_batch_size": 4, "activation_checkpointing": True},
    ],
)
def test_ways_to_compute_a_batch_change_nothing_but_rounding(changes: dict[str, Any]) -> None:
    config = SftConfig(max_steps=20, batch_size=8, learning_rate=1e-3, warmup_steps=2)

    def losses(config: SftConfig) -> list[float]:
        model, tokenizer = build_scratch(TINY, 0)
        found: list[float] = []
        trainer = SftTrainer(config, seed=1, on_step=lambda step: found.append(step["loss"]))
        trainer.fit(model, tokenizer, MIXED)
        return found

    plain = losses(config)
    assert losses(config.model_copy(update=changes)) == pytest.approx(plain, abs=1e-5)


def test_a_weight_of_two_is_an_example_given_twice() -> None:
    model, tokenizer = build_scratch(TINY, 0)
    twice = tokenize([MIXED[0], MIXED[1], MIXED[1]], tokenizer)
    heavy = tokenize([MIXED[0], replace(MIXED[1], weight=2.0)], tokenizer)
    assert completion_loss(model, heavy).item() == pytest.approx(
        completion_loss(model, twice).item(), rel=1e-6
    )


def test_training_learns_and_repeats_bit_for_bit(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    config = SftConfig(max_steps=40, batch_size=3, learning_rate=1e-2, warmup_steps=2)
    losses: list[float] = []

    def train(name: str) -> str:
        trainer = SftTrainer(config, seed=1, on_step=lambda step: losses.append(step["loss"]))
        return trainer.update(start, EXAMPLES, tmp_path / name).policy

    first, second = train("a"), train("b")
    assert first == second != start.policy
    assert losses[:40] == losses[40:]
    assert losses[39] < 0.1 * losses[0]


def test_the_saved_policy_is_a_normal_hugging_face_folder(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    out = SftTrainer(SftConfig(max_steps=2), seed=1).update(start, EXAMPLES, tmp_path / "out")
    theirs = AutoModelForCausalLM.from_pretrained(out.path)
    ours, _ = load_policy(out.path)
    for name, value in theirs.state_dict().items():
        assert torch.equal(value, ours.state_dict()[name])


def test_nothing_to_train_on_is_an_error(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    with pytest.raises(TrainingError, match="nothing to train on"):
        SftTrainer(SftConfig(max_steps=2), seed=1).update(start, [], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_loss_that_is_not_finite_stops_the_training(tmp_path: Path) -> None:
    model, tokenizer = build_scratch(TINY, 0)
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="not finite"):
        SftTrainer(SftConfig(max_steps=2), seed=1).fit(model, tokenizer, EXAMPLES)
