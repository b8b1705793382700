"""Candidates behind one copy of their prompt are scored, and taught from, as each one alone."""

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch

from veritune.config import ScratchConfig
from veritune.models import build_scratch
from veritune.models.activations import checkpoint_activations
from veritune.models.value import value_head
from veritune.trainer.credit import Credit
from veritune.trainer.layout import LONGEST, can_share, lay_out
from veritune.trainer.rows import TokenRow
from veritune.trainer.scoring import Critic, score, value


def build(architecture: str = "qwen2") -> Any:
    shape = ScratchConfig(
        architecture=architecture,  # type: ignore[arg-type]
        layers=2,
        width=32,
        heads=2,
        max_length=2048,
    )
    model = build_scratch(shape, 3)[0].double()
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return model


def groups(*sizes: tuple[int, list[int]]) -> list[TokenRow]:
    """Rows of each (prompt's length, lengths of its candidates), in mixed order."""
    draw = Random(7)
    rows = []
    for number, (prompt, lengths) in enumerate(sizes):
        begin = [draw.randrange(20) for _ in range(prompt)]
        for length in lengths:
            ids = begin + [draw.randrange(20) for _ in range(length)]
            credit = Credit(length=length, outcome=(), steps=())
            rows.append(TokenRow(ids, prompt, credit=credit, group=str(number)))
    draw.shuffle(rows)
    return rows


RAGGED = groups((11, [3, 1, 7, 4]), (2, [5, 5]), (30, [1]), (9, [12, 2, 6, 6, 9, 1]))


def gradients(
    model: Any, critic: Critic, rows: list[TokenRow], parts: list[list[TokenRow]]
) -> torch.Tensor:
    """Of a sum that weighs every number that `score` gives for `rows` differently."""
    wanted = [*model.parameters(), *critic.module().parameters()]
    total = torch.zeros((), dtype=torch.float64)
    for part in parts:
        width = max(row.length for row in part)
        scores = score(model, part, width, 0.7, critic=critic, entropy="trained")
        assert scores.values is not None and scores.entropy is not None
        for place, row in enumerate(part):
            told = torch.arange(1, row.length + 1) * (1 + rows.index(row))
            total = total + (scores.logprobs[place, : row.length] * told.cos()).sum()
            total = total + (scores.entropy[place, : row.length] * told.sin()).sum()
            total = total + scores.values[place, : row.length + 1].square().sum()
    found = torch.autograd.grad(total, wanted, allow_unused=True)
    return torch.cat([g.flatten() for g in found if g is not None])


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
@pytest.mark.parametrize("own", [False, True])
def test_together_equals_one_by_one(architecture: str, own: bool) -> None:
    model = build(architecture)
    head = value_head(model)
    torch.nn.init.normal_(head.weight)
    critic = Critic(head, build(architecture) if own else None)
    assert "segments" in lay_out(model, RAGGED).inputs
    width = max(row.length for row in RAGGED)
    with torch.no_grad():
        together = score(model, RAGGED, width, 0.7, critic=critic, entropy="trained")
        values = value(critic, model, RAGGED, width)
        for i, row in enumerate(RAGGED):
            alone = score(model, [row], row.length, 0.7, critic=critic, entropy="trained")
            logits = model(torch.tensor([row.ids])).logits[0] / 0.7
            plain = torch.log_softmax(logits, -1)[range(len(row.ids) - 1), row.ids[1:]]
            assert torch.allclose(together.logprobs[i, : row.length], plain[row.prompt - 1 :])
            assert alone.values is not None and alone.entropy is not None
            assert together.values is not None and together.entropy is not None
            ends = row.length + 1
            assert torch.allclose(together.values[i, :ends], alone.values[0], atol=1e-6)
            assert torch.allclose(values[i, :ends], alone.values[0], atol=1e-6)
            assert torch.allclose(together.entropy[i, : row.length], alone.entropy[0])
    one = gradients(model, critic, RAGGED, [[row] for row in RAGGED])
    all_ = gradients(model, critic, RAGGED, [RAGGED])
    assert (one - all_).abs().max() < 1e-6 * one.abs().max()


def test_every_token_of_prompts_and_candidates_is_computed_once() -> None:
    model = build()
    rows = groups(*((24, [30] * 8) for _ in range(4)))
    ids = lay_out(model, rows).inputs["input_ids"]
    assert ids.shape == (1, 4 * (24 + 8 * 30))
    singles = groups(*((10, [length]) for length in range(1, 60)))
    layout = lay_out(model, singles)
    assert layout.inputs["input_ids"].numel() == sum(len(row.ids) for row in singles)
    segments = layout.inputs["segments"]
    assert segments.size < 1.3 * sum(len(row.ids) for row in singles)


@pytest.mark.parametrize("alike", [False, True])
def test_a_policy_alone_does_not_read_the_last_tokens(alike: bool) -> None:
    model = build()
    rows = groups(*((10, [20]) for _ in range(4))) if alike else RAGGED
    width, read = max(row.length for row in rows), []
    critic = Critic(value_head(model))
    with torch.no_grad():
        beside = score(model, rows, width, 0.7, critic=critic).logprobs
        embedding = model.get_input_embeddings()
        embedding.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0].numel()))
        alone = score(model, rows, width, 0.7).logprobs
    prompts = {row.group: row.prompt for row in rows}
    assert read == [sum(prompts.values()) + sum(row.length - 1 for row in rows)]
    for i, row in enumerate(rows):
        assert torch.allclose(alone[i, : row.length], beside[i, : row.length], atol=1e-6)


def test_an_empty_completion_has_no_scores() -> None:
    rows = [*RAGGED, replace(RAGGED[0], ids=RAGGED[0].ids[: RAGGED[0].prompt])]
    with torch.no_grad():
        scores = score(build(), rows, 12, 0.7).logprobs
        plain = score(build(), RAGGED, 12, 0.7).logprobs
    for i, row in enumerate(RAGGED):
        assert torch.allclose(scores[i, : row.length], plain[i, : row.length], atol=1e-6)


def test_recomputed_activations_give_the_same_gradients() -> None:
    model, critic = build(), Critic(value_head(build()))
    torch.nn.init.normal_(critic.head.weight)
    kept = gradients(model, critic, RAGGED, [RAGGED])
    checkpoint_activations(model)
    assert torch.equal(gradients(model.train(), critic, RAGGED, [RAGGED]), kept)


def test_a_model_that_took_a_line_is_saved_and_called_as_before(tmp_path: Path) -> None:
    model, fresh = build(), build()
    score(model, RAGGED, 12, 0.7)
    ids = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 0, 0]])
    mask = (ids > 0).long()
    for inputs in ({}, {"attention_mask": mask}):
        assert torch.equal(model(ids, **inputs).logits, fresh(ids, **inputs).logits)
    model.save_pretrained(tmp_path / "used")
    fresh.save_pretrained(tmp_path / "fresh")
    texts = [(tmp_path / name / "config.json").read_text() for name in ("used", "fresh")]
    assert texts[0] == texts[1]


def test_long_rows_stand_alone_and_rows_alike_are_padded() -> None:
    model = build()
    long = groups((LONGEST - 50, [60, 60, 3]), (8, [5]))
    layout = lay_out(model, long)  # In one line, each by itself: nothing is listed token by token.
    assert layout.inputs["input_ids"].numel() == sum(len(row.ids) for row in long)
    assert all(block.seen is None for block in layout.inputs["segments"].blocks)
    alike = groups(*((10, [20]) for _ in range(8)))
    assert set(lay_out(model, alike).inputs) == {"input_ids"}


def test_a_model_with_windows_or_of_another_kind_is_not_given_a_line() -> None:
    model = build()
    model.config.layer_types = ["full_attention", "sliding_attention"]
    assert not can_share(model)
    assert set(lay_out(model, RAGGED).inputs) == {"input_ids"}
