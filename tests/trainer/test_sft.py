"""SFT: the loss against an independent reference, determinism, and that it learns."""

from pathlib import Path

import pytest
import torch

from veritune.config import ScratchConfig, SftConfig
from veritune.errors import TrainingError
from veritune.models import build_scratch, load_policy, save_policy
from veritune.records import Candidate, Problem
from veritune.trainer import Example, SftTrainer
from veritune.trainer.batches import IGNORED, batches, tokenize
from veritune.trainer.sft import completion_loss

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=64)


def example(prompt: str, text: str, ids: list[int] | None = None) -> Example:
    problem = Problem(id=prompt, kind="math", prompt=prompt, reference={"answer": "1"})
    candidate = Candidate(problem_id=prompt, index=0, text=text, token_ids=ids)
    return Example(problem=problem, candidate=candidate)


EXAMPLES = [example("1+1=", "2"), example("10+20=", "30"), example("7*8=", "fifty-six")]


def test_loss_is_the_summed_log_likelihood_of_completion_tokens() -> None:
    model, tokenizer = build_scratch(TINY, 0)
    model = model.double()
    rows = tokenize(EXAMPLES, tokenizer)
    ids, labels, mask = next(batches(rows, 3, 1, 0, tokenizer.pad_token_id))
    loss = completion_loss(model, ids, labels, mask)
    total, count = 0.0, 0
    for row in rows:
        logits = model(input_ids=torch.tensor([row.ids])).logits[0]
        for t in range(row.prompt, len(row.ids)):
            total -= torch.log_softmax(logits[t - 1], -1)[row.ids[t]].item()
            count += 1
    assert loss.item() / count == pytest.approx(total / count, abs=1e-6)
    assert count == (labels != IGNORED).sum()


def test_prompt_and_padding_carry_no_loss() -> None:
    _, tokenizer = build_scratch(TINY, 0)
    rows = tokenize(EXAMPLES, tokenizer)
    ids, labels, mask = next(batches(rows, 3, 1, 0, tokenizer.pad_token_id))
    assert (labels != IGNORED).sum() == sum(len(r.ids) - r.prompt for r in rows)
    assert (labels[mask == 0] == IGNORED).all()
    assert (ids[labels != IGNORED] == labels[labels != IGNORED]).all()


def test_every_completion_ends_with_eos_and_sampled_ids_stay_as_they_are() -> None:
    _, tokenizer = build_scratch(TINY, 0)
    sampled = [5, 9, 9, 3]
    written, kept = tokenize([example("1+1=", "2"), example("1+1=", "2", sampled)], tokenizer)
    assert written.ids[-1] == tokenizer.eos_token_id
    assert kept.ids[kept.prompt :] == sampled


def test_an_epoch_reads_every_example_once_in_an_order_of_the_seed() -> None:
    _, tokenizer = build_scratch(TINY, 0)
    rows = tokenize([example(f"{i}=", "1") for i in range(10)], tokenizer)

    def order(seed: int) -> list[list[int]]:
        return [r for ids, _, _ in batches(rows, 5, 4, seed, 0) for r in ids.tolist()]

    first = order(3)
    assert sorted(first[:10]) == sorted(first[10:]) == sorted(r.ids for r in rows)
    assert order(3) == first != order(4)


def test_training_learns_and_repeats_bit_for_bit(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    config = SftConfig(updates=40, batch_size=3, learning_rate=1e-2, warmup=2)
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
    out = SftTrainer(SftConfig(updates=2), seed=1).update(start, EXAMPLES, tmp_path / "out")
    theirs = AutoModelForCausalLM.from_pretrained(out.path)
    ours, _ = load_policy(out.path)
    for name, value in theirs.state_dict().items():
        assert torch.equal(value, ours.state_dict()[name])


def test_nothing_to_train_on_is_an_error(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    with pytest.raises(TrainingError, match="nothing to train on"):
        SftTrainer(SftConfig(updates=2), seed=1).update(start, [], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_loss_that_is_not_finite_stops_the_training(tmp_path: Path) -> None:
    model, tokenizer = build_scratch(TINY, 0)
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="not finite"):
        SftTrainer(SftConfig(updates=2), seed=1).fit(model, tokenizer, EXAMPLES)
