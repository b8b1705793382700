"""Step labels from completions of prefixes, on `chain`, where the true labels are known.

The sampler here is a policy that computes: it continues a trace from its last value, and slips
now and then, as a trained model does. So what rollouts say can be compared with the truth.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from veritune.benchmarks.rollouts import agreement, first_error
from veritune.config import ChainConfig
from veritune.problems.datasets.chain import chain_operations, chain_step, draw, teach
from veritune.records import Candidate, Checkpoint, Problem, Verdict
from veritune.sampler.policy_probe import LogprobDiff
from veritune.store import Store
from veritune.verifiers.answers import AnswerVerifier
from veritune.verifiers.prefixes import StepLabels
from veritune.verifiers.rollouts import RolloutLabeller, RolloutVerifier
from veritune.verifiers.steps import check_steps

CHAIN = ChainConfig(steps=6, answer_modulus=97, slips=0.15)
POLICY = Checkpoint(path="none", policy="computes")
TRACE = re.compile(r"\d\d[-+*\d]*=")


class Computing:
    """Continues chain traces rightly from their last value, but for a few slips."""

    gap: LogprobDiff | None = None

    def __init__(self, slips: float = 0.05) -> None:
        self.slips, self.loads = slips, 0

    def load(self, checkpoint: Checkpoint) -> None:
        self.loads += 1

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        for problem, asked in zip(problems, indices, strict=True):
            for index in asked:
                text = self._completed(
                    f"{problem.prompt}{problem.prefill}", Random(f"{problem.id} {index}")
                )
                yield Candidate(problem_id=problem.id, index=index, text=text)

    def close(self) -> None:
        pass

    def _completed(self, prompt: str, rng: Random) -> str:
        match = TRACE.match(prompt)
        assert match is not None
        value, operations = chain_operations(match[0])
        written = [int(part) for part in prompt[match.end() :].split(";") if part.isdigit()]
        value = written[-1] if written else value
        text = ""
        for operator, operand in operations[len(written) :]:
            value = chain_step(value, operator, operand, CHAIN.modulus)
            value = rng.randrange(100) if rng.random() < self.slips else value
            text += f"{value:02d};"
        return f"{text}#{value % CHAIN.answer_modulus}"


def solutions(count: int) -> list[tuple[Problem, Candidate]]:
    """Problems with the traces of a teacher who errs."""
    rng = Random(4)
    problems = [draw(CHAIN, rng) for _ in range(count)]
    return [
        (problem, Candidate(problem_id=problem.id, index=0, text=teach(problem, CHAIN, rng)))
        for problem in problems
    ]


async def labelled(
    folder: Path, pairs: list[tuple[Problem, Candidate]], **options: object
) -> tuple[list[StepLabels], RolloutLabeller]:
    with Store.open(folder) as store:
        async with AnswerVerifier() as verifier:
            labeller = RolloutLabeller(Computing(), verifier, store, POLICY, **options)  # type: ignore[arg-type]
            return await labeller.label(pairs), labeller


async def test_labels_agree_with_the_true_ones(tmp_path: Path) -> None:
    pairs = solutions(60)
    found, labeller = await labelled(tmp_path, pairs)
    rules = [check_steps(problem, candidate.text) for problem, candidate in pairs]
    wrong = sum(first_error(steps) is not None for steps in rules)
    assert 20 < wrong < 60
    same = agreement([(one.steps, two) for one, two in zip(found, rules, strict=True)])
    assert same.same_label is not None and same.same_label >= 0.95
    assert same.solutions == 60 and same.same_error is not None and same.same_error >= 0.9
    assert labeller.sampled + labeller.reused == sum(16 * (len(steps) - 1) for steps in rules)
    for labels in found:
        assert len(labels.soft) == len(labels.steps)
        assert all(share is not None and 0 <= share <= 1 for share in labels.soft)


async def test_the_search_finds_the_same_first_error_with_few_completions(tmp_path: Path) -> None:
    for name in ("all", "search"):
        (tmp_path / name).mkdir()
    pairs = solutions(60)
    everything, exhaustive = await labelled(tmp_path / "all", pairs, threshold=0.25)
    found, search = await labelled(tmp_path / "search", pairs, threshold=0.25, search=True)
    assert [one.first_error for one in found] == [one.first_error for one in everything]
    assert search.sampled <= 0.4 * (exhaustive.sampled + exhaustive.reused)
    for labels in found:
        at = labels.first_error
        before = labels.steps if at is None else labels.steps[:at]
        assert all(step.label == "verified" for step in before)
        assert at is None or all(step.label == "unchecked" for step in labels.steps[at + 1 :])


async def test_completions_are_drawn_once(tmp_path: Path) -> None:
    pairs = solutions(5)
    first, _ = await labelled(tmp_path, pairs, k=4)
    again, labeller = await labelled(tmp_path, pairs, k=4)
    assert labeller.sampled == 0 and labeller.reused > 0
    assert [one.steps for one in again] == [one.steps for one in first]
    _, hotter = await labelled(tmp_path, pairs, k=4, settings="temperature 2")
    assert hotter.reused < hotter.sampled


async def test_the_budget_is_kept_and_what_lacks_is_unchecked(tmp_path: Path) -> None:
    pairs = solutions(8)
    for search in (False, True):
        folder = tmp_path / str(search)
        folder.mkdir()
        found, labeller = await labelled(folder, pairs, budget=50, search=search)
        assert labeller.sampled <= 50
        assert any(step.label == "unchecked" for labels in found for step in labels.steps)
        more, _ = await labelled(folder, pairs, search=search)
        full = [labels.first_error for labels in more]
        for labels, whole in zip(found, full, strict=True):
            known = [step.label for step in labels.steps]
            assert "incorrect" not in known or whole is not None


class Broken:
    """A verifier whose machine is down."""

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        return Verdict(
            problem_id=problem.id, index=candidate.index, outcome="error", score=None, reason="down"
        )


@pytest.mark.parametrize("search", [False, True])
async def test_what_cannot_be_verified_labels_nothing(tmp_path: Path, search: bool) -> None:
    with Store.open(tmp_path) as store:
        labeller = RolloutLabeller(Computing(), Broken(), store, POLICY, k=4, search=search)
        (found,) = await labeller.label(solutions(1))
    assert {step.label for step in found.steps} == {"unchecked"}
    assert found.first_error is None and set(found.soft) == {None}


async def test_it_is_a_verifier(tmp_path: Path) -> None:
    ((problem, candidate),) = solutions(1)
    with Store.open(tmp_path) as store:
        async with AnswerVerifier() as answers:
            labeller = RolloutLabeller(Computing(), answers, store, POLICY, k=4)
            verdict = await RolloutVerifier(labeller).verify(problem, candidate)
            assert verdict.outcome == (await answers.verify(problem, candidate)).outcome
    text = "".join(candidate.text[step.start : step.end] for step in verdict.steps)
    assert text == candidate.text


@pytest.mark.parametrize("search", [False, True])
async def test_what_the_model_cannot_read_is_unchecked(tmp_path: Path, search: bool) -> None:
    pairs = solutions(5)
    # A search may not come to the later half.
    most = 0 if search else len(pairs[0][1].text) // 2
    found, labeller = await labelled(
        tmp_path, pairs, k=4, search=search, fits=lambda problem: len(problem.prefill) <= most
    )
    _, whole = await labelled(tmp_path, pairs, k=4, search=search)
    assert labeller.overlong > 0 and "longer than the model reads" in labeller.told
    assert labeller.sampled + labeller.reused < whole.sampled + whole.reused
    for labels in found:
        late = [step for step in labels.steps[:-1] if step.end > most]
        assert late and all(step.label == "unchecked" for step in late)
