"""Verifiers as a reward function of TRL's GRPOTrainer and RLOOTrainer (written against 1.16)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Literal, overload

from veritune.config import ColumnsConfig, VerifierConfig
from veritune.errors import InputError
from veritune.integrations.rows import KnownProblems, text_of
from veritune.integrations.scoring import ProblemText, RowVerifier, rewards_of
from veritune.verifiers import Verifier

Rewards = list[float | None]
# What TRL passes beside the data set's columns.
NO_COLUMNS = ("completion_ids", "trainer_state", "log_extra", "log_metric", "environments")


@overload
def reward(
    problems: KnownProblems = (),
    verifier: VerifierConfig | Verifier | None = None,
    *,
    columns: ColumnsConfig | None = None,
    asynchronous: Literal[False] = False,
) -> Callable[..., Rewards]: ...
@overload
def reward(
    problems: KnownProblems = (),
    verifier: VerifierConfig | Verifier | None = None,
    *,
    columns: ColumnsConfig | None = None,
    asynchronous: Literal[True],
) -> Callable[..., Awaitable[Rewards]]: ...
def reward(
    problems: KnownProblems = (),
    verifier: VerifierConfig | Verifier | None = None,
    *,
    columns: ColumnsConfig | None = None,
    asynchronous: bool = False,
) -> Callable[..., object]:
    """A function for `reward_funcs`: `GRPOTrainer(reward_funcs=trl.reward(), ...)`.

    The problem is made of the row itself: `prompt` with `solution`, `answer`, `ground_truth` or
    tests, in any layout that `veritune problems show` reads. With `problems`, rows name them in a
    column `problem_id`. The reward is the verdict's score, in [0, 1], and 0 for a cheat. On a
    verifier error it is None: TRL then leaves that completion out of its group's baseline and
    gives it no advantage (before trl#5902 it counted as reward 0, so use a release that has it).
    """
    made = TrlReward(RowVerifier(problems, verifier, columns))
    return made.averified if asynchronous else made.verified


class TrlReward:
    """The function in its two forms; TRL runs those that are coroutines beside each other."""

    def __init__(self, rows: RowVerifier) -> None:
        self._rows = rows

    def verified(
        self, prompts: Sequence[object], completions: Sequence[object], **columns: object
    ) -> Rewards:
        """One reward a completion."""
        return rewards_of(self._rows.verdicts(self._texts(prompts, completions, columns)))

    async def averified(
        self, prompts: Sequence[object], completions: Sequence[object], **columns: object
    ) -> Rewards:
        """One reward a completion."""
        return rewards_of(await self._rows.averdicts(self._texts(prompts, completions, columns)))

    def _texts(
        self, prompts: Sequence[object], completions: Sequence[object], columns: dict[str, object]
    ) -> Iterator[ProblemText]:
        table: dict[str, Sequence[object]] = {"prompt": prompts}
        for name, values in columns.items():
            if name not in NO_COLUMNS and isinstance(values, list | tuple):
                table[name] = values
        uneven = next((name for name, v in table.items() if len(v) != len(completions)), None)
        if uneven is not None:
            raise InputError(
                f"column {uneven!r} has {len(table[uneven])} values for {len(completions)}"
                " completions"
            )
        for at, completion in enumerate(completions):
            row = {name: values[at] for name, values in table.items()}
            yield self._rows.rows.of(row, where=f"row {at}"), text_of(completion)
