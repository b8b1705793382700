"""From what a peer hands to a reward function to our problems and candidates."""

from __future__ import annotations

from collections.abc import Iterable

from veritune.errors import InputError
from veritune.records import Candidate, Problem
from veritune.text import writable


class Lookup:
    """Problems by id."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self._by_id = {problem.id: problem for problem in problems}

    def pair(self, problem_id: object, text: str, index: int) -> tuple[Problem, Candidate]:
        """The problem of this id with `text` as its candidate."""
        problem = self._by_id.get(str(problem_id))
        if problem is None:
            raise InputError(
                f"problem_id {problem_id!r}: not among the {len(self._by_id)} problems that the"
                " reward function was made with"
            )
        return problem, Candidate(problem_id=problem.id, index=index, text=writable(text))


def text_of(completion: object) -> str:
    """The text of a completion: itself, or the content of its last assistant message."""
    if isinstance(completion, str):
        return completion
    if not isinstance(completion, list) or not all(isinstance(turn, dict) for turn in completion):
        raise InputError(f"a completion is a text or a list of messages, not {completion!r:.60}")
    said = [turn.get("content") for turn in completion if turn.get("role") == "assistant"]
    return str(said[-1]) if said and said[-1] is not None else ""
