"""The face of the answers wing: verdicts on math problems."""

import json
import subprocess
import sys

import pytest

from veritune.config import VerifierConfig
from veritune.records import Candidate, MathProblem, MathReference, Message, Verdict
from veritune.verifiers import open_verifier
from veritune.verifiers.answers import AnswerVerifier


async def judge(answer: str, text: str, marker: str | None = None) -> Verdict:
    reference = MathReference(answer=answer, marker=marker)
    problem = MathProblem(id="p", prompt="?", reference=reference)
    async with AnswerVerifier() as verifier:
        return await verifier.verify(problem, Candidate(problem_id="p", index=3, text=text))


@pytest.mark.parametrize(
    ("answer", "text", "marker"),
    [
        ("1", "95;80;51;#1", "#"),
        ("1,234", "so 2 * 617 = 1234\n#### 1234\n", "####"),
        ("1/2", r"It is \boxed{4}, no: \boxed{\frac{2}{4}}.", None),
        ("0.5", r"\boxed{\frac12}", None),
        ("7", "The final answer is $7$.", None),
    ],
)
async def test_right_answers_pass(answer: str, text: str, marker: str | None) -> None:
    verdict = await judge(answer, text, marker)
    assert (verdict.outcome, verdict.score, verdict.index) == ("passed", 1.0, 3)


@pytest.mark.parametrize(
    ("answer", "text", "marker"),
    [
        ("1", "95;80;51;#2", "#"),
        ("1", "95;80;51;#", "#"),
        ("7", r"\boxed{7} or rather \boxed{8}", None),
        ("7", r"so \boxed{7", None),
        ("7", "7 it is", None),
        ("7", "", None),
    ],
)
async def test_wrong_or_missing_answers_fail(answer: str, text: str, marker: str | None) -> None:
    verdict = await judge(answer, text, marker)
    assert (verdict.outcome, verdict.score) == ("failed", 0.0)
    assert verdict.reason


@pytest.mark.parametrize("answer", ["", " ", "$$", r"\frac{", "9^{9^{9^9}}"])
@pytest.mark.parametrize("text", [r"\boxed{7}", "I do not know", "#" * 60_000])
async def test_a_reference_nobody_can_read_is_an_error_not_a_zero(answer: str, text: str) -> None:
    verdict = await judge(answer, text)
    assert (verdict.outcome, verdict.score) == ("error", None)


THOUGHT = r"maybe \boxed{7}"


@pytest.mark.parametrize(
    ("prompt", "text", "outcome"),
    [
        ("What is 3+4?<think>\n", THOUGHT, "failed"),
        ("What is 3+4?<think>\n", THOUGHT + r"</think>\boxed{7}", "passed"),
        ("What is 3+4?", THOUGHT, "passed"),
        ([{"role": "assistant", "content": "<think>"}], THOUGHT, "failed"),
        ([{"role": "user", "content": "Do not use <think>"}], THOUGHT, "passed"),
    ],
)
async def test_a_thought_that_the_prompt_begins(
    prompt: str | list[Message], text: str, outcome: str
) -> None:
    problem = MathProblem(id="p", prompt=prompt, reference=MathReference(answer="7"))
    async with AnswerVerifier() as verifier:
        verdict = await verifier.verify(problem, Candidate(problem_id="p", index=0, text=text))
    assert verdict.outcome == outcome


def test_importing_the_wing_imports_neither_torch_nor_sympy() -> None:
    code = (
        "import sys, veritune.verifiers.answers\n"
        "print([m for m in ('torch', 'sympy', 'mpmath') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("combine", ["all", "weighted"])
async def test_a_verdicts_line_has_its_seconds_in_six_digits(combine: str) -> None:
    problem = MathProblem(id="p", prompt="?", reference=MathReference(answer="x**2 - 1"))
    candidate = Candidate(problem_id="p", index=0, text=r"\boxed{(x-1)(x+1)}")
    parts = [{"type": "rules", "weight": 0.5}] * 2
    config = VerifierConfig.model_validate({"combine": combine, "parts": parts})
    async with open_verifier(config) as both, open_verifier() as rules:
        for verifier in (both, rules):
            verdict = json.loads((await verifier.verify(problem, candidate)).to_line())
            assert verdict["outcome"] == "passed"
            assert 0 < verdict["seconds"] == round(verdict["seconds"], 6)
