"""Reward models: losses against numpy, rows and pairs, and that they learn and come back."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from veritune.config import ChainConfig, RewardConfig, ScratchConfig
from veritune.errors import ModelError, RecordError, TrainingError
from veritune.models import build_scratch, save_policy
from veritune.models.reward import fresh_reward_model, load_reward_model, save_reward_model
from veritune.problems.datasets.chain import draw
from veritune.records import Candidate, MathProblem, MathReference, StepVerdict, Verdict
from veritune.trainer.pairs import PreferencePair, VerifiedCandidate, read_pairs_file, verdict_pairs
from veritune.trainer.reward_losses import classification_loss, preference_loss
from veritune.trainer.reward_models import RewardTrainer, labelled_task, preference_task
from veritune.trainer.reward_rows import outcome_rows, pair_rows, process_rows

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
FIT = RewardConfig(max_steps=150, batch_size=16, learning_rate=1e-2, warmup_steps=5)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_preference_loss_and_gradient_are_those_of_bradley_and_terry() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 40)) * 5
    chosen, rejected = (torch.tensor(x, requires_grad=True) for x in (a, b))
    loss = preference_loss(chosen, rejected)
    loss.backward()
    assert loss.item() == pytest.approx(np.log1p(np.exp(b - a)).sum(), abs=1e-6)
    assert chosen.grad is not None and rejected.grad is not None
    assert chosen.grad.numpy() == pytest.approx(-sigmoid(b - a), abs=1e-6)
    assert rejected.grad.numpy() == pytest.approx(sigmoid(b - a), abs=1e-6)


def test_classification_loss_and_gradient_with_soft_labels() -> None:
    rng = np.random.default_rng(1)
    z, y = rng.normal(size=40) * 5, rng.uniform(size=40)
    logits = torch.tensor(z, requires_grad=True)
    loss = classification_loss(logits, torch.tensor(y))
    loss.backward()
    p = sigmoid(z)
    assert loss.item() == pytest.approx(-(y * np.log(p) + (1 - y) * np.log(1 - p)).sum(), abs=1e-6)
    assert logits.grad is not None
    assert logits.grad.numpy() == pytest.approx(p - y, abs=1e-6)


def judge(prompt: str, index: int, text: str, right: bool, *labels: str) -> VerifiedCandidate:
    problem = MathProblem(id=prompt, prompt=prompt, reference=MathReference(answer="1"))
    candidate = Candidate(problem_id=prompt, index=index, text=text)
    width = len(text) // max(len(labels), 1)
    steps = tuple(
        StepVerdict(start=i * width, end=(i + 1) * width, label=label, reason="")  # type: ignore[arg-type]
        for i, label in enumerate(labels)
    )
    verdict = Verdict(
        problem_id=prompt,
        index=index,
        outcome="passed" if right else "failed",
        score=float(right),
        reason="",
        steps=steps,
    )
    return problem, candidate, verdict


def broken(prompt: str, index: int, text: str) -> VerifiedCandidate:
    problem, candidate, _ = judge(prompt, index, text, False)
    verdict = Verdict(problem_id=prompt, index=index, outcome="error", score=None, reason="")
    return problem, candidate, verdict


def test_steps_are_supervised_up_to_the_first_error() -> None:
    _, tokenizer = build_scratch(TINY, 0)
    rows = [
        judge("p=", 0, "11;22;33;", True, "verified", "unchecked", "verified"),
        judge("p=", 1, "11;22;33;", False, "verified", "incorrect", "verified"),
        judge("p=", 2, "11;22;33;", True, "unchecked", "unchecked", "unchecked"),
        broken("p=", 3, "11;22;33;"),
    ]
    first, second = process_rows(rows, tokenizer)
    assert first.labels == ((2, 4, 1.0), (8, 10, 1.0))
    assert second.labels == ((2, 4, 1.0), (5, 7, 0.0))
    (_, beyond) = process_rows(rows, tokenizer, beyond_error=True)
    assert beyond.labels == ((2, 4, 1.0), (5, 7, 0.0), (8, 10, 1.0))
    outcomes = outcome_rows(rows, tokenizer)
    assert [row.labels for row in outcomes] == [((2, 11, right),) for right in (1.0, 0.0, 1.0)]
    assert outcomes[0].ids[11] == tokenizer.eos_token_id


def test_pairs_are_of_verified_and_rejected_candidates_of_one_problem() -> None:
    rows = [
        judge("a=", 0, "good", True),
        judge("a=", 1, "good ", True),
        judge("a=", 2, "bad", False),
        judge("a=", 3, "worse", False),
        broken("a=", 4, "who knows"),
        judge("b=", 0, "only good", True),
        judge("c=", 0, "lucky", True, "incorrect"),
        judge("c=", 1, "sound", True, "verified"),
    ]
    pairs = verdict_pairs(rows, max_per_problem=4, seed=0)
    found = sorted((p.chosen.text, p.rejected.text) for p in pairs)
    assert [(a, b) for a, b in found] == [("good", "bad"), ("good", "worse")]
    assert len(verdict_pairs(rows, max_per_problem=1, seed=0)) == 1
    with_steps = verdict_pairs(rows, max_per_problem=4, seed=0, steps=True)
    assert ("sound", "lucky") in [(p.chosen.text, p.rejected.text) for p in with_steps]


def test_human_preferences_are_read_as_text_or_chat(tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text(
        '{"prompt": "p", "chosen": "c", "rejected": "r", "score": 3}\n'
        '{"prompt": [{"role": "user", "content": "p"}],'
        ' "chosen": [{"role": "assistant", "content": "c2"}], "rejected": "r2"}\n'
    )
    first, second = read_pairs_file(file)
    assert (first.prompt, first.chosen.text, first.rejected.text) == ("p", "c", "r")
    assert (second.chosen.text, second.rejected.text) == ("c2", "r2")
    file.write_text('{"prompt": "p", "chosen": "c"}\n')
    with pytest.raises(RecordError, match=r"p\.jsonl:1: rejected"):
        read_pairs_file(file)


def test_a_number_is_what_the_head_reads_and_the_likelihood_of_the_span(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    reward = fresh_reward_model(start.path, "process")
    torch.manual_seed(0)
    torch.nn.init.normal_(reward.head.weight)
    torch.nn.init.constant_(reward.likelihood.weight, 0.7)
    reward.module().double()
    rows = [[5, 9, 7, 6, 8, 4], [3, 8, 2]]
    spans = [[(2, 3), (4, 5)], [(0, 2)]]
    expected = []
    for row, own in zip(rows, spans, strict=True):
        with torch.no_grad():
            out = reward.model(torch.tensor([row]), output_hidden_states=True)
            head = (out.hidden_states[-1][0] @ reward.head.weight[0]).numpy()
        logits = out.logits[0].numpy()
        logp = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        for first, last in own:
            tokens = [logp[t - 1, row[t]] for t in range(max(first, 1), last + 1)]
            expected.append(head[last] + 0.7 * sum(tokens))
    assert reward.numbers(rows, spans).tolist() == pytest.approx(expected, abs=1e-6)
    assert len(reward.numbers(rows, [[], []])) == 0


def test_training_starts_from_the_likelihood_in_standard_deviations(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    reward = fresh_reward_model(start.path, "outcome")
    rng = Random(0)
    rows = [[rng.randrange(90) for _ in range(rng.randint(3, 30))] for _ in range(40)]
    spans = [[(1, len(row) - 1)] for row in rows]
    assert not reward.numbers(rows, spans).any()
    reward.standardise(rows, spans)
    numbers = reward.numbers(rows, spans)
    assert numbers.mean().item() == pytest.approx(0, abs=1e-4)
    assert numbers.std(correction=0).item() == pytest.approx(1, abs=1e-4)


def test_a_folder_from_before_likelihoods_is_a_head_alone(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    reward = fresh_reward_model(start.path, "outcome")
    torch.nn.init.normal_(reward.head.weight)
    torch.nn.init.ones_(reward.likelihood.weight)
    save_reward_model(reward, tmp_path / "reward")
    assert load_reward_model(tmp_path / "reward").likelihood.weight.item() == 1
    (tmp_path / "reward" / "reward.json").write_text('{"kind": "outcome"}')
    (tmp_path / "reward" / "manifest.json").unlink()
    old, row = load_reward_model(tmp_path / "reward"), [5, 9, 7]
    assert old.numbers([row], [[(1, 2)]]).item() == pytest.approx(old.logits([row])[0, 2].item())


def gradient(loss: torch.Tensor, parameters: list[torch.nn.Parameter]) -> torch.Tensor:
    found = torch.autograd.grad(loss, parameters)
    return torch.cat([g.flatten() for g in found])


def test_one_row_at_a_time_equals_all_at_once(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    reward = fresh_reward_model(start.path, "process")
    torch.manual_seed(0)
    torch.nn.init.normal_(reward.head.weight)
    torch.nn.init.ones_(reward.likelihood.weight)
    parameters = list(reward.module().double().parameters())
    rows = [
        judge("12=", i, "11;22;33;"[: 3 + 3 * (i % 3)], i % 2 == 0, "verified") for i in range(6)
    ]
    labelled = labelled_task(reward, process_rows(rows, reward.tokenizer))
    pairs = [
        PreferencePair(prompt="1" * (1 + i), chosen=rows[i][1], rejected=rows[5 - i][1])
        for i in range(6)
    ]
    preferred = preference_task(reward, pair_rows(pairs, reward.tokenizer))
    for task in (labelled, preferred):
        whole = gradient(task.loss(task.rows)[0], parameters)
        single = sum(gradient(task.loss([row])[0], parameters) for row in task.rows)
        assert (whole - single).abs().max().item() / 6 < 1e-6


def chains(count: int) -> list[VerifiedCandidate]:
    """Answers that are right where the digit of the prompt comes back, and else are wrong."""
    rng = Random(0)
    config = ChainConfig(steps=1, largest_term=9, operators="+")
    rows = []
    for i in range(count):
        problem = draw(config, rng)
        right = rng.random() < 0.5
        text = str(problem.prompt)[:2] if right else f"{rng.randint(10, 99)}"
        verified = judge(f"{problem.prompt}", i, text, right, "verified" if right else "incorrect")
        rows.append(verified)
    return rows


@pytest.mark.parametrize("kind", ["outcome", "process"])
def test_it_learns_is_saved_whole_and_comes_back(kind: str, tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    rows, steps = chains(200), []
    trainer = RewardTrainer(FIT, seed=1, on_step=steps.append)
    out = trainer.from_verdicts(start.path, kind, rows, tmp_path / "reward")  # type: ignore[arg-type]
    assert np.mean([step["accuracy"] for step in steps[-20:]]) > 0.95
    back = load_reward_model(out.path)
    assert back.kind == kind
    again = trainer.from_verdicts(start.path, kind, rows, tmp_path / "again")  # type: ignore[arg-type]
    assert again.policy == out.policy
    assert torch.equal(back.head.weight, load_reward_model(again.path).head.weight)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again", "reward", "start"]


def test_preferences_are_learned(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    pairs = [
        PreferencePair(
            prompt=f"{i}=",
            chosen=Candidate(problem_id=str(i), index=0, text="yes" * (1 + i % 3)),
            rejected=Candidate(problem_id=str(i), index=1, text="no" * (1 + i % 4)),
        )
        for i in range(50)
    ]
    config = FIT.model_copy(update={"max_steps": 30})
    out = RewardTrainer(config, seed=0).preference(start.path, pairs, tmp_path / "reward")
    reward = load_reward_model(out.path)
    rows = pair_rows(pairs, reward.tokenizer)
    with torch.no_grad():
        _, metrics = preference_task(reward, rows).loss(rows)
    assert metrics["accuracy"] / len(rows) > 0.95


def test_labels_that_are_all_alike_are_refused(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    with pytest.raises(TrainingError, match="all labels are alike"):
        trainer = RewardTrainer(FIT, seed=0)
        trainer.from_verdicts(start.path, "outcome", [judge("a=", 0, "x", True)], tmp_path / "r")


def test_a_policy_is_no_reward_model(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    with pytest.raises(ModelError, match="no reward model"):
        load_reward_model(start.path)
