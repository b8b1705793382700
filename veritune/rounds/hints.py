"""Rationalisation (STaR: Zelikman et al. 2022, arXiv 2203.14465, section 3.2).

Math problems that a round solved in no way are posed again with their answer as a hint. What passes
is trained on as if it had been sampled without: the hint is not in the training text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from veritune.records import MathProblem, Message, Problem, VerifiedCandidate

# A hinted problem has an id of its own: its candidates are no candidates of the plain one.
SUFFIX = "+hint"


def hinted(problem: MathProblem) -> MathProblem:
    """The problem with its answer in the prompt, under an id of its own."""
    hint = f"\n\n(Hint: the answer is {problem.reference.answer}.)\n"
    prompt = problem.prompt
    if isinstance(prompt, str):
        posed: str | list[Message] = prompt + hint
    else:
        last = prompt[-1]
        posed = [*prompt[:-1], {"role": last["role"], "content": last["content"] + hint}]
    return replace(problem, id=problem.id + SUFFIX, prompt=posed)


def unsolved(problems: Sequence[Problem], chosen: Iterable[tuple[str, int]]) -> list[Problem]:
    """The math problems of which nothing was chosen, with hints; chosen by (problem id, index)."""
    solved = {id for id, _ in chosen}
    known = [p for p in problems if isinstance(p, MathProblem) and p.reference.answer]
    return [hinted(p) for p in known if p.id not in solved]


def without_hints(
    rows: Iterable[VerifiedCandidate], problems: Sequence[Problem]
) -> Iterator[VerifiedCandidate]:
    """Verified candidates of hinted problems, posed as the problems stand."""
    plain = {problem.id: problem for problem in problems}
    for problem, candidate, verdict in rows:
        yield plain[problem.id.removesuffix(SUFFIX)], candidate, verdict
