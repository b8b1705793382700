"""Problems of a repository that hold: its own code passes, and without a part it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from veritune.config import VerifierConfig
from veritune.records import Candidate, CodeProblem, Verdict
from veritune.rounds.progress import NullProgress, Progress
from veritune.rounds.session import open_session

# What stands in the place of what is left out; a suite that it passes does not look at that.
NOTHING = "pass\n"


async def covered_problems(
    problems: Sequence[CodeProblem],
    config: VerifierConfig | None = None,
    *,
    progress: Progress | None = None,
) -> tuple[list[CodeProblem], dict[str, int], dict[str, str]]:
    """(problems that hold, why others do not by count, an example id and reason of each why)."""
    texts = [
        (p, i, t) for p in problems for i, t in enumerate((p.reference.solution or "", NOTHING))
    ]
    pairs = [(p, Candidate(problem_id=p.id, index=i, text=t)) for p, i, t in texts]
    async with open_session(verifier=config, problems=problems) as session:
        with (progress or NullProgress()).phase("verify", len(pairs)) as advance:
            verdicts = await session.verify(pairs, advance)
    held: list[CodeProblem] = []
    left: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for problem, original, without in zip(problems, verdicts[::2], verdicts[1::2], strict=True):
        why = _why_not(original, without)
        if not why:
            held.append(problem)
            continue
        left[why] += 1
        examples.setdefault(why, f"{problem.id}: {original.reason}")
    return held, dict(left), examples


def _why_not(original: Verdict, without: Verdict) -> str:
    if original.outcome == "error":
        return "its suite cannot be checked"
    if original.outcome != "passed":
        return "the original fails"
    return "" if without.outcome == "failed" else "no test looks at it"
