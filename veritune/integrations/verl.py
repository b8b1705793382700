"""Verifiers as verl's custom reward function (written against 0.9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from veritune.errors import InputError, SandboxFailureError
from veritune.integrations.background import verify_all
from veritune.integrations.lookup import Lookup
from veritune.records import Problem
from veritune.use import use_of
from veritune.verifiers import Verifier


def verl_reward(
    verifier: Verifier, problems: Iterable[Problem]
) -> Callable[..., dict[str, float | str]]:
    """A `compute_score` for `custom_reward_function`; rows need `extra_info["problem_id"]`.

    It returns `score` (the verdict's, in [0, 1], and 0 for a cheat), `acc` (1.0 where it passed
    and is no cheat) and `reason`. verl
    has no way to leave one candidate out, so a verifier error raises `SandboxFailureError`:
    scored as 0 it would be trained on.
    """
    lookup = Lookup(problems)

    def compute_score(
        data_source: str,
        solution_str: str,
        ground_truth: object,
        extra_info: Mapping[str, object] | None = None,
        **others: object,
    ) -> dict[str, float | str]:
        if not extra_info or "problem_id" not in extra_info:
            raise InputError("each row needs extra_info['problem_id'] with its problem's id")
        pair = lookup.pair(extra_info["problem_id"], solution_str, 0)
        (verdict,) = verify_all(verifier, [pair])
        use = use_of(verdict)
        if use.outcome is None:
            raise SandboxFailureError(
                f"{verdict.problem_id}: a verifier error, not the candidate's failure:"
                f" {verdict.reason}"
            )
        return {"score": use.outcome, "acc": float(use.solved), "reason": verdict.reason}

    return compute_score
