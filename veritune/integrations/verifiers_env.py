"""Our problems as an environment of Prime Intellect's `verifiers` (written against 0.4).

An environment there is a module of its own that exports one taskset, `my_env.py`:

    from veritune.integrations.verifiers_env import ProblemTaskset

    __all__ = ["ProblemTaskset"]

    vf-eval my-env --env.taskset.problems problems.jsonl --env.agent.harness.id null \\
        --env.agent.runtime.type subprocess
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import verifiers.v1 as vf

from veritune.errors import InputError
from veritune.integrations.scoring import RowVerifier, reward_of
from veritune.problems import read_problems
from veritune.records import Problem, problem_from_line


class ProblemTaskConfig(vf.TasksetConfig):
    """What `--env.taskset.` knows besides its own keys."""

    problems: str = ""
    """A file, folder or hub name in any layout that `veritune problems show` reads."""


class ProblemData(vf.TaskData):
    """A task is sampled from its prompt; `record` is the problem as one line of JSON."""

    record: str


class ProblemTask(vf.Task[ProblemData]):
    """One problem, and the verdict on the last reply as its reward."""

    @property
    def key(self) -> str:
        """The problem's id, which is unique among its problems."""
        return str(self.data.id)

    @vf.reward
    async def verified(self, trace: vf.Trace) -> float:
        """The verdict's score in [0, 1], 0 for a cheat; a verifier error leaves it unscored."""
        problem = problem_from_line(self.data.record)
        (verdict,) = await _verifier().averdicts([(problem, trace.last_reply)])
        return reward_of(verdict)[0]


class ProblemTaskset(vf.Taskset[ProblemTask, ProblemTaskConfig]):
    """The problems of a file, a folder or a hub data set as tasks."""

    def load(self) -> Iterator[ProblemTask]:
        """A task for each problem; raises `InputError` where there are none to read."""
        if not self.config.problems:
            raise InputError("problems: give a file: --env.taskset.problems problems.jsonl")
        for problem in read_problems(self.config.problems):
            yield ProblemTask(_data(problem), self.config.task)


def _data(problem: Problem) -> ProblemData:
    return ProblemData(id=problem.id, prompt=problem.prompt, record=problem.to_line())


@cache
def _verifier() -> RowVerifier:
    return RowVerifier()


__all__ = ["ProblemTaskset"]
