"""Which verified candidates are trained on: rejection sampling (RFT, arXiv 2308.01825)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from random import Random
from typing import Literal, TypeVar

from veritune.config import ConventionConfig, SelectionConfig
from veritune.errors import RecipeError
from veritune.plugins import fitted, is_plugin, load_plugin, what_went_wrong
from veritune.records import Candidate, Verdict, VerifiedCandidate
from veritune.rounds.measures import no_error_found, passes_visible
from veritune.rounds.paths import solution_path
from veritune.store import Key
from veritune.trainer import Example
from veritune.use import use_of

T = TypeVar("T")
Weight = Literal["equal", "score", "inverse_pass_rate"]


def select(
    verified: Iterable[VerifiedCandidate], config: SelectionConfig
) -> list[VerifiedCandidate]:
    """`max_per_problem` distinct accepted candidates of every problem: the first ones, or the best
    ranked.

    What may not be imitated (`veritune.use`) is never accepted: errors, cheats, truncated texts.
    `reward = "random"` takes as many as "outcome" would, whatever their verdicts.
    """
    return _selected(verified, config, lambda row: row)


def selected_keys(verified: Iterable[VerifiedCandidate], config: SelectionConfig) -> list[Key]:
    """As `select`, of which only keys are kept: a round may have millions of candidates."""
    return _selected(verified, config, _key)


def _selected(
    verified: Iterable[VerifiedCandidate],
    config: SelectionConfig,
    keep: Callable[[VerifiedCandidate], T],
) -> list[T]:
    groups = (list(group) for _, group in groupby(verified, key=lambda row: row[0].id))
    if config.reward == "random":
        return _at_random(groups, config, keep)
    # By problem, so that rank and limit are each problem's own.
    if config.reward_model is None:
        return [
            keep(row)
            for group in groups
            for row in _distinct(group, config)[: config.max_per_problem]
        ]
    found = [_distinct(group, config) for group in groups]
    ranked = _ranked(found, config.reward_model, config.convention)
    return [keep(row) for group in ranked for row in group[: config.max_per_problem]]


def _key(row: VerifiedCandidate) -> Key:
    # The problem's text for its id: one for all of its candidates.
    return row[0].id, row[1].index


def _distinct(
    group: Iterable[VerifiedCandidate], config: SelectionConfig
) -> list[VerifiedCandidate]:
    """The accepted candidates of a problem, the first of each that are the same."""
    distinct: dict[str, VerifiedCandidate] = {}
    for row in group:
        if _accepted(row, config):
            distinct.setdefault(_sameness(row, config), row)
    return list(distinct.values())


def examples(
    chosen: Iterable[VerifiedCandidate], verified: Iterable[VerifiedCandidate], how: Weight
) -> list[Example]:
    """What was chosen as training examples, each with what it counts.

    `inverse_pass_rate`: 1 - r + 1/n where r of a problem's n verified candidates passed, so that
    what is always solved counts little, and nothing counts nothing.
    """
    outcomes: dict[str, list[bool]] = {}
    for problem, candidate, verdict in verified if how == "inverse_pass_rate" else ():
        use = use_of(verdict, truncated=candidate.truncated)
        if use.outcome is not None:
            outcomes.setdefault(problem.id, []).append(use.solved)
    found = []
    for problem, candidate, verdict in chosen:
        weight = 1.0
        if how == "score":
            weight = use_of(verdict, truncated=candidate.truncated).outcome or 0.0
        elif how == "inverse_pass_rate":
            of_problem = outcomes[problem.id]
            # 1/n is added, so that what is always solved counts a little and not nothing.
            weight = 1 - sum(of_problem) / len(of_problem) + 1 / len(of_problem)
        if weight > 0:
            found.append(Example(problem=problem, candidate=candidate, weight=weight))
    return found


def accepts(candidate: Candidate, verdict: Verdict, config: SelectionConfig) -> bool:
    """Whether a candidate earns a place in the training data under the recipe's reward."""
    use = use_of(verdict, truncated=candidate.truncated)
    if not use.imitate:
        return False
    if config.reward == "any":
        return True
    if config.reward == "visible":
        return passes_visible(verdict)
    if not use.solved:
        return False
    if config.reward == "last":
        labels = [step.label for step in verdict.steps[-config.last :]]
        return bool(labels) and set(labels) <= {"verified", "consistent"}
    return config.reward != "process" or no_error_found(verdict, config.checked)


def _accepted(row: VerifiedCandidate, config: SelectionConfig) -> bool:
    """As `accepts`, with the recipe's planted mistakes."""
    _, candidate, verdict = row
    own = is_plugin(config.reward)
    accepted = _own(row, config) if own else accepts(candidate, verdict, config)
    rate = config.false_rejects if accepted else config.false_accepts
    if not rate or not use_of(verdict, truncated=candidate.truncated).imitate:
        return accepted
    # Planted noise flips the decision, by candidate, so that resuming flips the same.
    return accepted != (_random_for(candidate, "noise").random() < rate)


def _own(row: VerifiedCandidate, config: SelectionConfig) -> bool:
    """What own code says of a candidate that may be imitated."""
    if not use_of(row[2], truncated=row[1].truncated).imitate:
        return False
    key = "selection.reward"
    function = load_plugin(config.reward, key)
    try:
        return bool(function(*row, **fitted(function, config.options)))
    except Exception as error:
        raise RecipeError(f"{key}: {config.reward!r}: {what_went_wrong(error)}") from None


def _sameness(row: VerifiedCandidate, config: SelectionConfig) -> str:
    """Candidates of a problem with equal values are one."""
    problem, candidate, _ = row
    if config.distinct == "path":
        return solution_path(problem, candidate.answer)
    return candidate.text.strip()


def _ranked(
    groups: list[list[VerifiedCandidate]], reward_model: str, convention: ConventionConfig
) -> list[list[VerifiedCandidate]]:
    """Every group from the best to the worst by a reward model: RAFT, arXiv 2304.06767."""
    from veritune.verifiers import candidate_scores, open_reward_model

    rows = [row for group in groups for row in group]
    (score,) = candidate_scores(open_reward_model(reward_model, convention), rows)
    return [
        sorted(group, key=lambda row: -score[row[1].problem_id, row[1].index]) for group in groups
    ]


def _at_random(
    groups: Iterable[list[VerifiedCandidate]],
    config: SelectionConfig,
    keep: Callable[[VerifiedCandidate], T],
) -> list[T]:
    """As many distinct candidates as "outcome" would keep, chosen at random from all that were
    verified."""
    outcome = config.model_copy(update={"reward": "outcome"})
    count, mixed = 0, list[tuple[float, T]]()
    for group in groups:
        count += len(_selected(group, outcome, _key))
        distinct = {
            row[1].text.strip(): row
            for row in group
            if use_of(row[2], truncated=row[1].truncated).imitate
        }
        mixed += [(_random_for(row[1], "random").random(), keep(row)) for row in distinct.values()]
    mixed.sort(key=lambda pair: pair[0])
    return [kept for _, kept in mixed[:count]]


def _random_for(candidate: Candidate, purpose: str) -> Random:
    """Random numbers that follow from who sampled this candidate, and from nothing else."""
    return Random(f"{purpose}:{candidate.policy}:{candidate.problem_id}:{candidate.index}")
