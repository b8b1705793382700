"""Verifiers as a reward function for TRL's GRPOTrainer and RLOOTrainer (written against 1.16)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from veritune.errors import InputError
from veritune.integrations.background import verify_all
from veritune.integrations.lookup import Lookup, text_of
from veritune.records import Problem
from veritune.use import use_of
from veritune.verifiers import Verifier


def trl_reward(
    verifier: Verifier, problems: Iterable[Problem]
) -> Callable[..., list[float | None]]:
    """A function for `reward_funcs`; the data set needs a column `problem_id` beside `prompt`.

    The reward is the verdict's score, in [0, 1], and 0 for a cheat. It is None on a verifier
    error: TRL then
    leaves that completion out of its group's baseline and gives it no advantage (before trl#5902
    it counted as reward 0, so use a release that has it). There is always one reward a completion.
    """
    lookup = Lookup(problems)

    def verified(
        prompts: Sequence[object],
        completions: Sequence[object],
        problem_id: Sequence[object] | None = None,
        **columns: object,
    ) -> list[float | None]:
        if problem_id is None or len(problem_id) != len(completions):
            raise InputError(
                "the data set needs a column 'problem_id' with the id of each row's problem"
            )
        pairs = [
            lookup.pair(identity, text_of(completion), index)
            for index, (identity, completion) in enumerate(
                zip(problem_id, completions, strict=True)
            )
        ]
        return [use_of(verdict).outcome for verdict in verify_all(verifier, pairs)]

    return verified
