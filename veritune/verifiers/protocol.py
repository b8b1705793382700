"""What every verifier does."""

from typing import Protocol

from veritune.records import Candidate, Problem, Verdict


class Verifier(Protocol):
    """Verifies one candidate. A failing candidate is a verdict, never an exception."""

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The verdict; outcome "error" on a verifier error, never for a failing candidate."""
        ...
