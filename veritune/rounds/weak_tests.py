"""Whether the tests of a problem notice a wrong program: tried with some that are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from veritune.config import VerifierConfig
from veritune.problems import reference_solution
from veritune.records import Candidate, CodeProblem, Problem, Verdict
from veritune.rounds.progress import NullProgress, Progress
from veritune.rounds.session import open_session
from veritune.verifiers import case_count, mutants, weak_programs

# Fewer cases than these, and a table of answers is as short as the program.
FEWEST_CASES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """What a problem's tests let pass: programs that compute nothing, mutants of its reference."""

    problem: CodeProblem
    cases: int
    accepted: tuple[str, ...]
    mutants: int
    survivors: tuple[str, ...]

    @property
    def warning(self) -> str | None:
        """Why the tests are weak, or None; surviving mutants alone may be no fault."""
        if self.accepted:
            return f"weak tests: a program that {self.accepted[0]} passes"
        if self.cases < FEWEST_CASES:
            return f"weak tests: only {self.cases} case{'' if self.cases == 1 else 's'}"
        if self.mutants and len(self.survivors) > self.mutants / 2:
            shown = self.survivors[0]
            return f"weak tests: {len(self.survivors)} of {self.mutants} mutants pass ({shown})"
        return None


async def try_tests(
    problems: Sequence[Problem],
    config: VerifierConfig | None = None,
    *,
    mutants_each: int = 0,
    progress: Progress | None = None,
) -> list[Strength]:
    """Try the tests of every code problem with wrong programs.

    `mutants_each`: at most so many mutants of every reference solution.
    """
    coded = [problem for problem in problems if isinstance(problem, CodeProblem)]
    tried = [(problem, *_programs(problem, mutants_each)) for problem in coded]
    pairs: list[tuple[Problem, Candidate]] = [
        (problem, Candidate(problem_id=problem.id, index=index, text=text))
        for problem, weak, changed in tried
        for index, (_, text) in enumerate([*weak, *changed])
    ]
    async with open_session(verifier=config, problems=coded) as session:
        with (progress or NullProgress()).phase("try the tests", len(pairs)) as advance:
            verdicts = iter(await session.verify(pairs, advance))
    return [_strength(*each, verdicts) for each in tried]


def _programs(
    problem: CodeProblem, most: int
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    solution = reference_solution(problem)
    changed = mutants(solution, most) if solution is not None and most else []
    return weak_programs(problem.reference), changed


def _strength(
    problem: CodeProblem,
    weak: list[tuple[str, str]],
    changed: list[tuple[str, str]],
    verdicts: Iterator[Verdict],
) -> Strength:
    passed = [
        [what for what, _ in tried if next(verdicts).outcome == "passed"]
        for tried in (weak, changed)
    ]
    return Strength(
        problem=problem,
        cases=case_count(problem.reference),
        accepted=tuple(passed[0]),
        mutants=len(changed),
        survivors=tuple(passed[1]),
    )
