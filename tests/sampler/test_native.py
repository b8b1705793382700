"""The native sampler draws the right distribution, the same whatever is drawn beside it."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Queue

import pytest
import torch

from veritune.config import SamplerConfig, ScratchConfig
from veritune.errors import ModelError, VerituneError
from veritune.models import build_scratch, encode_prompt, load_policy, save_policy
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Problem
from veritune.sampler import NativeSampler, Sampler

LENGTH = 96


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """A model this small gains nothing from more, and loses much on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    config = ScratchConfig(layers=2, width=32, heads=2, max_length=LENGTH)
    model, tokenizer = build_scratch(config, 0)
    with torch.no_grad():  # Sharper than fresh weights, as a trained model would be.
        model.lm_head.weight *= 40
    return save_policy(model, tokenizer, tmp_path_factory.mktemp("policies") / "policy")


def problem(name: str, prompt: str) -> Problem:
    return MathProblem(id=name, prompt=prompt, reference=MathReference(answer="1"))


def mixed_problems(count: int) -> list[Problem]:
    texts = ["".join(chr(33 + i * j % 90) for j in range(1, 4 + i * 7 % 40)) for i in range(count)]
    return [problem(f"p{i}", text) for i, text in enumerate(texts)]


def sample(
    policy: Checkpoint,
    problems: Sequence[Problem],
    indices: Sequence[Sequence[int]],
    *,
    seed: int = 1,
    round: int = 0,
    **options: object,
) -> dict[tuple[str, int], Candidate]:
    sampler: Sampler = NativeSampler(SamplerConfig.model_validate(options), seed=seed)
    sampler.load(policy)
    sampled = list(sampler.sample(problems, indices, round=round))
    sampler.close()
    by_key = {(c.problem_id, c.index): c for c in sampled}
    assert len(by_key) == len(sampled) == sum(map(len, indices))
    return by_key


def test_draws_do_not_depend_on_batch_order_or_company(policy: Checkpoint) -> None:
    problems = mixed_problems(40)
    every = [range(4)] * 40
    whole = sample(policy, problems, every, max_num_seqs=512, max_tokens=24)
    assert len({c.text for c in whole.values()}) > 100
    for batch in (1, 7, 64):
        part = sample(policy, problems[::-3], every[::-3], max_num_seqs=batch, max_tokens=24)
        assert all(whole[key].token_ids == c.token_ids for key, c in part.items())
    missing = sample(policy, problems, [[3], [], *[[1, 2]] * 38], max_num_seqs=16, max_tokens=24)
    assert all(whole[key].token_ids == c.token_ids for key, c in missing.items())


def test_draws_do_not_depend_on_how_cores_are_shared(policy: Checkpoint) -> None:
    """With two cores 160 candidates are two lanes' work, and eight are one lane's on both."""
    problems = mixed_problems(40)
    torch.set_num_threads(2)
    try:
        whole = sample(policy, problems, [range(4)] * 40, max_tokens=24)
        part = sample(policy, problems[:2], [range(4)] * 2, max_tokens=24)
    finally:
        torch.set_num_threads(1)
    alone = sample(policy, problems[:2], [range(4)] * 2, max_tokens=24)
    for key, candidate in part.items():
        assert candidate.token_ids == whole[key].token_ids == alone[key].token_ids
        assert candidate.logprobs == whole[key].logprobs == alone[key].logprobs


def test_seed_round_problem_and_index_each_change_the_draw(policy: Checkpoint) -> None:
    twins = [problem("p0", "1+1="), problem("p1", "1+1=")]
    base = sample(policy, twins, [[0, 1], [0]])
    later = sample(policy, twins, [[0, 1], [0]], round=1)
    other = sample(policy, twins, [[0, 1], [0]], seed=2)
    texts = [base["p0", 0], base["p0", 1], base["p1", 0], later["p0", 0], other["p0", 0]]
    assert len({c.text for c in texts}) == 5


def test_candidates_carry_what_they_came_from(policy: Checkpoint) -> None:
    _, tokenizer = load_policy(policy.path)
    sampled = sample(policy, mixed_problems(30), [range(4)] * 30, round=3, max_tokens=40)
    reasons = Counter(c.finish_reason for c in sampled.values())
    assert set(reasons) == {"stop", "length"}
    for candidate in sampled.values():
        ids = candidate.token_ids or []
        assert (candidate.policy, candidate.round) == (policy.policy, 3)
        assert len(ids) == len(candidate.logprobs or []) <= 40
        assert (ids[-1] == tokenizer.eos_token_id) == (candidate.finish_reason == "stop")
        assert tokenizer.eos_token_id not in ids[:-1]
        assert candidate.text == tokenizer.decode(ids, skip_special_tokens=True)


def test_logprobs_are_the_models_own(policy: Checkpoint) -> None:
    model, tokenizer = load_policy(policy.path)
    problems = mixed_problems(12)
    sampled = sample(policy, problems, [range(2)] * 12, temperature=0.7, top_p=0.9, max_tokens=20)
    for p in problems:
        candidate = sampled[p.id, 1]
        prompt, ids = encode_prompt(tokenizer, p.prompt), candidate.token_ids or []
        with torch.no_grad():
            logits = model(torch.tensor([prompt + ids])).logits[0, len(prompt) - 1 : -1]
        wanted = torch.log_softmax(logits, -1).gather(-1, torch.tensor(ids)[:, None])[:, 0]
        assert torch.allclose(wanted, torch.tensor(candidate.logprobs), atol=1e-4)


def test_greedy_is_transformers_greedy(policy: Checkpoint) -> None:
    model, tokenizer = load_policy(policy.path)
    problems = mixed_problems(200)
    sampled = sample(policy, problems, [[0]] * 200, temperature=0, max_tokens=12, max_num_seqs=48)
    for p in problems[::5]:  # One by one they take their time; the others are company.
        prompt = torch.tensor([encode_prompt(tokenizer, p.prompt)])
        wanted = model.generate(prompt, do_sample=False, max_new_tokens=12)[0, prompt.shape[1] :]
        assert sampled[p.id, 0].token_ids == wanted.tolist()


def test_every_end_token_ends_a_candidate(policy: Checkpoint, tmp_path: Path) -> None:
    model, tokenizer = load_policy(policy.path)
    free = sample(policy, mixed_problems(40), [range(4)] * 40, max_tokens=60)
    often = Counter(c for candidate in free.values() for c in candidate.text).most_common(2)
    ends = [tokenizer.eos_token_id, *(encode_prompt(tokenizer, often[0][0] + often[1][0]))]
    model.generation_config.eos_token_id = ends
    several = save_policy(model, tokenizer, tmp_path / "several")
    sampled = sample(several, mixed_problems(40), [range(4)] * 40, max_tokens=60)
    last = Counter((c.token_ids or [0])[-1] for c in sampled.values() if c.finish_reason == "stop")
    assert set(last) == set(ends)
    for candidate in sampled.values():
        assert not set(ends) & set((candidate.token_ids or [])[:-1])
        assert not {often[0][0], often[1][0]} & set(candidate.text)


def test_stop_strings_cut_the_text_at_the_first_of_them(policy: Checkpoint) -> None:
    problems = mixed_problems(40)
    free = sample(policy, problems, [range(4)] * 40, max_tokens=40)
    common = Counter(c.text[i : i + 2] for c in free.values() for i in range(1, len(c.text) - 1))
    stop = tuple(text for text, _ in common.most_common(3))
    cut = sample(policy, problems, [range(4)] * 40, max_tokens=40, stop=stop)
    stopped = 0
    for key, candidate in cut.items():
        at = min((i for s in stop if (i := free[key].text.find(s)) >= 0), default=None)
        assert candidate.text == free[key].text[:at]
        ids = candidate.token_ids or []
        assert ids == (free[key].token_ids or [])[: len(ids)]
        if at is not None:
            stopped += 1
            assert candidate.finish_reason == "stop"
    assert stopped > 10


def test_prompts_at_the_models_limit(policy: Checkpoint) -> None:
    nearly = problem("nearly", "1" * (LENGTH - 3))
    candidate = sample(policy, [nearly], [[0]], temperature=0)["nearly", 0]
    assert len(candidate.token_ids or []) <= 3
    with pytest.raises(ModelError, match=r"problem long: its prompt is 96 tokens"):
        sample(policy, [problem("long", "1" * LENGTH)], [[0]])


def test_sampling_needs_a_policy() -> None:
    with pytest.raises(VerituneError, match="load a checkpoint"):
        next(NativeSampler(SamplerConfig(), seed=0).sample([problem("p", "1")], [[0]], round=0))


def test_a_thread_can_sample_and_leaves_autograd_as_it_was(policy: Checkpoint) -> None:
    found: Queue[object] = Queue()

    def work() -> None:
        sampler = NativeSampler(SamplerConfig(max_tokens=8), seed=0)
        sampler.load(policy)
        for candidate in sampler.sample(mixed_problems(3), [range(2)] * 3, round=0):
            found.put((candidate.index, torch.is_inference_mode_enabled()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert sorted(found.queue) == [(0, False)] * 3 + [(1, False)] * 3
