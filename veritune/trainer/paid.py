"""Rewards and advantages of one stored candidate by pieces of its text, for a person to read.

A reward stands on the last token of a step, or on the end token, and every token between two
rewards has the same advantage: the rewards to come, less the group's baseline (`groups`). So
pieces of text that end where rewards stand say it of every token, and no tokenizer is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from veritune.config import CreditConfig, GroupConfig, RlConfig
from veritune.plugins import is_plugin
from veritune.records import VerifiedCandidate
from veritune.trainer.advantages import Baseline, center
from veritune.trainer.credit import Credit, Reward, assign_credit

# Those whose advantages follow from the verdicts of the group alone. The others compare with the
# whole round, with a critic or with another model, none of which is kept.
BASELINES: dict[str, Baseline] = {
    "rloo": "rloo",
    "grpo": "grpo",
    "dapo": "grpo",
    "gspo": "grpo",
    "cispo": "grpo",
    "dr_grpo": "dr_grpo",
}


@dataclass(frozen=True, slots=True)
class CreditPiece:
    """Text from the end of the piece before to `end`, in characters; the last one also holds the
    end token. `reward` stands on its last token, `advantage` on all of its tokens."""

    end: int
    reward: float
    advantage: float | None


def credit_pieces(
    config: RlConfig, group: Sequence[VerifiedCandidate], index: int
) -> tuple[list[CreditPiece], str]:
    """The pieces of the candidate `index` of a group, and what is to be said of them.

    No pieces where the candidate carries no gradient, or own code says what is paid.
    """
    credit = config.credit
    if is_plugin(credit.reward):
        return [], f"own code decides: {credit.reward}"
    found = {c.index: (len(c.text), _credit(row, credit)) for row in group for c in (row[1],)}
    length, own = found.get(index, (0, None))
    if own is None:
        return [], "a verifier error: no reward, and no gradient"
    rewards = (*own.outcome, *own.steps)
    ends = sorted({at for at, _ in rewards} | {own.length - 1})
    less, said = _less_baseline(config, [c for _, c in found.values() if c is not None], own)
    pieces = [
        CreditPiece(
            end=min(end + 1, length),
            reward=sum(value for at, value in rewards if at == end),
            advantage=None if less is None else sum(value for at, value in less if at >= end),
        )
        for end in ends
    ]
    return pieces, said


def _credit(row: VerifiedCandidate, config: CreditConfig) -> Credit | None:
    """As if every character were a token, with an end token behind those that ended."""
    _, candidate, verdict = row
    return assign_credit(verdict, range(1, len(candidate.text) + 2 - candidate.truncated), config)


def _less_baseline(
    config: RlConfig, group: list[Credit], own: Credit
) -> tuple[list[Reward] | None, str]:
    """The rewards less the group's baseline, and what to say; None where they are not known."""
    kind = config.type if isinstance(config, GroupConfig) else "ppo"
    penalised = isinstance(config, GroupConfig) and config.overlong_buffer > 0
    if kind not in BASELINES or penalised:
        what = "a critic's values" if kind == "ppo" else "more than the group's verdicts"
        return None, f"advantages of {kind} need {what}, which the run does not keep"
    place = next(at for at, one in enumerate(group) if one is own)
    less: list[Reward] = []
    for part in ([c.outcome for c in group], [c.steps for c in group]):
        centred = center([[v for _, v in rewards] for rewards in part], BASELINES[kind])
        less += [(at, v) for (at, _), v in zip(part[place], centred[place], strict=True)]
    return less, f"{kind}: rewards to come, less the baseline of {len(group)} candidates"
