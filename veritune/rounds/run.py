"""What the loop works with: the run's folder, journal, problems, sampler and verifier."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from veritune.config import Recipe, VerifierConfig
from veritune.journal import Journal, RunFolder
from veritune.journal.journal import Split
from veritune.problems.posing import shown
from veritune.records import Checkpoint, Problem
from veritune.rounds.hints import unsolved, without_hints
from veritune.rounds.measures import VerifiedCandidate, measure
from veritune.rounds.own_code import check_own_code
from veritune.rounds.progress import Progress
from veritune.rounds.resume import begin_or_resume, is_measured_by, open_journal
from veritune.rounds.selection import examples, select
from veritune.rounds.start import reward_folder
from veritune.rounds.stream import VerificationStream
from veritune.rounds.tracking import tracked_run
from veritune.rounds.training import Training
from veritune.sampler import Sampler, open_sampler
from veritune.text import truncation
from veritune.trainer import Example, Rollout
from veritune.use import use_of
from veritune.verifiers import open_verifier

PATIENCE = 10
"""Times `verifier.wall_seconds` that a verdict may take, waiting for a free worker included."""

NO_ANSWER = "no answer found"
"""How the reason of a verdict begins where a solution states no answer."""
LONGEST_SHOWN = 1_500
"""Characters that are shown of the first prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An open run; made by `open_run`."""

    recipe: Recipe
    folder: RunFolder
    journal: Journal
    train_set: Sequence[Problem]
    test: Sequence[Problem]
    sampler: Sampler
    stream: VerificationStream
    progress: Progress

    def training(self, start: Checkpoint) -> Training:
        """What trains the policies of this run, from the one that it starts with."""
        return Training(self.recipe, self.folder, self.journal, self.progress, start)

    def prompts(self, round: int) -> list[Problem]:
        """This round's training problems: the next ones of the train split, going round."""
        count, total = self.recipe.rounds.prompts, len(self.train_set)
        first = (round - 1) * count
        return [self.train_set[i % total] for i in range(first, first + min(count, total))]

    async def fill(
        self, round: int, split: Split, problems: Sequence[Problem], n: int, policy: Checkpoint
    ) -> None:
        """Bring the journal to n verified candidates of every problem."""
        done = {"train": "sample and verify", "test": "evaluate", "hint": "rationalise"}[split]
        with self.progress.phase(f"round {round}: {done}", len(problems) * n) as advance:
            await self.stream.fill(round, split, problems, n, policy, advance)
        if self.sampler.logprob_diff is not None:
            step = ("train", "test", "hint").index(split)
            row = {"round": round, "phase": "sampler", "step": step} | asdict(
                self.sampler.logprob_diff
            )
            self.journal.put_metrics([row])

    async def rationalise(
        self,
        round: int,
        problems: Sequence[Problem],
        chosen: Sequence[VerifiedCandidate],
        policy: Checkpoint,
    ) -> list[VerifiedCandidate]:
        """Selected candidates of the problems that were solved in no way, sampled with a hint."""
        posed = unsolved(problems, chosen)
        if not posed:
            return []
        self.journal.add_problems("hint", posed)
        await self.fill(round, "hint", posed, self.recipe.sampler.n, policy)
        return select(self._hinted(round), self.recipe.selection)

    def _hinted(self, round: int) -> list[VerifiedCandidate]:
        """A round's candidates that were sampled with a hint, those of a problem together."""
        rows = self.journal.verified(round, "hint")
        return sorted(rows, key=lambda row: (row[0].id, row[1].index))

    def record_selection(self, round: int, chosen: Sequence[VerifiedCandidate]) -> None:
        """Write down what was selected, and the outcomes of the sample."""
        self.journal.select(round, ((c.problem_id, c.index) for _, c, _ in chosen))
        self._record_sample(round, len(chosen), f"selected by {self.recipe.selection.reward}")

    def _record_sample(self, round: int, used: int, how: str) -> None:
        counts = self.journal.outcomes(round, "train")
        row: dict[str, Any] = {
            "round": round,
            "phase": "sample",
            "candidates": sum(counts.values()),
            "passed": counts.get("passed", 0),
            "failed": counts.get("failed", 0),
            "errors": counts.get("error", 0),
            "selected": used,
        }
        reasons = Counter[str]()
        for _, candidate, verdict in self.journal.verified(round, "train"):
            reasons["truncated"] += candidate.truncated
            reasons["no answer"] += verdict.reason.startswith(NO_ANSWER)
        row |= {"truncated": reasons["truncated"], "no_answer": reasons["no answer"]}
        self.journal.put_metrics([row])
        if said := truncation(
            reasons["truncated"], row["candidates"], self.recipe.sampler.max_tokens
        ):
            self.progress.say(f"round {round}: {said}")
        if reasons["no answer"]:
            self.progress.say(
                f"round {round}: no answer found in {reasons['no answer']} of {row['candidates']}"
            )
        unchecked = f", {row['errors']} verifier errors" if row["errors"] else ""
        self.progress.say(
            f"round {round}: {row['candidates']} candidates, {row['passed']} passed{unchecked};"
            f" {used} {how}"
        )

    def why_nothing_selected(self, round: int) -> str:
        """Why nothing was selected, and what may help."""
        counts = self.journal.outcomes(round, "train")
        return (
            f"none of {sum(counts.values())} candidates was selected ({counts.get('passed', 0)}"
            f" passed, {counts.get('error', 0)} verifier errors); sample more (--sampler.n),"
            " warm-start longer, or use another --selection.reward"
        )

    def examples(self, round: int) -> list[Example]:
        """What this round selected, and the rounds that are replayed, with weights."""
        config = self.recipe.selection
        found: list[Example] = []
        for past in range(max(1, round - config.replay), round + 1):
            keys = self.journal.selected(past)
            verified = list(self.journal.verified(past, "train"))
            for rows in (verified, self._hinted(past)):
                chosen = [row for row in rows if (row[1].problem_id, row[1].index) in keys]
                found += examples(without_hints(chosen, self.train_set), rows, config.weight)
        return found

    def rollouts(self, round: int) -> list[Rollout]:
        """Every verified candidate of a round: policy gradients learn from failures too."""
        verified = list(self.journal.verified(round, "train"))
        usable = sum(use_of(verdict).outcome is not None for _, _, verdict in verified)
        self._record_sample(round, usable, f"used for {self.recipe.trainer.type}")
        return [Rollout(problem=p, candidate=c, verdict=v) for p, c, v in verified]

    def is_measured(self, round: int) -> bool:
        """Whether the policy after this round is evaluated."""
        last = self.recipe.rounds.count
        return round % self.recipe.evaluation.every == 0 or round == last

    def measure(self, round: int, policy: Checkpoint) -> None:
        """Write down the evaluation of a round; one by another n or k stands beside it."""
        config, known = self.recipe.evaluation, self.journal.evaluations()
        rows = (row for row in self.journal.verified(round, "test") if row[1].index < config.n)
        row: dict[str, Any] = {"round": round, "phase": "evaluate", "n": config.n}
        before = [old for old in known if old["round"] == round]
        if not before or not is_measured_by(before[0], config):
            step = before[0].get("step", 0) + 1 if before else 0
            row |= measure(rows, config.k) | ({"step": step} if step else {})
        else:
            row = before[0]
        self.journal.put_metrics([row | {"policy": policy.policy}])
        self.progress.measured(self.journal.evaluations())


@asynccontextmanager
async def open_run(recipe: Recipe, progress: Progress) -> AsyncIterator[Run]:
    """Open or make the run's folder, and start its sampler and verifier."""
    check_own_code(recipe)
    _set_threads(recipe.threads)
    folder = RunFolder(recipe.folder)
    settings = recipe.model_dump(mode="json", exclude_none=True)
    with open_journal(folder) as journal:
        train, test = begin_or_resume(recipe, journal, progress)
        progress.say(f"first prompt:\n{shown(train[0])[:LONGEST_SHOWN]}")
        needs_code = any(problem.kind == "code" for problem in [*train, *test])
        sampler = open_sampler(recipe.sampler, seed=recipe.seed, dtype=recipe.model.dtype)
        try:
            async with open_verifier(_verifier_config(recipe), needs_code=needs_code) as verifier:
                stream = VerificationStream(
                    sampler,
                    verifier,
                    journal,
                    at_once=2 * recipe.verifier.workers,
                    patience=PATIENCE * recipe.verifier.wall_seconds,
                )
                with tracked_run(recipe.tracker, journal, settings):
                    yield Run(
                        recipe=recipe,
                        folder=folder,
                        journal=journal,
                        train_set=train,
                        test=test,
                        sampler=sampler,
                        stream=stream,
                        progress=progress,
                    )
        finally:
            sampler.close()


def _verifier_config(recipe: Recipe) -> VerifierConfig:
    """The recipe's verifier; the reward model that the run makes is named in it."""
    if recipe.reward.preferences is None:
        return recipe.verifier
    return recipe.verifier.model_copy(update={"reward_model": str(reward_folder(recipe))})


def _set_threads(threads: int) -> None:
    import torch

    if threads:
        torch.set_num_threads(threads)
