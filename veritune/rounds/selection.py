"""Which verified candidates are trained on: rejection sampling (RFT, arXiv 2308.01825)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from veritune.config import SelectionConfig
from veritune.records import Verdict
from veritune.rounds.measures import Judged, every_step_right


def select(judged: Iterable[Judged], config: SelectionConfig) -> list[Judged]:
    """The first `keep` distinct accepted candidates of every problem, in order of index.

    "error" verdicts are never accepted, and neither is code that carries a hack's marks.
    """
    chosen: list[Judged] = []
    for _, group in groupby(judged, key=lambda row: row[0].id):
        distinct: dict[str, Judged] = {}
        for row in group:
            if accepts(row[2], config):
                distinct.setdefault(row[1].text.strip(), row)
        chosen += list(distinct.values())[: config.keep]
    return chosen


def accepts(verdict: Verdict, config: SelectionConfig) -> bool:
    """Whether a verdict earns a place in the training data under the recipe's reward."""
    if verdict.outcome != "passed" or verdict.flags:
        return False
    return config.reward != "process" or every_step_right(verdict, config.checked)
