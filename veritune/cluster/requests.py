"""What is asked of the samplers: every one gets a share of the problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from veritune.cluster.sampler_actor import SampledPart
from veritune.errors import VerituneError
from veritune.records import Candidate, Problem
from veritune.replies import TRIES


@dataclass(slots=True, kw_only=True)
class SampleRequest:
    """Candidates that are still to come, the indices of each problem; `tries` were lost."""

    problems: dict[str, Problem]
    left: dict[str, set[int]]
    round: int
    id: int = 0
    tries: int = field(default=0)

    def take(self, part: SampledPart) -> list[Candidate]:
        """The candidates of a reply that were still to come."""
        if part.id != self.id:  # Of a request that was given up.
            return []
        found: list[Candidate] = []
        for candidate in part.candidates:
            indices = self.left.get(candidate.problem_id, set())
            if candidate.index in indices:
                indices.remove(candidate.index)
                found.append(candidate)
        return found

    @property
    def is_whole(self) -> bool:
        """Whether all has come."""
        return not any(self.left.values())

    def lose(self, why: str) -> None:
        """Note that its sampler was lost; raises `VerituneError` where that was too often."""
        self.tries += 1
        if self.tries >= TRIES:
            raise VerituneError(
                f"cluster: a sampler was lost {self.tries} times over the same problems ({why});"
                " look for it in Ray's logs, or sample fewer at once (sampler.max_num_seqs)"
            )

    def asked(self) -> tuple[list[Problem], list[list[int]]]:
        """What is still to come, as samplers are asked."""
        rest = [
            (self.problems[id], sorted(indices)) for id, indices in self.left.items() if indices
        ]
        return [problem for problem, _ in rest], [indices for _, indices in rest]


def shares(
    problems: Sequence[Problem], indices: Sequence[Sequence[int]], round: int, count: int
) -> list[SampleRequest]:
    """At most `count` requests, each with every `count`-th problem."""
    asked = [(p, set(i)) for p, i in zip(problems, indices, strict=True) if i]
    # In turn, since neighbours may be alike in length.
    parts = [asked[start::count] for start in range(min(count, len(asked)))]
    return [
        SampleRequest(
            problems={problem.id: problem for problem, _ in part},
            left={problem.id: rest for problem, rest in part},
            round=round,
        )
        for part in parts
    ]
