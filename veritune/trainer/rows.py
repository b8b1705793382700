"""The one row that every trainer works on: token ids, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from veritune.trainer.credit import NO_CREDIT, Credit

# (first and last token of what is scored, among the row's ids; label in [0, 1]).
Labels = tuple[tuple[int, int, float], ...]


@dataclass(frozen=True, slots=True)
class TokenRow:
    """Token ids, of which the first `prompt` are given, and the rest are a completion.

    `weight` is what each completion token counts in maximum likelihood; `labels` are what a reward
    model learns; `credit`, what the completion earned, and `solved`, whether it passed, are for
    policy gradients, whose baselines compare rows of one `group`; `engine_logprobs` are what the
    sampler says it drew the completion with, in nats at temperature 1.
    """

    ids: list[int]
    prompt: int
    weight: float = 1.0
    labels: Labels = ()
    credit: Credit = NO_CREDIT
    group: str = ""
    solved: bool = False
    engine_logprobs: list[float] | None = None
    truncated: bool = False

    @property
    def length(self) -> int:
        """Tokens of the completion."""
        return len(self.ids) - self.prompt


def without_last(row: TokenRow) -> TokenRow:
    """What a model must read to predict all of a row's tokens."""
    return replace(row, ids=row.ids[:-1])


@dataclass(frozen=True, slots=True)
class PairRow:
    """A better and a worse completion of one prompt.

    `reference` is log ref(chosen) / ref(rejected) in nats, where a loss compares with a reference.
    """

    chosen: TokenRow
    rejected: TokenRow
    reference: float = 0.0
