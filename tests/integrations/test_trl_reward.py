import asyncio
from threading import Thread

import pytest

from veritune.errors import InputError
from veritune.integrations import start_verifier, trl_reward
from veritune.records import Candidate, MathProblem, MathReference, Problem, Verdict

PROBLEMS = [
    MathProblem(id="sum", prompt="40+2=", reference=MathReference(answer="42")),
    MathProblem(id="half", prompt="1/2=", reference=MathReference(answer="\\frac{1}{2}")),
    MathProblem(id="broken", prompt="?", reference=MathReference(answer=" ")),
]
# TRL 1.16 passes these beside the data set's columns.
EXTRA = {"completion_ids": [], "trainer_state": None, "log_extra": print, "log_metric": print}


def test_the_score_is_the_reward_and_a_broken_checker_gives_none() -> None:
    reward = trl_reward(start_verifier(needs_code=False), PROBLEMS)
    ids = ["sum", "sum", "half", "broken", "half"]
    texts = [f"so it is \\boxed{{{answer}}}" for answer in ("42", "41", "0.5", "1", "2")]
    rewards = reward(prompts=["?"] * 5, completions=texts, problem_id=ids, **EXTRA)
    assert rewards == [1.0, 0.0, 1.0, None, 0.0]


def test_conversations_are_verified_by_what_was_said_last() -> None:
    reward = trl_reward(start_verifier(needs_code=False), PROBLEMS)
    right, wrong = ({"role": "assistant", "content": f"\\boxed{{{a}}}"} for a in ("42", "7"))
    tool = {"role": "tool", "content": "\\boxed{7}"}
    silent = {"role": "assistant", "content": None}
    completions = [[right], [wrong], [wrong, tool, right], [right, tool], [silent], []]
    rewards = reward(prompts=[[]] * 6, completions=completions, problem_id=["sum"] * 6, **EXTRA)
    assert rewards == [1.0, 0.0, 1.0, 1.0, 0.0, 0.0]


def test_a_row_without_a_known_problem_is_refused() -> None:
    reward = trl_reward(start_verifier(needs_code=False), PROBLEMS)
    with pytest.raises(InputError, match="column 'problem_id'"):
        reward(prompts=["?"], completions=["1"])
    with pytest.raises(InputError, match="column 'problem_id'"):
        reward(prompts=["?"] * 2, completions=["1", "2"], problem_id=["sum"])
    with pytest.raises(InputError, match="problem_id 'none': not among the 3 problems"):
        reward(prompts=["?"], completions=["1"], problem_id=["none"])


def test_no_completions_no_rewards() -> None:
    assert trl_reward(start_verifier(needs_code=False), PROBLEMS)([], [], problem_id=[]) == []


async def test_it_can_be_called_where_a_loop_already_runs() -> None:
    reward = trl_reward(start_verifier(needs_code=False), PROBLEMS)
    assert reward(prompts=["?"], completions=["\\boxed{42}"], problem_id=["sum"]) == [1.0]


def test_it_can_be_called_from_many_threads() -> None:
    reward = trl_reward(start_verifier(needs_code=False), PROBLEMS)
    found: dict[int, list[float | None]] = {}

    def call(number: int) -> None:
        completions = [f"\\boxed{{{42 + (number + i) % 2}}}" for i in range(20)]
        found[number] = reward(["?"] * 20, completions, problem_id=["sum"] * 20)

    threads = [Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: [float((n + i) % 2 == 0) for i in range(20)] for n in range(8)}


class Slow:
    """A verifier that lets others go first, and remembers how many were at it together."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001 * (100 - candidate.index))
        self.now -= 1
        score = candidate.index / 100
        return Verdict(
            problem_id=problem.id,
            index=candidate.index,
            outcome="passed",
            score=score,
            reason="its place",
        )


def test_rewards_keep_the_order_of_completions_whoever_ends_first() -> None:
    verifier = Slow()
    rewards = trl_reward(verifier, PROBLEMS)(["?"] * 100, ["x"] * 100, problem_id=["sum"] * 100)
    assert rewards == [i / 100 for i in range(100)]
    assert verifier.most > 1
