"""Rerankers over the same samples: majority, outcome and process reward models, votes, oracle.

All pick from candidates of a seed's start policy. The reward models learn from the first round's
training samples, labelled in the ways of `sources`: Lightman et al. 2023 (arXiv 2305.20050)
compare supervision so, without a policy that differs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from veritune.benchmarks.best_of_n import curves
from veritune.benchmarks.supervision.plan import Cell, StudyRecipe
from veritune.benchmarks.supervision.runs import EXAM, examine
from veritune.benchmarks.supervision.sources import label_sources
from veritune.errors import VerituneError
from veritune.files import write_lines
from veritune.models import RewardKind, RewardModel, load_reward_model
from veritune.records import Problem, Verdict, VerifiedCandidate
from veritune.rounds import NullProgress, start_policy
from veritune.store import Store
from veritune.trainer import RewardTrainer
from veritune.use import use_of
from veritune.verifiers import Aggregate, candidate_scores

# Written last: it is there when a seed is done.
SCORES = "scores.jsonl"
# Random subsets of n that a vote is averaged over.
SUBSETS = 30
# Sources that say nothing new of answers.
STEPS_ONLY = ("-hard", "-soft")
Scores = dict[str, dict[tuple[str, int], float]]


def rerank_seed(study: StudyRecipe, cell: Cell, problems: Sequence[Problem], folder: Path) -> str:
    """Sample, train and score for one seed; returns an error, or nothing. The labels are from
    `cell`."""
    if (folder / SCORES).exists():
        return ""
    import torch

    torch.set_num_threads(cell.recipe.threads or 1)
    try:
        start = start_policy(cell.recipe, NullProgress())
        asyncio.run(examine(cell.recipe, start, list(problems), study.study.rerank, folder, EXAM))
        with Store.open(cell.recipe.folder, read_only=True) as store:
            labelled = list(store.verified("train/1"))
        with Store.open(folder, read_only=True) as store:
            candidates = list(store.verified(EXAM))
        sources = label_sources(study.study, cell.recipe, start, labelled, folder)
        trainer = RewardTrainer(study.study.reward, seed=cell.seed)
        scores: Scores = {}
        for suffix, rows in sources.items():
            scores |= _scores(trainer, Path(start.path), suffix, rows, candidates, folder)
    except VerituneError as error:
        return str(error)
    write_lines(folder / SCORES, (json.dumps(row) for row in _rows(scores)))
    return ""


def _scores(
    trainer: RewardTrainer,
    start: Path,
    suffix: str,
    labelled: list[VerifiedCandidate],
    candidates: list[VerifiedCandidate],
    folder: Path,
) -> Scores:
    """What the reward models that learn from one source of labels say of the candidates."""

    def learned(kind: RewardKind, name: str) -> RewardModel:
        path = folder / f"{name}{suffix}"
        if not path.is_dir():
            trainer.from_verdicts(start, kind, labelled, path)
        return load_reward_model(path)

    out: Scores = {}
    if suffix not in STEPS_ONLY:
        (out[f"orm{suffix}"],) = candidate_scores(learned("outcome", "orm"), candidates)
    # The three ways are compared on clean labels alone, to keep the table short.
    hows: list[Aggregate] = ["min"] if suffix else ["min", "product", "last"]
    tables = candidate_scores(learned("process", "prm"), candidates, hows)
    return out | {f"prm-{how}{suffix}": table for how, table in zip(hows, tables, strict=True)}


def _rows(scores: Scores) -> list[dict[str, object]]:
    keys = next(iter(scores.values()))
    return [
        {"problem_id": id, "index": index, **{name: by[id, index] for name, by in scores.items()}}
        for id, index in keys
    ]


def read_scores(folder: Path) -> tuple[list[Verdict], Scores]:
    """The verified candidates of a finished seed, and every reranker's scores."""
    with Store.open(folder, read_only=True) as store:
        verdicts = [verdict for _, _, verdict in store.verified(EXAM)]
    scores: Scores = {}
    for line in (folder / SCORES).read_text().splitlines():
        row = json.loads(line)
        key = row.pop("problem_id"), row.pop("index")
        for name, score in row.items():
            scores.setdefault(name, {})[key] = score
    return verdicts, scores


def picked_right(
    verdicts: Sequence[Verdict], scores: Scores, ns: Sequence[int]
) -> dict[str, dict[int, dict[str, float]]]:
    """Reranker -> n -> problem -> chance that its pick among n candidates is right."""
    groups: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if use_of(verdict).outcome is not None:
            groups.setdefault(verdict.problem_id, []).append(verdict)
    out: dict[str, dict[int, dict[str, float]]] = {}
    for id, group in groups.items():
        usable = [n for n in ns if n <= len(group)]
        if not usable:
            continue
        rates = {name: curve.rates for name, curve in curves(group, scores, usable).items()}
        rates["weighted-vote"] = {n: weighted_vote(group, scores["prm-min"], n) for n in usable}
        for name, by_n in rates.items():
            for n, rate in by_n.items():
                shown = {"verifier": "oracle"}.get(name, name)
                out.setdefault(shown, {}).setdefault(n, {})[id] = rate
    return out


def weighted_vote(
    group: Sequence[Verdict], scores: Mapping[tuple[str, int], float], n: int
) -> float:
    """Chance that the answer with the greatest sum of scores is right, over random subsets."""
    draw = Random(f"{group[0].problem_id}:{n}")
    hits = 0
    for _ in range(1 if n == len(group) else SUBSETS):
        sums: dict[str, float] = {}
        for verdict in draw.sample(list(group), n):
            # Right answers are one answer, whatever form they have.
            answer = "right" if use_of(verdict).solved else f"wrong {verdict.answer}"
            sums[answer] = sums.get(answer, 0.0) + scores[verdict.problem_id, verdict.index]
        hits += max(sums, key=lambda answer: sums[answer]) == "right"
    return hits / (1 if n == len(group) else SUBSETS)


def calibration(
    verdicts: Sequence[Verdict], scores: Mapping[tuple[str, int], float], bins: int = 10
) -> float:
    """Expected calibration error of scores read as chances that the answer is right."""
    table = [[0, 0.0, 0.0] for _ in range(bins)]
    for verdict in verdicts:
        use = use_of(verdict)
        if use.outcome is None:
            continue
        score = scores[verdict.problem_id, verdict.index]
        row = table[min(int(score * bins), bins - 1)]
        row[0] += 1
        row[1] += score
        row[2] += use.solved
    total = sum(row[0] for row in table)
    return sum(abs(row[1] - row[2]) for row in table) / total if total else 0.0
