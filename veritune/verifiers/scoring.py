"""Scores of solutions by a reward model, ours or a published one.

A process model's chances at the steps' ends become one score by

    min      the worst step's            (Math-Shepherd: Wang et al. 2024, arXiv 2312.08935)
    product  that all steps are right    (Lightman et al. 2023, arXiv 2305.20050)
    last     the last step's             (Snell et al. 2024, arXiv 2408.03314)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from veritune.config import ConventionConfig
from veritune.models import encode_problem, model_folder
from veritune.records import Candidate, Problem, StepLabel, StepVerdict, Verdict
from veritune.verifiers.steps import spans_of

if TYPE_CHECKING:
    from veritune.models import PublishedModel, RewardModel, TokenSpan
    from veritune.verifiers.served import ServedModel

    AnyRewardModel = RewardModel | PublishedModel | ServedModel

Aggregate = Literal["min", "product", "last"]
Span = tuple[int, int]
Pair = tuple[Problem, Candidate]
# Candidates that a reward model scores together.
AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Scored:
    """`score` ranks candidates of one problem; `steps` are chances in [0, 1], by span.

    The score is a chance for outcome and process models, and any number for preference models.
    """

    score: float
    steps: tuple[tuple[Span, float], ...] = ()


def open_reward_model(
    path: str | Path, convention: ConventionConfig | None = None
) -> AnyRewardModel:
    """A reward model of `veritune train reward`, or a published one as its convention says."""
    from veritune.models import (
        CONVENTIONS,
        KIND_FILE,
        convention_of,
        load_published,
        load_reward_model,
    )

    config = convention or ConventionConfig()
    folder = model_folder(path)
    ours = config.name == "auto" and (folder / KIND_FILE).is_file()
    if ours or config.name == "veritune":
        return load_reward_model(folder)
    found = convention_of(folder) if config.name == "auto" else CONVENTIONS[config.name]
    given = config.model_dump(exclude={"name", "url"}, exclude_none=True)
    texts = replace(found.texts, **given)
    if config.url is None:
        return load_published(folder, found, texts)
    from veritune.verifiers.served import ServedModel

    return ServedModel(config.url, folder, found, texts)


def score_candidates(
    reward: AnyRewardModel,
    pairs: Sequence[Pair],
    *,
    aggregate: Aggregate = "min",
    spans: Sequence[Sequence[Span] | None] | None = None,
) -> list[Scored]:
    """What a reward model of any kind says of candidates, in their order.

    `spans` are the steps where they are known; where not, the problem's rule cuts them.
    """
    given = spans or [None] * len(pairs)
    steps = [_steps(*pair, own) for pair, own in zip(pairs, given, strict=True)]
    if reward.kind == "published":
        return _published(reward, pairs, steps, aggregate)
    return _own(reward, pairs, steps, aggregate)


def candidate_scores(
    reward: AnyRewardModel,
    rows: Sequence[tuple[Problem, Candidate, *tuple[Verdict, ...]]],
    aggregates: Sequence[Aggregate] = ("min",),
) -> list[dict[tuple[str, int], float]]:
    """The score of every candidate by problem and index, once for each way to aggregate steps."""
    scored = score_candidates(reward, [(row[0], row[1]) for row in rows])
    tables: list[dict[tuple[str, int], float]] = [{} for _ in aggregates]
    for (_, candidate, *_), found in zip(rows, scored, strict=True):
        chances = [chance for _, chance in found.steps]
        for table, how in zip(tables, aggregates, strict=True):
            by_step = reward.kind in ("process", "published")
            score = aggregated(chances, how) if by_step else found.score
            table[candidate.problem_id, candidate.index] = score
    return tables


def aggregated(chances: Sequence[float], aggregate: Aggregate) -> float:
    """One score of a solution's steps; a solution without steps has none that is right: 0."""
    if not chances:
        return 0.0
    if aggregate == "min":
        return min(chances)
    return chances[-1] if aggregate == "last" else math.prod(chances)


def step_scores(steps: Sequence[StepVerdict]) -> list[float]:
    """The chance of every step; where a checker gives none, by its label."""
    by_label: dict[StepLabel, float] = {"verified": 1.0, "incorrect": 0.0}
    return [by_label.get(s.label, 0.5) if s.score is None else s.score for s in steps]


def sigmoid(x: float) -> float:
    """The chance of log-odds."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def prompt_text(problem: Problem) -> str:
    """A problem as one text; of a chat, what everybody but the system said."""
    prompt = problem.prompt
    if isinstance(prompt, str):
        return prompt
    return "\n\n".join(turn["content"] for turn in prompt if turn["role"] != "system")


def _published(
    reward: PublishedModel | ServedModel,
    pairs: Sequence[Pair],
    steps: Sequence[Sequence[Span]],
    aggregate: Aggregate,
) -> list[Scored]:
    """A step that is nothing but white space is no step here."""
    kept = [
        [(start, end) for start, end in own if candidate.text[start:end].strip()]
        for (_, candidate), own in zip(pairs, steps, strict=True)
    ]
    posed = [
        (prompt_text(problem), [candidate.text[start:end].strip() for start, end in own])
        for (problem, candidate), own in zip(pairs, kept, strict=True)
    ]
    return [
        Scored(aggregated(chances, aggregate), tuple(zip(own, chances, strict=True)))
        for own, chances in zip(kept, reward.chances(posed), strict=True)
    ]


def _own(
    reward: RewardModel,
    pairs: Sequence[Pair],
    steps: Sequence[Sequence[Span]],
    aggregate: Aggregate,
) -> list[Scored]:
    import torch

    rows = [_ids(reward, problem, candidate) for problem, candidate in pairs]
    found: dict[int, Scored] = {}
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    for start in range(0, len(order), AT_ONCE):
        part = order[start : start + AT_ONCE]
        places = [_places(reward, rows[i], pairs[i][1].text, steps[i]) for i in part]
        with torch.no_grad():
            numbers = reward.numbers([rows[i][0] for i in part], places).tolist()
        for i, place in zip(part, places, strict=True):
            mine, numbers = numbers[: len(place)], numbers[len(place) :]
            found[i] = _scored(reward, steps[i], mine, aggregate)
    return [found[i] for i in range(len(rows))]


def _ids(reward: RewardModel, problem: Problem, candidate: Candidate) -> tuple[list[int], int]:
    """Ids of prompt and candidate, and how many are the prompt's.

    Candidates may come from a model with other tokens, so their text counts, not their ids.
    """
    tokenizer = reward.tokenizer
    prompt = encode_problem(tokenizer, problem)
    own = tokenizer.encode(candidate.text, add_special_tokens=False)
    return [*prompt, *own, tokenizer.eos_token_id], len(prompt)


def _steps(problem: Problem, candidate: Candidate, spans: Sequence[Span] | None) -> list[Span]:
    """The steps that are not empty, by characters."""
    if spans is None:
        spans = spans_of(problem, candidate)
    return [(start, end) for start, end in spans if end > start]


def _places(
    reward: RewardModel, row: tuple[list[int], int], text: str, steps: Sequence[Span]
) -> list[TokenSpan]:
    """What is scored, by tokens: the steps of a process model, the whole solution of another."""
    from veritune.models import span_at, token_ends

    ids, prompt = row
    if reward.kind != "process":
        return [(prompt, len(ids) - 1)]
    ends = token_ends(reward.tokenizer, ids[prompt:], text)
    spans = [span_at(ends, start, end) for start, end in steps]
    return [(prompt + first, prompt + last) for first, last in spans]


def _scored(
    reward: RewardModel, steps: Sequence[Span], numbers: Sequence[float], aggregate: Aggregate
) -> Scored:
    if reward.kind != "process":
        (number,) = numbers
        return Scored(number if reward.kind == "preference" else sigmoid(number))
    chances = [sigmoid(number) for number in numbers]
    return Scored(aggregated(chances, aggregate), tuple(zip(steps, chances, strict=True)))
