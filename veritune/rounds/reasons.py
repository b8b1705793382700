"""What candidates came to, in words: for a round in which nothing can be trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from veritune.records import Candidate, Verdict, VerifiedCandidate
from veritune.store import NO_ANSWER
from veritune.use import use_of

# What a verdict of ours begins with where a verifier failed.
ERROR_PREFIX = "verifier error: "
# Characters of it in a line for people.
LONGEST_ERROR = 200


def histogram(rows: Iterable[VerifiedCandidate], unused: str) -> str:
    """How many candidates came to what, the most frequent first; each counts once.

    `unused` is what is said of those that passed and still may not be trained on.
    """
    counts = Counter(reason(candidate, verdict, unused) for _, candidate, verdict in rows)
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def what_helps(rows: Iterable[VerifiedCandidate]) -> str:
    """What to do where nothing can be trained on, by what most candidates came to."""
    # Errors count before truncation, as in `reason`; more candidates cure neither.
    ends = Counter(
        "error" if verdict.outcome == "error" else "length" if candidate.truncated else "other"
        for _, candidate, verdict in rows
    )
    if 2 * ends["error"] > ends.total():
        return "mend the verifier, whose errors teach nothing"
    if 2 * ends["length"] > ends.total():
        return "let candidates end (--sampler.max-tokens)"
    return (
        "sample more (--sampler.n), warm-start longer, give easier problems or another"
        " --selection.reward"
    )


def reason(candidate: Candidate, verdict: Verdict, unused: str) -> str:
    """What one candidate came to: the first of these that holds."""
    if verdict.outcome == "error":
        return "verifier error"
    if candidate.truncated:
        return "truncated while thinking" if candidate.still_thinking else "truncated"
    if verdict.outcome == "passed":
        return unused if use_of(verdict).imitate else "passed with a sign of cheating"
    return NO_ANSWER if candidate.still_thinking else kind_of(verdict)


def kind_of(verdict: Verdict) -> str:
    """What a verdict says, without its figures: passed, wrong answer, cpu time and so on."""
    if verdict.outcome != "failed":
        return "verifier error" if verdict.outcome == "error" else "passed"
    if verdict.reason.startswith(NO_ANSWER):
        return NO_ANSWER
    failing = next((test.outcome for test in verdict.tests if test.outcome != "accepted"), None)
    return failing or ("wrong answer" if verdict.answer is not None else "failed")


def truncations(candidates: Iterable[Candidate]) -> tuple[int, int]:
    """How many candidates were truncated, and how many of them while they thought."""
    ended = [candidate.still_thinking for candidate in candidates if candidate.truncated]
    return len(ended), sum(ended)


def commonest(errors: Iterable[str]) -> str:
    """The most frequent reason of verifier errors, and how many gave it; empty where none did."""
    counts = Counter(errors)
    return "".join(
        f"{' '.join(reason.removeprefix(ERROR_PREFIX).split())[:LONGEST_ERROR]} ({count})"
        for reason, count in counts.most_common(1)
    )


@dataclass(slots=True)
class ReasonCounts:
    """What verdicts said as they were written, without keeping them."""

    silent: int = 0
    errors: list[str] = field(default_factory=list)

    def counted(self, lines: Iterable[str]) -> Iterator[str]:
        """The same JSON lines of verdicts. Only few are read again: those with an error."""
        for line in lines:
            self.silent += f'"reason": "{NO_ANSWER}' in line
            if '"outcome": "error"' in line:
                self.errors.append(Verdict.from_line(line).reason)
            yield line


def silence(count: int, total: int, helps: str) -> str:
    """A line about candidates that state no answer; with what helps where they are many."""
    said = f"no answer found in {count} of {total}"
    # From here on it is the prompt or the mode, and not a model that errs now and then.
    if not count or count < total / 10:
        return said
    return f"{said}; {helps}"


@dataclass(slots=True)
class Endings:
    """How candidates of a round ended, counted one by one; `silent` ones state no answer.

    `thinking` counts those that were truncated while they thought.
    """

    truncated: int = 0
    thinking: int = 0
    silent: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, candidate: Candidate, verdict: Verdict) -> None:
        """Count one."""
        self.truncated += candidate.truncated
        self.thinking += candidate.truncated and candidate.still_thinking
        self.silent += verdict.reason.startswith(NO_ANSWER)
        if verdict.outcome == "error":
            self.errors.append(verdict.reason)
