"""Which verified candidates are trained on: rejection sampling (RFT, arXiv 2308.01825)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from random import Random

from veritune.config import SelectionConfig
from veritune.records import Candidate, Verdict
from veritune.rounds.measures import Judged, every_step_right


def select(judged: Iterable[Judged], config: SelectionConfig) -> list[Judged]:
    """The first `keep` distinct accepted candidates of every problem, in order of index.

    "error" verdicts are never accepted, and neither is code that carries a hack's marks.
    `reward = "random"` takes as many as "outcome" would, whatever their verdicts.
    """
    if config.reward == "random":
        return _at_random(list(judged), config)
    chosen: list[Judged] = []
    for _, group in groupby(judged, key=lambda row: row[0].id):
        distinct: dict[str, Judged] = {}
        for row in group:
            if _accepted(row, config):
                distinct.setdefault(row[1].text.strip(), row)
        chosen += list(distinct.values())[: config.keep]
    return chosen


def accepts(verdict: Verdict, config: SelectionConfig) -> bool:
    """Whether a verdict earns a place in the training data under the recipe's reward."""
    if verdict.outcome != "passed" or verdict.flags:
        return False
    if config.reward == "last":
        labels = [step.label for step in verdict.steps[-config.last :]]
        return bool(labels) and set(labels) == {"correct"}
    return config.reward != "process" or every_step_right(verdict, config.checked)


def _accepted(row: Judged, config: SelectionConfig) -> bool:
    """As `accepts`, with the recipe's planted mistakes."""
    _, candidate, verdict = row
    accepted = accepts(verdict, config)
    rate = config.false_rejects if accepted else config.false_accepts
    if not rate or verdict.outcome == "error" or verdict.flags:
        return accepted
    return accepted != (_draw(candidate, "noise").random() < rate)


def _at_random(judged: list[Judged], config: SelectionConfig) -> list[Judged]:
    """As many distinct candidates as "outcome" would keep, drawn from all that were judged."""
    outcome = config.model_copy(update={"reward": "outcome"})
    count = len(select(judged, outcome))
    distinct = {
        (problem.id, candidate.text.strip()): (problem, candidate, verdict)
        for problem, candidate, verdict in judged
        if verdict.outcome != "error" and not verdict.flags
    }
    mixed = sorted(distinct.values(), key=lambda row: _draw(row[1], "random").random())
    return mixed[:count]


def _draw(candidate: Candidate, purpose: str) -> Random:
    """Random numbers that follow from who drew this candidate, and from nothing else."""
    return Random(f"{purpose}:{candidate.policy}:{candidate.problem_id}:{candidate.index}")
