"""Trains the dictionary that records are compressed with; a tool, and not a test.

    python tests/store/train_dictionary.py OUT

Its samples are records as the verifiers make them, about texts of this repository: documentation,
as answers with steps, and programs. Another dictionary is another format of the journal: it needs
another `database.VERSION`.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from zstandard import train_dictionary

from veritune.records import Candidate, Evidence, StepVerdict, TestVerdict, Verdict

ROOT = Path(__file__).parents[2]
# Larger ones gain little for texts that they do not know.
BYTES = 4096
OUTCOMES = ("wrong answer", "runtime error", "cpu time")
LABELS = ("verified", "consistent", "unchecked", "incorrect")


def chunks(text: str, draw: random.Random) -> Iterator[str]:
    """A text in parts of the lengths of solutions."""
    at = 0
    while at < len(text):
        size = draw.randint(300, 1500)
        yield text[at : at + size]
        at += size


def steps(text: str, number: int, draw: random.Random) -> Iterator[StepVerdict]:
    """Verdicts of some steps of a text."""
    start = 0
    for end in sorted(draw.sample(range(1, len(text)), draw.randint(1, 6))):
        label = draw.choice(LABELS)
        known = label != "unchecked"
        kind = draw.choice(("arithmetic", "derivation"))
        yield StepVerdict(
            start=start,
            end=end,
            label=label,
            reason=f"{number} + {end} is {number + end}" if known else "says nothing to check",
            evidence=Evidence(kind=kind, checker="rules") if known else None,
        )
        start = end


def tests(number: int, right: bool, draw: random.Random) -> Iterator[TestVerdict]:
    """Verdicts of some tests; the first is the one that fails."""
    for i in range(number % 9 + 2):
        accepted = right or i > 0
        yield TestVerdict(
            name=f"case {i}",
            outcome="accepted" if accepted else draw.choice(OUTCOMES),
            reason="" if accepted else f"expected {number}, got {number + 1}",
            cpu_ms=round(draw.random() * 9, 2),
        )


def records(text: str, code: bool, draw: random.Random) -> tuple[Candidate, Verdict]:
    """A candidate of a text, and its verdict."""
    number, index, right = draw.randint(1, 9999), draw.randrange(16), draw.random() < 0.5
    id = f"train-{number:05}"
    text = f"```python\n{text}\n```" if code else f"{text}\nThe answer is \\boxed{{{number}}}."
    candidate = Candidate(
        problem_id=id,
        index=index,
        text=text,
        finish_reason="stop",
        policy=f"{draw.getrandbits(64):016x}",
        round=draw.randint(1, 9),
    )
    verdict = Verdict(
        problem_id=id,
        index=index,
        outcome="passed" if right else "failed",
        score=float(right),
        reason=f"answered {number}" if right else f"answered {number}, not {number + 1}",
        answer=None if code else str(number),
        tests=tuple(tests(number, right, draw)) if code else (),
        steps=() if code else tuple(steps(text, number, draw)),
        seconds=round(draw.random(), 4),
    )
    return candidate, verdict


def main(out: Path) -> None:
    """Write the dictionary."""
    draw, samples = random.Random(0), list[bytes]()
    for path in [*sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("veritune/**/*.py"))[::3]]:
        for text in chunks(path.read_text(), draw):
            both = records(text, path.suffix == ".py", draw)
            samples += [record.to_bytes() for record in both]
    out.write_bytes(train_dictionary(BYTES, samples, level=1).as_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
