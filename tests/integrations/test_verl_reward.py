import inspect

import pytest

from veritune.errors import InputError, SandboxFailureError
from veritune.integrations import start_verifier, verl_reward
from veritune.records import MathProblem, MathReference

PROBLEMS = [
    MathProblem(id="sum", prompt="40+2=", reference=MathReference(answer="42")),
    MathProblem(id="broken", prompt="?", reference=MathReference(answer=" ")),
]


def called_as_verl_does(solution: str, problem_id: str, **others: object) -> dict[str, object]:
    """Keywords and `extra_info` as verl 0.9's reward managers pass them."""
    compute_score = verl_reward(start_verifier(needs_code=False), PROBLEMS)
    assert not inspect.iscoroutinefunction(compute_score)
    extra = {"problem_id": problem_id, "num_turns": None, "rollout_reward_scores": {}}
    return compute_score(
        data_source="chain",
        solution_str=solution,
        ground_truth="42",
        extra_info=extra,
        **others,
    )


def test_right_and_wrong_answers() -> None:
    right = called_as_verl_does("\\boxed{42.0}", "sum")
    assert (right["score"], right["acc"]) == (1.0, 1.0)
    wrong = called_as_verl_does("\\boxed{43}", "sum", reward_router_address=None)
    assert (wrong["score"], wrong["acc"]) == (0.0, 0.0)
    assert isinstance(wrong["reason"], str) and "43" in wrong["reason"]


def test_a_broken_checker_is_never_a_score() -> None:
    with pytest.raises(
        SandboxFailureError, match="broken: a verifier error, not the candidate's failure"
    ):
        called_as_verl_does("\\boxed{1}", "broken")


def test_a_row_without_a_known_problem_is_refused() -> None:
    compute_score = verl_reward(start_verifier(needs_code=False), PROBLEMS)
    with pytest.raises(InputError, match="extra_info\\['problem_id'\\]"):
        compute_score("chain", "\\boxed{42}", "42")
    with pytest.raises(InputError, match="not among the 2 problems"):
        called_as_verl_does("\\boxed{42}", "none")
