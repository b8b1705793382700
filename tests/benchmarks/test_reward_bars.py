"""What reward models must reach on chains they have not seen, drawn from the policy they verify."""

import asyncio
from pathlib import Path

import pytest
from trainer.chain_gain import demo

from veritune.benchmarks.best_of_n import curves
from veritune.benchmarks.reranking import first_error_accuracy, pair_accuracy
from veritune.config import Recipe, RewardConfig, load_recipe
from veritune.models.reward import load_reward_model
from veritune.problems import recipe_problems
from veritune.records import Checkpoint, Problem
from veritune.rounds import NullProgress
from veritune.rounds.start import start_policy
from veritune.sampler import open_sampler
from veritune.trainer.pairs import VerifiedCandidate, verdict_pairs
from veritune.trainer.reward_models import RewardTrainer
from veritune.verifiers import open_verifier
from veritune.verifiers.scoring import candidate_scores

DEMO = Path(__file__).resolve().parents[2] / "recipes" / "demo-math.toml"


async def drawn(
    recipe: Recipe, start: Checkpoint, problems: list[Problem], n: int
) -> list[VerifiedCandidate]:
    sampler = open_sampler(recipe.sampler, seed=recipe.seed, dtype=recipe.model.dtype)
    sampler.load(start)
    by_id = {problem.id: problem for problem in problems}
    out = []
    async with open_verifier(recipe.verifier) as verifier:
        for candidate in sampler.sample(problems, [list(range(n))] * len(problems), round=1):
            problem = by_id[candidate.problem_id]
            out.append((problem, candidate, await verifier.verify(problem, candidate)))
    sampler.close()
    return sorted(out, key=lambda row: (row[0].id, row[1].index))


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.timeout(900)
def test_reward_models_find_errors_and_pick_better_than_votes(
    tmp_path: Path, shared_folder: Path
) -> None:
    recipe = load_recipe(DEMO).model_copy(update={"output": str(tmp_path)})

    async def all_of_it() -> tuple[Checkpoint, list[VerifiedCandidate], list[VerifiedCandidate]]:
        start = start_policy(demo(shared_folder), NullProgress())  # Trained as the recipe says.
        train, test = recipe_problems(recipe.problems, recipe.seed)
        learned = await drawn(recipe, start, train[:2000], 4)
        return start, learned, await drawn(recipe, start, test[:400], 16)

    start, learned, held_out = asyncio.run(all_of_it())
    trainer = RewardTrainer(RewardConfig(max_steps=300, warmup_steps=20), seed=recipe.seed)
    process, outcome = (
        load_reward_model(trainer.from_verdicts(start.path, kind, learned, tmp_path / kind).path)
        for kind in ("process", "outcome")
    )
    wrong, right = first_error_accuracy(process, held_out)
    assert min(wrong, right) >= 0.90
    pairs = verdict_pairs(held_out, max_per_problem=4, seed=0, steps=True)
    assert pair_accuracy(process, pairs) >= 0.95
    scores = {
        "process": candidate_scores(process, held_out)[0],
        "outcome": candidate_scores(outcome, held_out)[0],
    }
    found = curves([verdict for _, _, verdict in held_out], scores, [1, 16])
    best = {name: curve.rates[16] for name, curve in found.items()}
    best["one"] = found["verifier"].rates[1]
    assert min(best["process"], best["outcome"]) > best["majority"] + 0.05
    assert best["majority"] > best["one"] + 0.02
