"""What the loop works with: the run's folder, problems and session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Literal

from veritune.config import Recipe, VerifierConfig
from veritune.errors import TrainingError
from veritune.models import check_parts
from veritune.problems import shown
from veritune.records import Checkpoint, MetricsRow, Problem, VerifiedCandidate, whole
from veritune.rounds.curriculum import PassRates, choose, lacking, with_signal
from veritune.rounds.hints import unsolved, without_hints
from veritune.rounds.measures import measure
from veritune.rounds.overlong import overlong_ids
from veritune.rounds.own_code import check_own_code
from veritune.rounds.progress import Progress
from veritune.rounds.reasons import Endings, commonest, histogram, silence, what_helps
from veritune.rounds.remaining import HINT, SAMPLE, TEST
from veritune.rounds.resume import begin_or_resume, is_measured_by, open_store
from veritune.rounds.selection import examples, selected_keys
from veritune.rounds.session import Session, open_session
from veritune.rounds.start import reward_folder
from veritune.rounds.timing import note_machine, timed
from veritune.rounds.tracking import tracked_run
from veritune.rounds.training import Training, open_training
from veritune.rounds.verified_again import beside, check_decided, forget_to_verify_again
from veritune.store import Key, RunFolder, Store
from veritune.text import truncation
from veritune.trainer import Example, Rollout, set_threads
from veritune.use import use_of

# Waits until what the rounds before sampled is verified and selected.
Earlier = Callable[[], Awaitable[None]]
# What a round's set is for; `hint` has problems that were posed again with a hint.
Part = Literal["train", "test", "hint"]
# Times `verifier.wall_seconds` that a verdict may take, waiting for a free worker included.
PATIENCE = 10
# Seconds that a verdict of a judge may take: all attempts of `Endpoint.ask`, and more.
MODEL_PATIENCE = 7200.0

# For candidates without an answer, with the options of `veritune run`.
ANSWERS_HELP = (
    "ask for one in a box (--prompt.instruction boxed), or take what is not marked"
    " (--verifier.answers.mode lenient); give it another --name"
)
# Characters that are shown of the first prompt.
LONGEST_SHOWN = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An open run; made by `open_run`."""

    recipe: Recipe
    folder: RunFolder
    store: Store
    train_set: Sequence[Problem]
    test: Sequence[Problem]
    session: Session
    progress: Progress
    rates: PassRates = field(default_factory=PassRates)

    def training(self, start: Checkpoint) -> AbstractAsyncContextManager[Training]:
        """What trains the policies of this run, from the one that it starts with."""
        parts = self.recipe, self.folder, self.store, self.progress
        return open_training(*parts, start, self.session.sampler)

    @property
    def _asks_by_outcomes(self) -> bool:
        """Whether a round's problems follow from what came of the rounds before."""
        rounds = self.recipe.rounds
        return rounds.order != "uniform" or rounds.dynamic_sampling

    def prompts(self, round: int) -> list[Problem]:
        """This round's training problems, by `rounds.order`."""
        return self.more_prompts(round, [], self.recipe.rounds.prompts)

    def more_prompts(self, round: int, taken: Sequence[Problem], count: int) -> list[Problem]:
        """`count` problems beside those that the round has `taken`."""
        if self._asks_by_outcomes:
            for past in range(self.rates.rounds + 1, round):
                self.rates.add(self.store.outcomes_by_problem(f"train/{past}"))
        else:
            each = min(self.recipe.rounds.prompts, len(self.train_set))
            self.rates.asked = (round - 1) * each
        return choose(
            self.train_set,
            self.rates,
            self.recipe.rounds,
            count=count,
            taken=taken,
            seed=self.recipe.seed,
        )

    async def fill_groups(self, round: int, policy: Checkpoint, earlier: Earlier) -> list[Problem]:
        """Bring the store to n verified candidates of this round's problems, and of more problems
        for those without signal where the recipe asks for it.

        `earlier` waits for the rounds before, from which the problems may follow, and what is
        selected does.
        """
        if self._asks_by_outcomes:
            await earlier()
        asked: list[Problem] = []
        more = self.prompts(round)
        while more:
            asked += more
            await self.fill("train", round, asked, self.recipe.sampler.n, policy)
            # Of those asked so far: a round that is resumed holds more, and must ask for the same.
            ids = {problem.id for problem in asked}
            found = self.store.outcomes_by_problem(f"train/{round}")
            mixed = ids.intersection(with_signal(found))
            wanted = lacking(self.recipe.rounds, mixed, len(asked))
            more = self.more_prompts(round, asked, wanted) if wanted else []
        await earlier()
        return asked

    async def fill(
        self, part: Part, round: int, problems: Sequence[Problem], n: int, policy: Checkpoint
    ) -> None:
        """Bring the set `part/round` to n verified candidates of every problem."""
        done = {"train": SAMPLE, "test": TEST, "hint": HINT}[part]
        total, name = len(problems) * n, f"{part}/{round}"
        with (
            timed(self.store, round, done) as counts,
            self.progress.phase(f"round {round}: {done}", total) as advance,
        ):
            filled = await self.session.fill(name, problems, n, policy, advance, round=round)
            counts |= {"candidates": total, "tokens": filled.tokens}
        if part == "test" or self.recipe.rounds.on_empty != "skip":
            check_decided(self.store, name)
        if (diff := filled.logprob_diff) is not None:
            step = ("train", "test", "hint").index(part)
            row: MetricsRow = {"round": round, "phase": "sampler", "step": step, **asdict(diff)}
            self.store.put_metrics([row])

    async def rationalise(
        self,
        round: int,
        problems: Sequence[Problem],
        chosen: Sequence[Key],
        policy: Checkpoint,
    ) -> list[Key]:
        """Selected candidates of the problems that were solved in no way, sampled with a hint."""
        posed = unsolved(problems, chosen)
        if overlong := overlong_ids(self.recipe, posed):
            posed = [problem for problem in posed if problem.id not in overlong]
            self.progress.say(f"round {round}: {len(overlong)} problems are too long with a hint")
        if not posed:
            return []
        await self.fill("hint", round, posed, self.recipe.sampler.n, policy)
        ids = {problem.id for problem in posed}
        # A round that was verified again may have been posed more before.
        rows = [row for row in self._hinted(round) if row[0].id in ids]
        return selected_keys(rows, self.recipe.selection)

    def _hinted(self, round: int, *, selected: bool = False) -> list[VerifiedCandidate]:
        """A round's candidates that were sampled with a hint, those of a problem together."""
        rows = self.store.verified(f"hint/{round}", selected=selected)
        return sorted(rows, key=lambda row: (row[0].id, row[1].index))

    def select(self, round: int) -> list[Key]:
        """Which candidates of a round are trained on; of millions their keys alone are kept."""
        return selected_keys(self.store.verified(f"train/{round}"), self.recipe.selection)

    def record_selection(self, round: int, chosen: Sequence[Key]) -> None:
        """Write down what was selected, and the outcomes of the sample."""
        posed = {problem.id for problem in self.store.problems(f"hint/{round}")}
        for part, hinted in (("train", False), ("hint", True)):
            keys = (key for key in chosen if (key[0] in posed) == hinted)
            self.store.select(f"{part}/{round}", keys)
        self._record_sample(round, len(chosen), f"selected by {self.recipe.selection.reward}")

    def _record_sample(self, round: int, used: int, how: str) -> None:
        counts = self.store.outcomes(f"train/{round}")
        row: MetricsRow = {
            "round": round,
            "phase": "sample",
            "candidates": sum(counts.values()),
            "passed": counts.get("passed", 0),
            "failed": counts.get("failed", 0),
            "errors": counts.get("error", 0),
            "selected": used,
            "without_signal": self._without_signal(round),
        }
        ends = Endings()
        for _, candidate, verdict in self.store.verified(f"train/{round}"):
            ends.add(candidate, verdict)
        truncated, thinking, silent = ends.truncated, ends.thinking, ends.silent
        row |= {"truncated": truncated, "truncated_thinking": thinking, "no_answer": silent}
        if self.recipe.rounds.overlap:
            row["staleness"] = self.recipe.rounds.staleness(round)
        self.store.put_metrics([beside(self.store, row)])
        total = sum(counts.values())
        if said := truncation(truncated, total, self.recipe.sampler.max_tokens, thinking):
            self.progress.say(f"round {round}: {said}")
        if silent:
            self.progress.say(f"round {round}: {silence(silent, total, ANSWERS_HELP)}")
        if said := commonest(ends.errors):
            self.progress.say(f"round {round}: verifier errors, mostly: {said}")
        unchecked = f", {row['errors']} verifier errors" if row["errors"] else ""
        self.progress.say(
            f"round {round}: {row['candidates']} candidates, {row['passed']} passed{unchecked};"
            f" {used} {how}"
        )

    def _without_signal(self, round: int) -> float:
        """The share of this round's problems whose candidates all passed or all failed."""
        outcomes = self.store.outcomes_by_problem(f"train/{round}")
        return 1 - len(with_signal(outcomes)) / len(outcomes) if outcomes else 0.0

    def why_nothing_selected(self, round: int) -> str:
        """Why nothing was selected, and what may help."""
        counts = self.store.outcomes(f"train/{round}")
        unused = f"passed and not taken by selection.reward = {self.recipe.selection.reward}"
        found = histogram(self.store.verified(f"train/{round}"), unused)
        return (
            f"none of {sum(counts.values())} candidates was selected ({counts.get('passed', 0)}"
            f" passed): {found}"
        )

    def nothing(self, round: int, why: str) -> None:
        """A round without anything to train on: raises `TrainingError`, or says so where
        `rounds.on_empty` is skip."""
        if self.recipe.rounds.on_empty == "skip":
            self.progress.say(f"warning: round {round}: {why}; the policy stays as it is")
            return
        raise TrainingError(
            f"round {round}: {why}; {what_helps(self.store.verified(f'train/{round}'))}, or pass"
            " over such rounds (--rounds.on-empty skip)"
        )

    def examples(self, round: int) -> list[Example]:
        """What this round selected, and the rounds that are replayed, with weights."""
        config = self.recipe.selection
        found: list[Example] = []
        for past in range(max(1, round - config.replay), round + 1):
            rows = self.store.verified(f"train/{past}")
            chosen: Iterable[VerifiedCandidate] = self.store.verified(
                f"train/{past}", selected=True
            )
            found += examples(without_hints(chosen, self.train_set), rows, config.weight)
            chosen = self._hinted(past, selected=True)
            hinted = self._hinted(past) if chosen else []
            found += examples(without_hints(chosen, self.train_set), hinted, config.weight)
        return found

    def rollouts(self, round: int) -> list[Rollout]:
        """Every verified candidate of a round: policy gradients learn from failures too."""
        verified = list(self.store.verified(f"train/{round}"))
        if self.recipe.rounds.dynamic_sampling:
            found = with_signal(self.store.outcomes_by_problem(f"train/{round}"))
            mixed = set(found[: self.recipe.rounds.prompts])
            verified = [row for row in verified if row[0].id in mixed]
            if not verified:
                self.nothing(round, "no problem has candidates that passed and that failed")
                return []
        usable = sum(use_of(verdict).outcome is not None for _, _, verdict in verified)
        self._record_sample(round, usable, f"used for {self.recipe.trainer.type}")
        return [Rollout(problem=p, candidate=c, verdict=v) for p, c, v in verified]

    def is_measured(self, round: int) -> bool:
        """Whether the policy after this round is evaluated."""
        last = self.recipe.rounds.count
        return round % self.recipe.evaluation.every == 0 or round == last

    def measure(self, round: int, policy: Checkpoint) -> None:
        """Write down the evaluation of a round; one by another n or k stands beside it."""
        config, known = self.recipe.evaluation, self.store.evaluations()
        rows = (row for row in self.store.verified(f"test/{round}") if row[1].index < config.n)
        row: MetricsRow = {"round": round, "phase": "evaluate", "n": config.n}
        before = [old for old in known if old["round"] == round]
        if not before or not is_measured_by(before[0], config):
            step = whole(before[0], "step", 0) + 1 if before else 0
            row |= measure(rows, config.k) | ({"step": step} if step else {})
        else:
            row = before[0]
        self.store.put_metrics([row | {"policy": policy.policy}])
        self.progress.measured(self.store.evaluations())


@asynccontextmanager
async def open_run(recipe: Recipe, progress: Progress) -> AsyncIterator[Run]:
    """Open or make the run's folder, and open its session."""
    check_own_code(recipe)
    for path in filter(None, (recipe.model.path, recipe.model.adapter)):
        check_parts(path)
    set_threads(recipe)
    folder = RunFolder(recipe.folder)
    settings = recipe.model_dump(mode="json", exclude_none=True)
    with open_store(folder) as store:
        train, test = begin_or_resume(recipe, store, progress)
        forget_to_verify_again(recipe, store, progress)
        note_machine(store)
        progress.say(f"first prompt:\n{shown(train[0])[:LONGEST_SHOWN]}")
        async with open_session(
            store,
            sampler=recipe.sampler,
            verifier=_verifier_config(recipe),
            seed=recipe.seed,
            dtype=recipe.model.dtype,
            problems=[*train, *test],
            patience=_patience(recipe.verifier),
            say=progress.say,
            cluster=recipe.cluster,
        ) as session:
            with tracked_run(recipe.tracker, store, settings):
                yield Run(
                    recipe=recipe,
                    folder=folder,
                    store=store,
                    train_set=train,
                    test=test,
                    session=session,
                    progress=progress,
                )


def _patience(config: VerifierConfig) -> float:
    """A judge waits for a busy server by itself, and a long time."""
    asked = "judge" in (*config.deciders, *config.labellers)
    return MODEL_PATIENCE if asked else PATIENCE * config.wall_seconds


def _verifier_config(recipe: Recipe) -> VerifierConfig:
    """The recipe's verifier, with the reward model that the run makes, and with the places in the
    run's folder where replies of a judge and completions are kept."""
    config, folder = recipe.verifier, recipe.folder
    judge = {"cache": config.judge.cache or str(folder / "judge.sqlite")}
    rollouts = {"cache": config.rollouts.cache or str(folder / "rollouts")}
    changes: dict[str, object] = {
        "judge": config.judge.model_copy(update=judge),
        "rollouts": config.rollouts.model_copy(update=rollouts),
    }
    if recipe.reward.preferences is not None:
        changes["reward_model"] = str(reward_folder(recipe))
    return config.model_copy(update=changes)
