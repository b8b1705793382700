"""What candidates came to, in words."""

from __future__ import annotations

import re

import veritune.rounds.run as run
import veritune.rounds.verify_files as verify_files
from veritune.cli.arguments import parse
from veritune.cli.verify import VerifyArguments
from veritune.config import Recipe
from veritune.records import (
    Candidate,
    Flag,
    MathProblem,
    MathReference,
    TestVerdict,
    Verdict,
    VerifiedCandidate,
)
from veritune.rounds.reasons import (
    ReasonCounts,
    commonest,
    histogram,
    silence,
    truncations,
    what_helps,
)
from veritune.text import truncation

PROBLEM = MathProblem(id="p", prompt="1+1?", reference=MathReference(answer="2"))


def row(
    text: str, outcome: str, reason: str = "", *, cut: bool = False, **more: object
) -> VerifiedCandidate:
    score = {"passed": 1.0, "failed": 0.0, "error": None}[outcome]
    finish = "length" if cut else "stop"
    candidate = Candidate(problem_id="p", index=0, text=text, finish_reason=finish)  # type: ignore[arg-type]
    keys = {"problem_id": "p", "index": 0, "outcome": outcome, "score": score, "reason": reason}
    return PROBLEM, candidate, Verdict(**(keys | {"seconds": 0.0} | more))  # type: ignore[arg-type]


ROWS = [
    *[row("?", "failed", "no answer found in the solution")] * 3,
    row("<think>?", "failed", "no answer found in the solution", cut=True),
    row("2", "passed", cut=True),
    *[row("3", "failed", answer="3")] * 2,
    row("2", "passed"),
    row("2", "passed", flags=(Flag(name="exits", degree="cheat"),)),
    row("2", "error"),
    row("x", "failed", tests=(TestVerdict(name="t", outcome="cpu time", reason=""),)),
]


def test_every_candidate_counts_once() -> None:
    assert histogram(ROWS, "passed and not taken") == (
        "no answer found 3, wrong answer 2, truncated while thinking 1, truncated 1,"
        " passed and not taken 1, passed with a sign of cheating 1, verifier error 1, cpu time 1"
    )


def test_truncation_is_told_by_what_it_ended() -> None:
    assert truncations(candidate for _, candidate, _ in ROWS) == (2, 1)
    said = truncation(2, 11, 64, 1)
    assert said.startswith("warning: 2 of 11 candidates (18%) were truncated at max_tokens = 64")
    assert ", 1 of them while thinking; " in said
    assert truncation(1, 100) == "1 of 100 candidates (1%) were truncated"
    assert truncation(0, 100) == ""


def test_what_verifiers_said_is_counted_as_verdicts_are_written() -> None:
    tally = ReasonCounts()
    errors = [row("?", "error", f"verifier error: {why}") for why in ("no  key", "no key", "x")]
    lines = [verdict.to_line() for _, _, verdict in [*ROWS[:4], *errors]]
    assert list(tally.counted(lines)) == lines
    assert tally.silent == 4
    assert commonest(tally.errors[1:]) == "no key (1)"
    assert commonest([]) == ""


def test_many_silent_candidates_are_told_what_helps() -> None:
    assert silence(1, 100, "help") == "no answer found in 1 of 100"
    assert silence(10, 100, "help") == "no answer found in 10 of 100; help"


def test_the_options_that_help_are_those_of_the_command() -> None:
    def options(text: str) -> list[str]:
        return re.findall(r"--[\w.]+(?: [a-z]+)?(?=[;,)])", text)

    for said, shape in ((run.ANSWERS_HELP, Recipe), (verify_files.ANSWERS_HELP, VerifyArguments)):
        found = options(said)
        assert [word for word in found if "answers.mode lenient" in word]
        needed = [] if shape is Recipe else ["--problems", "P", "--candidates", "C", "--out", "V"]
        given = [word for one in found for word in one.split() if len(one.split()) == 2]
        parse(shape, [*needed, *given], prog="veritune")  # Refuses an option that is not there.


def test_advice_follows_what_most_came_to() -> None:
    cut, error = row("1", "failed", cut=True), row("1", "error", cut=True)
    assert what_helps(ROWS).startswith("sample more")
    assert "--sampler.max-tokens" in what_helps([cut, cut, error])
    assert what_helps([cut, error, error]).startswith("mend the verifier")
