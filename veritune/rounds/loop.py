"""The loop: load the policy, sample, verify, select, train, evaluate - in rounds.

Every part asks the store first what is already there, so a run that was killed at any instant
resumes where it left off: what was sampled, verified or trained before is neither lost nor done
twice. With `rounds.overlap` what follows from a policy is sampled while the next ones are trained.
"""

from __future__ import annotations

from collections.abc import Sequence

from veritune.config import Recipe
from veritune.records import Checkpoint, MetricsRow
from veritune.rounds.ahead import Ahead
from veritune.rounds.back import go_back
from veritune.rounds.progress import NullProgress, Progress
from veritune.rounds.resume import finished_rows, note_start
from veritune.rounds.run import Earlier, Run, open_run
from veritune.rounds.start import make_reward_model, start_policy, teaching_examples
from veritune.rounds.timing import timed
from veritune.trainer import Example


async def improve(
    recipe: Recipe, progress: Progress | None = None, from_round: int | None = None
) -> list[MetricsRow]:
    """Run a recipe to its end, or resume it; returns the evaluation of every round.

    `from_round` takes the run back to its state after that round first.
    """
    from veritune.trainer import send_order, train_alone

    progress = progress or NullProgress()
    if from_round is not None:
        go_back(recipe, from_round, progress.say)
    elif rows := finished_rows(recipe, progress):
        send_order(None)
        return rows
    async with open_run(recipe, progress) as run:
        # Under torchrun the others train with us from the first round on.
        with timed(run.store, 0, "start"), train_alone():
            start = start_policy(recipe, run.progress)
            note_start(recipe, run.store, start)
            make_reward_model(recipe, start, run.progress)
        async with run.training(start) as training:
            done = training.newest()
            async with Ahead(run, done, gather_batch, evaluate) as ahead:
                for made in range(max(0, done - recipe.rounds.overlap), done + 1):
                    policy = training.policy(made)
                    ahead.begin(made, policy)
                for round in range(done + 1, recipe.rounds.count + 1):
                    batch = await ahead.batch(round)
                    policy = await training.update(round, policy, batch)
                    ahead.begin(round, policy)
                await ahead.finish()
        send_order(None)
        return run.store.evaluations()


async def gather_batch(
    run: Run, round: int, policy: Checkpoint, earlier: Earlier
) -> Sequence[Example]:
    """Sample and verify this round's problems, and select what to train on."""
    selects = run.recipe.trainer.type == "sft"
    if selects and run.recipe.selection.reward == "demonstrations":
        return teaching_examples(run.recipe)
    problems = await run.fill_groups(round, policy, earlier)
    if not selects:
        return run.rollouts(round)
    chosen = run.select(round)
    if run.recipe.selection.rationalise:
        chosen += await run.rationalise(round, problems, chosen, policy)
    run.record_selection(round, chosen)
    if not chosen:
        run.nothing(round, run.why_nothing_selected(round))
        return []
    return run.examples(round)


async def evaluate(run: Run, round: int, policy: Checkpoint) -> None:
    """Measure the policy on the held-out problems, in the rounds that ask for it."""
    if not run.is_measured(round):
        return
    await run.fill("test", round, run.test, run.recipe.evaluation.n, policy)
    run.measure(round, policy)
