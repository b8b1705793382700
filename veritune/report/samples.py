"""Which verified candidates the report shows, and how one is cut into its steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from veritune.records import Candidate, Problem, StepVerdict, TestVerdict, Verdict
from veritune.report.heads import TITLE, head
from veritune.report.run import ReportedRun
from veritune.store import Store

# Shown in turn, so that each that occurs is seen.
KINDS = (
    "right answer, wrong step",
    "failed",
    "passed",
    "passed, not every step verified",
    "verifier error",
)

# Characters of one candidate that are shown.
LONGEST = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSegment:
    """A piece of a candidate's text; `step` is None between steps."""

    text: str
    step: StepVerdict | None

    @property
    def body(self) -> str:
        """The text without the white space at its end, where a step's mark goes."""
        return self.text.rstrip()

    @property
    def tail(self) -> str:
        """The white space at its end."""
        return self.text[len(self.body) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A verified candidate as the page shows it."""

    run: str
    round: int
    kind: str
    problem: Problem
    candidate: Candidate
    verdict: Verdict

    @property
    def tone(self) -> str:
        """How the kind is coloured: good, bad or open."""
        return {KINDS[2]: "good", KINDS[3]: "open", KINDS[4]: "open"}.get(self.kind, "bad")

    @property
    def title(self) -> str:
        """The first words of the prompt, or the id of a problem without any."""
        return head(self.problem, TITLE) or self.problem.id

    @property
    def prompt(self) -> str:
        """The problem's prompt as plain text."""
        prompt = self.problem.prompt
        if isinstance(prompt, str):
            return prompt + self.candidate.prefill
        return "\n".join(f"{turn['role']}: {turn['content']}" for turn in prompt)

    @property
    def segments(self) -> list[TextSegment]:
        """The shown text, cut at its steps; what was thought stands apart."""
        begin = len(self.thought)
        steps = (
            replace(step, start=step.start - begin, end=step.end - begin)
            for step in self.verdict.steps
            if step.start >= begin
        )
        return cut(self.candidate.text[begin : begin + LONGEST], steps)

    @property
    def thought(self) -> str:
        """What was thought before the answer."""
        return self.candidate.text[: max(0, self.candidate.answer_part().offset)]

    @property
    def left_out(self) -> int:
        """How many characters of the text are not shown."""
        return max(0, len(self.candidate.text) - len(self.thought) - LONGEST)

    @property
    def mistakes(self) -> list[StepVerdict]:
        """The incorrect steps, in order."""
        return [step for step in self.verdict.steps if step.label == "incorrect"]

    @property
    def failing(self) -> TestVerdict | None:
        """The first test that was not passed."""
        return next((t for t in self.verdict.tests if t.outcome != "accepted"), None)

    @property
    def accepted(self) -> int:
        """How many tests were passed."""
        return sum(test.outcome == "accepted" for test in self.verdict.tests)


def choose(runs: Sequence[ReportedRun], count: int) -> list[Sample]:
    """`count` samples of the last evaluation, dealt to the runs in turn."""
    dealt = chain.from_iterable(zip_longest(*(_of_run(run, count) for run in runs)))
    chosen = [sample for sample in dealt if sample is not None][:count]
    order = [run.name for run in runs]
    return sorted(chosen, key=lambda sample: order.index(sample.run))


def cut(text: str, steps: Iterable[StepVerdict]) -> list[TextSegment]:
    """Cut `text` at the steps' offsets; nothing is lost or there twice.

    A step that overlaps an earlier one, or ends beyond the text, is not marked.
    """
    segments: list[TextSegment] = []
    at = 0
    for step in sorted(steps, key=lambda step: step.start):
        if not at <= step.start < step.end <= len(text):
            continue
        if step.start > at:
            segments.append(TextSegment(text=text[at : step.start], step=None))
        segments.append(TextSegment(text=text[step.start : step.end], step=step))
        at = step.end
    if at < len(text):
        segments.append(TextSegment(text=text[at:], step=None))
    return segments


def kind_of(verdict: Verdict) -> str:
    """Which of `KINDS` a verdict is."""
    if verdict.outcome != "passed":
        return KINDS[1] if verdict.outcome == "failed" else KINDS[4]
    labels = {step.label for step in verdict.steps}
    if "incorrect" in labels:
        return KINDS[0]
    return KINDS[2] if labels <= {"verified"} else KINDS[3]


def _of_run(run: ReportedRun, count: int) -> Iterator[Sample]:
    """The first of each kind, then the second of each, at most one of a problem and kind."""
    if not run.evaluations:
        return
    last = run.evaluations[-1].round
    found: dict[str, dict[str, Sample]] = {kind: {} for kind in KINDS}
    with Store.open(run.folder, read_only=True) as store:
        for problem, candidate, verdict in store.verified(f"test/{last}"):
            kind = kind_of(verdict)
            if len(found[kind]) < count and problem.id not in found[kind]:
                found[kind][problem.id] = Sample(
                    run=run.name,
                    round=last,
                    kind=kind,
                    problem=problem,
                    candidate=candidate,
                    verdict=verdict,
                )
    # One of each kind before a second of any.
    for rank in zip_longest(*(samples.values() for samples in found.values())):
        yield from (sample for sample in rank if sample is not None)
