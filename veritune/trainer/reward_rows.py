"""What reward models learn from: completions with labels at some of their tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from veritune.models import encode_problem, span_at, token_ends
from veritune.records import Verdict, VerifiedCandidate
from veritune.trainer.batches import encode
from veritune.trainer.pairs import PreferencePair, pair_prompt
from veritune.trainer.rows import PairRow, TokenRow
from veritune.use import use_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def outcome_rows(
    verified: Iterable[VerifiedCandidate], tokenizer: PreTrainedTokenizerBase
) -> list[TokenRow]:
    """One label a candidate: its verdict's score, 0 for a cheat; none where nothing is known."""
    rows = []
    for problem, candidate, verdict in verified:
        outcome = use_of(verdict, truncated=candidate.truncated).outcome
        if outcome is not None:
            row = encode(tokenizer, encode_problem(tokenizer, problem), candidate)
            label = (row.prompt, len(row.ids) - 1, outcome)
            rows.append(replace(row, labels=(label,)))
    return rows


def process_rows(
    verified: Iterable[VerifiedCandidate],
    tokenizer: PreTrainedTokenizerBase,
    *,
    beyond_error: bool = False,
) -> list[TokenRow]:
    """One label a decided step, up to and with the first wrong one.

    What follows an error is not supervised (Lightman et al. 2023, arXiv 2305.20050, section 2.6),
    except with `beyond_error`. Candidates without a decided step are left out.
    """
    rows = []
    for problem, candidate, verdict in verified:
        row = encode(tokenizer, encode_problem(tokenizer, problem), candidate)
        own = row.ids[row.prompt :]
        ends = token_ends(tokenizer, own, candidate.text)
        labels = tuple(
            (row.prompt + first, row.prompt + last, label)
            for first, last, label in step_labels(verdict, ends, beyond_error=beyond_error)
        )
        if labels:
            rows.append(replace(row, labels=labels))
    return rows


def step_labels(
    verdict: Verdict, ends: Sequence[int], *, beyond_error: bool = False
) -> list[tuple[int, int, float]]:
    """(first token, last token, label) of the decided steps; `ends`: of `token_ends`.

    A step's score (of rollouts: the share that came out right) is its label, where it has one.
    """
    counted = use_of(verdict).steps
    if not ends or not counted:
        return []
    labels = []
    for step in sorted(verdict.steps, key=lambda step: step.end):
        if step.label not in counted or step.end <= step.start:
            continue
        # A soft label says more than its side of the threshold.
        hard = 1.0 if step.label == "verified" else 0.0
        label = hard if step.score is None else step.score
        labels.append((*span_at(ends, step.start, step.end), label))
        if step.label == "incorrect" and not beyond_error:
            break
    return labels


def pair_rows(pairs: Iterable[PreferencePair], tokenizer: PreTrainedTokenizerBase) -> list[PairRow]:
    """Pairs as token ids."""
    rows = []
    for pair in pairs:
        prompt = pair_prompt(tokenizer, pair)
        chosen, rejected = (encode(tokenizer, prompt, c) for c in (pair.chosen, pair.rejected))
        rows.append(PairRow(chosen, rejected))
    return rows
