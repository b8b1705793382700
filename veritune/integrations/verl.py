"""Verifiers as verl's custom reward function (written against 0.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from veritune.config import ColumnsConfig, VerifierConfig
from veritune.errors import InputError
from veritune.integrations.rows import KnownProblems
from veritune.integrations.scoring import ProblemText, RowVerifier, reward_of
from veritune.records import Verdict
from veritune.verifiers import Verifier

Score = dict[str, float | str]
# Sources whose prompts ask for an answer behind a marker.
MARKERS = {"openai/gsm8k": "####", "gsm8k": "####"}
# Sources that count a quoted target as right: no verifier of ours.
QUOTED = "searchR1_"


def reward(
    problems: KnownProblems = (),
    verifier: VerifierConfig | Verifier | None = None,
    *,
    columns: ColumnsConfig | None = None,
    form: Literal["async", "sync", "batch"] = "async",
) -> Callable[..., object]:
    """A `compute_score` for `custom_reward_function`, in a file of yours:

        from veritune.integrations import verl

        compute_score = verl.reward()

    It checks against `ground_truth`, an answer or tests, as `data_source` has it. With `problems`,
    `extra_info["problem_id"]` names one of them, and a ground truth that contradicts it is refused.
    It returns `score` (the verdict's, in [0, 1], and 0 for a cheat), `acc` (1.0 where it passed and
    is no cheat) and `reason`. verl has no way to leave one candidate out, so a verifier error
    raises `SandboxFailureError`: scored as 0 it would be trained on.

    `form`: the reward loop awaits a coroutine, and would run a plain function in few threads;
    "batch" is for the batch reward manager.
    """
    made = VerlReward(RowVerifier(problems, verifier, columns))
    forms: dict[str, Callable[..., object]]
    forms = {"async": made.acompute_score, "sync": made.compute_score, "batch": made.compute_scores}
    if form not in forms:
        raise InputError(f"form: expected one of {', '.join(forms)} (got {form!r})")
    return forms[form]


class VerlReward:
    """`compute_score` in its three forms."""

    def __init__(self, rows: RowVerifier) -> None:
        self._rows = rows

    def compute_score(
        self,
        data_source: str,
        solution_str: str,
        ground_truth: object,
        extra_info: Mapping[str, object] | None = None,
        **others: object,
    ) -> Score:
        """The score of one solution."""
        text = self._text(data_source, solution_str, ground_truth, extra_info)
        return _score(self._rows.verdicts([text])[0])

    async def acompute_score(
        self,
        data_source: str,
        solution_str: str,
        ground_truth: object,
        extra_info: Mapping[str, object] | None = None,
        **others: object,
    ) -> Score:
        """The score of one solution."""
        text = self._text(data_source, solution_str, ground_truth, extra_info)
        return _score((await self._rows.averdicts([text]))[0])

    def compute_scores(
        self,
        data_sources: Sequence[str],
        solution_strs: Sequence[str],
        ground_truths: Sequence[object],
        extra_infos: Sequence[Mapping[str, object]],
        **others: object,
    ) -> list[Score]:
        """The scores of a batch."""
        rows = zip(data_sources, solution_strs, ground_truths, extra_infos, strict=True)
        return [_score(one) for one in self._rows.verdicts(self._text(*row) for row in rows)]

    def _text(
        self,
        data_source: str,
        solution: str,
        ground_truth: object,
        extra_info: Mapping[str, object] | None,
    ) -> ProblemText:
        extra = extra_info or {}
        if str(data_source).startswith(QUOTED):
            raise InputError(
                f"data_source {data_source!r}: is scored by a quoted target, which no verifier of"
                " ours does; leave it to verl's own function"
            )
        row: dict[str, object] = {
            # It is not passed on; nothing is decided by it.
            "prompt": extra.get("question") or extra.get("prompt") or f"a row of {data_source}",
            "data_source": data_source,
            "reward_model": {"ground_truth": ground_truth},
            "extra_info": dict(extra),
        }
        if ground_truth is not None and data_source in MARKERS:
            marker = MARKERS[data_source]
            answer = str(ground_truth).rpartition(marker)[2]
            row["reward_model"] = {"ground_truth": f"{marker} {answer}"}
        problem = self._rows.rows.of(row, extra.get("problem_id"), where=str(data_source))
        return problem, solution


def _score(verdict: Verdict) -> Score:
    score, use = reward_of(verdict)
    return {"score": score, "acc": float(use.solved), "reason": verdict.reason}
