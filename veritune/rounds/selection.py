"""Which verified candidates are trained on: rejection sampling (RFT, arXiv 2308.01825)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from random import Random
from typing import Literal

from veritune.config import SelectionConfig
from veritune.records import Candidate, Verdict
from veritune.rounds.measures import Judged, every_step_right, passes_visible
from veritune.rounds.paths import solution_path
from veritune.trainer import Example
from veritune.use import use_of

Weight = Literal["equal", "score", "rare"]


def select(judged: Iterable[Judged], config: SelectionConfig) -> list[Judged]:
    """`keep` distinct accepted candidates of every problem: the first ones, or the best ranked.

    What may not be imitated (`veritune.use`) is never accepted: errors, cheats, truncated texts.
    `reward = "random"` takes as many as "outcome" would, whatever their verdicts.
    """
    if config.reward == "random":
        return _at_random(list(judged), config)
    found: list[list[Judged]] = []
    for _, group in groupby(judged, key=lambda row: row[0].id):
        distinct: dict[str, Judged] = {}
        for row in group:
            if _accepted(row, config):
                distinct.setdefault(_sameness(row, config), row)
        found.append(list(distinct.values()))
    if config.reward_model is not None:
        found = _ranked(found, config.reward_model)
    return [row for group in found for row in group[: config.keep]]


def examples(chosen: Iterable[Judged], judged: Iterable[Judged], how: Weight) -> list[Example]:
    """What was chosen as training examples, each with what it counts.

    `rare`: 1 - r + 1/n where r of a problem's n judged candidates passed, so that what is always
    solved counts little, and nothing counts nothing.
    """
    outcomes: dict[str, list[bool]] = {}
    for problem, candidate, verdict in judged if how == "rare" else ():
        use = use_of(verdict, truncated=candidate.truncated)
        if use.outcome is not None:
            outcomes.setdefault(problem.id, []).append(use.solved)
    found = []
    for problem, candidate, verdict in chosen:
        weight = 1.0
        if how == "score":
            weight = use_of(verdict, truncated=candidate.truncated).outcome or 0.0
        elif how == "rare":
            of_problem = outcomes[problem.id]
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
        return bool(labels) and set(labels) == {"correct"}
    return config.reward != "process" or every_step_right(verdict, config.checked)


def _accepted(row: Judged, config: SelectionConfig) -> bool:
    """As `accepts`, with the recipe's planted mistakes."""
    _, candidate, verdict = row
    accepted = accepts(candidate, verdict, config)
    rate = config.false_rejects if accepted else config.false_accepts
    if not rate or not use_of(verdict, truncated=candidate.truncated).imitate:
        return accepted
    return accepted != (_draw(candidate, "noise").random() < rate)


def _sameness(row: Judged, config: SelectionConfig) -> str:
    """Candidates of a problem with equal values are one."""
    problem, candidate, _ = row
    if config.distinct == "path":
        return solution_path(problem, candidate.text)
    return candidate.text.strip()


def _ranked(groups: list[list[Judged]], reward_model: str) -> list[list[Judged]]:
    """Every group from the best to the worst by a reward model: RAFT, arXiv 2304.06767."""
    from veritune.models.reward import load_reward_model
    from veritune.verifiers.learned import candidate_scores

    rows = [row for group in groups for row in group]
    (score,) = candidate_scores(load_reward_model(reward_model), rows)
    return [
        sorted(group, key=lambda row: -score[row[1].problem_id, row[1].index]) for group in groups
    ]


def _at_random(judged: list[Judged], config: SelectionConfig) -> list[Judged]:
    """As many distinct candidates as "outcome" would keep, drawn from all that were judged."""
    outcome = config.model_copy(update={"reward": "outcome"})
    count = len(select(judged, outcome))
    distinct = {
        (problem.id, candidate.text.strip()): (problem, candidate, verdict)
        for problem, candidate, verdict in judged
        if use_of(verdict, truncated=candidate.truncated).imitate
    }
    mixed = sorted(distinct.values(), key=lambda row: _draw(row[1], "random").random())
    return mixed[:count]


def _draw(candidate: Candidate, purpose: str) -> Random:
    """Random numbers that follow from who drew this candidate, and from nothing else."""
    return Random(f"{purpose}:{candidate.policy}:{candidate.problem_id}:{candidate.index}")
