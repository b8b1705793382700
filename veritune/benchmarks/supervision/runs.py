"""One cell of a study: the run, the choice of its checkpoint, and its examination."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Sequence
from pathlib import Path

from veritune.benchmarks.supervision.held_out import file_name, read_tests
from veritune.benchmarks.supervision.plan import Cell
from veritune.config import Recipe, VerifierConfig
from veritune.errors import JournalError, VerituneError
from veritune.models import policy_hash
from veritune.records import Checkpoint, MetricsRow, Problem, rate, whole
from veritune.rounds import NullProgress, improve, open_session, start_policy
from veritune.store import RunFolder, Store
from veritune.use import DECIDED

# Of the metrics of a run that was examined to its end.
PHASE = "study"
# Stems of the sets that an examination fills.
EXAM, LONGER = "exam", "longer"


def run_cell(cell: Cell, tests: Path, candidates: int) -> str:
    """Run a cell to its end, or resume it; what went wrong, or nothing."""
    if finished(cell.recipe.folder):
        return ""
    import torch

    torch.set_num_threads(cell.recipe.threads or 1)
    before = _cpu_seconds()
    try:
        asyncio.run(_run(cell, tests, candidates, before))
    except VerituneError as error:
        return str(error)
    return ""


def finished(folder: Path) -> bool:
    """Whether a cell's run was examined to its end."""
    try:
        with Store.open(folder, read_only=True) as store:
            return bool(store.metrics(PHASE))
    except JournalError:
        # Not begun, or killed while it was made: the run itself says what is wrong.
        return False


async def _run(cell: Cell, tests: Path, candidates: int, before: float) -> None:
    recipe = cell.recipe
    rounds = await improve(recipe)
    chosen = best_round(rounds)
    policy = policy_after(recipe, whole(chosen, "round"))
    name = file_name(cell.sweep, cell.value)
    problems = {LONGER: read_tests(tests, "longer", recipe) if cell.sweep is None else []}
    problems[EXAM] = read_tests(tests, name, recipe)
    with Store.open(recipe.folder) as store:
        for stem, asked in problems.items():
            if asked:
                # By round, as the run's own sets: an exam goes when the run is taken back.
                exam = f"{stem}/{chosen['round']}"
                await examine(recipe, policy, asked, candidates, store, exam)
        row = {"round": chosen["round"], "phase": PHASE, "policy": policy.policy}
        row |= {"validation": chosen["pass_at_1"], "cpu_seconds": _cpu_seconds() - before}
        store.put_metrics([row | budget(recipe, store)])


def best_round(rounds: Sequence[MetricsRow]) -> MetricsRow:
    """The evaluation that decides on a checkpoint: the best on validation, the first of equals."""
    return max(rounds, key=lambda row: (rate(row, "pass_at_1") or 0.0, -whole(row, "round")))


def policy_after(recipe: Recipe, round: int) -> Checkpoint:
    """The checkpoint of a round that was trained."""
    if round == 0:
        return start_policy(recipe, NullProgress())
    path = RunFolder(recipe.folder).checkpoint(round)
    return Checkpoint(path=str(path), policy=policy_hash(path))


async def examine(
    recipe: Recipe,
    policy: Checkpoint,
    problems: list[Problem],
    n: int,
    store: Store | Path,
    name: str,
) -> None:
    """Bring a set of the store to n verified candidates of every problem."""
    async with open_session(
        store,
        sampler=recipe.sampler,
        verifier=examiner(recipe),
        seed=recipe.seed,
        dtype=recipe.model.dtype,
        problems=problems,
    ) as session:
        await session.fill(name, problems, n, policy)


def examiner(recipe: Recipe) -> VerifierConfig:
    """Who examines: the rules, also where an arm learns from anyone else."""
    changes = {"type": "rules", "parts": (), "steps": ("rules",), "reward_model": None}
    return recipe.verifier.model_copy(update=changes)


def budget(recipe: Recipe, store: Store) -> MetricsRow:
    """What a run spent on its training: candidates, calls, labels, tokens.

    A label is one answer or one step that the arm's reward looked at.
    """
    spent = {"samples": 0, "verifier_calls": 0, "step_labels": 0, "answer_labels": 0}
    tokens = sum(whole(row, "tokens", 0) for row in store.metrics("train"))
    for round in range(1, recipe.rounds.count + 1):
        for _, candidate, verdict in store.verified(f"train/{round}"):
            spent["samples"] += 1
            # A policy gradient trains on what it samples, once an epoch.
            tokens += len(candidate.token_ids or ()) * _passes(recipe)
            if verdict.outcome == "error" or not _looks(recipe):
                continue
            spent["verifier_calls"] += 1
            spent["answer_labels"] += 1
            checked = sum(step.label in DECIDED for step in verdict.steps)
            spent["step_labels"] += min(checked, _steps_looked_at(recipe))
    return {**spent, "training_tokens": tokens}


def _looks(recipe: Recipe) -> bool:
    """Whether the arm's reward depends on verdicts."""
    rejection = recipe.trainer.type == "sft"
    return not rejection or recipe.selection.reward not in ("random", "demonstrations")


def _passes(recipe: Recipe) -> int:
    """How often a policy gradient learns from each candidate; SFT notes its tokens itself."""
    return int(getattr(recipe.trainer, "epochs", 0))


def _steps_looked_at(recipe: Recipe) -> int:
    # More steps than any solution has.
    trainer, every = recipe.trainer, 10**9
    if trainer.type == "sft":
        return {"process": every, "last": recipe.selection.last}.get(recipe.selection.reward, 0)
    credit = getattr(trainer, "credit", None)
    return every if credit is not None and credit.process else 0


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
