"""What a step's label claims: verified only where the whole step was proved."""

import pytest

from veritune.records import MathProblem, MathReference
from veritune.verifiers.steps import check_steps


def labels(text: str, question: str = "") -> list[str]:
    problem = MathProblem(id="p", prompt=question, reference=MathReference(answer="1"))
    return [step.label for step in check_steps(problem, text)]


@pytest.mark.parametrize(
    "text",
    [
        "She sold 48/2 = 24 clips in May.",
        "3 + 4 = 7",
        "<<3+4=7>>7",
        "So he pays 2 * $5 = $10 and keeps the rest, which is half of it.",
    ],
)
def test_a_recomputed_calculation_is_consistent_and_never_more(text: str) -> None:
    assert labels(text) == ["consistent"]


def test_a_derivation_line_that_follows_whole_is_verified() -> None:
    found = labels("2x + 3 = 7\nTherefore 2x = 4\nx = 2", "Solve 2x + 3 = 7.")
    assert found == ["unchecked", "verified", "verified"]


def test_words_that_no_rule_reads_keep_a_line_from_being_verified() -> None:
    found = labels("2x + 3 = 7\n2x = 4, which the teacher likes\nx = 2", "Solve 2x + 3 = 7.")
    assert found == ["unchecked", "consistent", "verified"]


def test_evidence_says_who_and_how() -> None:
    problem = MathProblem(id="p", prompt="Solve 2x = 4.", reference=MathReference(answer="2"))
    steps = check_steps(problem, "2x = 4\nx = 2\n3 + 4 = 8\nNothing.")
    kinds = [step.evidence and (step.evidence.kind, step.evidence.checker) for step in steps]
    assert kinds == [None, ("derivation", "rules"), ("arithmetic", "rules"), None]
