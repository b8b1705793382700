"""What a model thought is no answer: to any verifier, and in no step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from veritune.config import VerifierConfig
from veritune.records import (
    AssertTests,
    Candidate,
    CodeProblem,
    CodeReference,
    MathProblem,
    MathReference,
    Verdict,
)
from veritune.verifiers import check_candidate, open_verifier
from veritune.verifiers.rewards import answer_format
from veritune.verifiers.steps import spans_of

SUM = MathProblem(id="m", prompt="1+1?", reference=MathReference(answer="2"))
TAGGED = replace(SUM, reference=MathReference(answer="2", marker="<answer>"))
ADD = CodeProblem(
    id="c", prompt="Add.", reference=CodeReference(tests=AssertTests(code="assert add(1, 2) == 3"))
)
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"
CHANNELS = "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>{}"


async def verified(problem: MathProblem | CodeProblem, candidate: Candidate) -> Verdict:
    async with open_verifier(VerifierConfig(), [problem]) as verifier:
        return await verifier.verify(problem, candidate)


MATH = [
    ("<think>\\boxed{3}</think>\\boxed{2}", "passed"),
    ("<think>\\boxed{2}</think>\\boxed{3}", "failed"),
    ("<think>\\boxed{2}</think>I do not know.", "failed"),
    ("<think>\\boxed{2}", "failed"),
    ("<think>1</think><think>\\boxed{2}", "failed"),
    ("\\boxed{3} no, wait</think>\\boxed{2}", "passed"),
    ("\\boxed{2} no, wait</think>\\boxed{3}", "failed"),
    ("[THINK]\\boxed{3}[/THINK]\\boxed{2}", "passed"),
    (CHANNELS.format("\\boxed{3}", "\\boxed{2}"), "passed"),
    (CHANNELS.format("\\boxed{2}", "\\boxed{3}"), "failed"),
    ("analysisIt is \\boxed{2}.", "failed"),
    ("analysisIt is \\boxed{3}.assistantfinal\\boxed{2}", "passed"),
]
TAGS = [
    ("<think><answer>3</answer></think><answer>2</answer>", "passed"),
    ("<think><answer>2</answer></think><answer>3</answer>", "failed"),
    ("<think><answer>2</answer>", "failed"),
]
CODE = [
    (f"<think>\n{WRONG}\n</think>\n{RIGHT}", "passed"),
    (f"<think>\n{RIGHT}\n</think>\n{WRONG}", "failed"),
    (f"<think>\n{RIGHT}", "failed"),
    (f"<think>\n{WRONG[:-4]}\n</think>\n{RIGHT}", "passed"),
    ('```python\ndef add(a, b):\n    """</think>"""\n    return a + b\n```', "passed"),
]


@pytest.mark.parametrize(
    ("problem", "text", "outcome"),
    [
        *((SUM, *case) for case in MATH),
        *((TAGGED, *case) for case in TAGS),
        *((ADD, *case) for case in CODE),
    ],
)
async def test_the_answer_part_decides(
    problem: MathProblem | CodeProblem, text: str, outcome: str
) -> None:
    verdict = await verified(problem, Candidate(problem_id=problem.id, index=0, text=text))
    assert verdict.outcome == outcome, verdict.reason


async def test_a_thought_that_the_template_opened() -> None:
    """The sampler knows; the text alone does not."""
    open_end = Candidate(problem_id="m", index=0, text="So \\boxed{2}", thinking=12)
    assert open_end.still_thinking and open_end.answer == ""
    assert (await verified(SUM, open_end)).outcome == "failed"
    assert (await verified(SUM, replace(open_end, thinking=None))).outcome == "passed"
    code = Candidate(problem_id="c", index=0, text=RIGHT, thinking=len(RIGHT))
    assert "never closed" in (await verified(ADD, code)).reason


async def test_steps_stand_in_the_answer() -> None:
    text = "<think>1+1=3\n2+2=5</think>1+1=2\n2+2=5\nSo \\boxed{2}"
    candidate = Candidate(problem_id="m", index=0, text=text)
    steps = (await verified(SUM, candidate)).steps
    shown = [(text[step.start : step.end].strip(), step.label) for step in steps]
    assert shown[:2] == [("1+1=2", "consistent"), ("2+2=5", "incorrect")]
    assert [(step.start, step.end) for step in steps] == spans_of(SUM, candidate)
    assert spans_of(SUM, replace(candidate, text=text[:12])) == []


async def test_a_failing_program_is_blamed_in_the_answer() -> None:
    text = f"<think>\n{RIGHT}\n</think>\n{WRONG}"
    verdict = await verified(ADD, Candidate(problem_id="c", index=0, text=text, thinking=62))
    (wrong,) = [step for step in verdict.steps if step.label == "incorrect"]
    assert "a - b" in text[wrong.start : wrong.end]


async def test_what_the_answer_began_with_is_read_with_it() -> None:
    boxed = Candidate(problem_id="m", index=0, text="2}", prefill="It is \\boxed{")
    assert (await verified(SUM, boxed)).answer == "2"
    assert answer_format(SUM, boxed)
    fenced = Candidate(problem_id="c", index=0, text=RIGHT[10:], prefill=RIGHT[:10])
    assert (await verified(ADD, fenced)).outcome == "passed"
    closed = Candidate(
        problem_id="m", index=0, text="\\boxed{2}", prefill="<think>\n\n</think>\n\n"
    )
    assert (await verified(SUM, closed)).outcome == "passed"
    within = Candidate(problem_id="m", index=0, text="\\boxed{2}", prefill="<think>\nOkay")
    assert (await verified(SUM, within)).outcome == "failed"
    (first, *_) = check_candidate(
        SUM, Candidate(problem_id="m", index=0, text="=2\n2+2=4", prefill="1+1")
    )
    assert (first.start, first.end, first.label) == (0, 3, "consistent")
