"""Pairs of a better and a worse completion of one prompt: from people, or from verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypeGuard

from veritune.errors import RecordError
from veritune.files import iter_rows
from veritune.models import encode_problem, encode_prompt
from veritune.records import Candidate, Message, Problem, VerifiedCandidate
from veritune.use import use_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencePair:
    """`chosen` is better than `rejected`; `problem` is theirs, where there is one."""

    prompt: str | list[Message]
    chosen: Candidate
    rejected: Candidate
    problem: Problem | None = None


def read_pairs_file(path: str | Path) -> list[PreferencePair]:
    """Human preferences: JSON lines with `prompt`, `chosen` and `rejected`; other keys are left.

    Each is a text or a list of chat messages; of a chosen or rejected conversation the last
    message counts. Raises `RecordError` naming the line.
    """
    pairs = []
    for number, row in iter_rows(path):
        prompt = row.get("prompt", "")
        if not prompt or not (isinstance(prompt, str) or _is_chat(prompt)):
            raise RecordError(f"{path}:{number}: prompt: expected a text or chat messages")
        chosen, rejected = (
            _completion(row.get(key), f"{path}:{number}: {key}", f"{number}", index)
            for index, key in enumerate(("chosen", "rejected"))
        )
        pairs.append(PreferencePair(prompt=prompt, chosen=chosen, rejected=rejected))
    if not pairs:
        raise RecordError(f"{path}: empty; expected one preference a line")
    return pairs


def verdict_pairs(
    verified: Iterable[VerifiedCandidate], *, max_per_problem: int, seed: int, steps: bool = False
) -> list[PreferencePair]:
    """At most `max_per_problem` pairs of a passed and a rejected candidate a problem, chosen by
    `seed`.

    `verified` is grouped by problem. Every candidate stands in as few pairs as possible, equal
    texts once. With `steps`, a right answer with a wrong step counts as rejected. Chosen is what
    may be imitated, rejected what may be rejected (`veritune.use`): errors and cheats are in no
    pair.
    """
    pairs = []
    for id, group in groupby(verified, key=lambda row: row[0].id):
        rows = list(group)
        good = _distinct(rows, verified=True, steps=steps)
        bad = _distinct(rows, verified=False, steps=steps)
        # By problem: pairs of one do not change with what others came to.
        rng = Random(f"pairs:{seed}:{id}")
        rng.shuffle(good)
        rng.shuffle(bad)
        # No candidate a second time before all others had a turn.
        count = min(max_per_problem, max(len(good), len(bad))) if good and bad else 0
        pairs += [
            PreferencePair(
                prompt=rows[0][0].prompt,
                chosen=good[i % len(good)],
                rejected=bad[i % len(bad)],
                problem=rows[0][0],
            )
            for i in range(count)
        ]
    return pairs


def pair_prompt(tokenizer: PreTrainedTokenizerBase, pair: PreferencePair) -> list[int]:
    """Token ids of a pair's prompt, as its candidates were given it."""
    if pair.problem is None:
        return encode_prompt(tokenizer, pair.prompt)
    return encode_problem(tokenizer, pair.problem)


def _distinct(rows: Sequence[VerifiedCandidate], *, verified: bool, steps: bool) -> list[Candidate]:
    found: dict[str, Candidate] = {}
    for _, candidate, verdict in rows:
        use = use_of(verdict, truncated=candidate.truncated)
        wrong_step = any(step.label == "incorrect" for step in verdict.steps)
        passed = use.solved and not (steps and wrong_step)
        if passed == verified and (use.imitate if verified else use.reject):
            found.setdefault(candidate.text.strip(), candidate)
    return list(found.values())


def _is_chat(value: object) -> TypeGuard[list[Message]]:
    return isinstance(value, list) and all(
        isinstance(m, dict) and isinstance(m.get("content"), str) for m in value
    )


def _completion(value: object, where: str, id: str, index: int) -> Candidate:
    if _is_chat(value) and value:
        value = value[-1]["content"]
    if not isinstance(value, str):
        raise RecordError(f"{where}: expected a text or chat messages")
    return Candidate(problem_id=id, index=index, text=value)
