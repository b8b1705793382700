"""Candidates of any length and shape: each gets a verdict, and others have their turn meanwhile."""

import asyncio
from collections.abc import Callable
from time import process_time

import pytest

from veritune.records import Candidate, MathProblem, MathReference
from veritune.thinking import split_thinking
from veritune.verifiers import open_verifier
from veritune.verifiers.answers.extract import extract_answer
from veritune.verifiers.code.extract import Asked, Extracted, extract, sources
from veritune.verifiers.code.flags import degrees
from veritune.verifiers.code.statements import statements_of
from veritune.verifiers.long import LONGEST_PROGRAM, LONGEST_SOLUTION, LONGEST_TEXT
from veritune.verifiers.steps import check_steps, steps_of

PROBLEM = MathProblem(id="p", prompt="2 + 3 = ?", reference=MathReference(answer="5"))
PIECES = [
    *("(", "```\n", "~~~\n", "\n", " ", "\t", "\\boxed{", "<think>", "a=", "1+", "$", "=", "- "),
    *("# ", "'", '"""\n', "\\\n", "5 or ", "x: ", "def f(): pass;", "class A: def __eq__ ( "),
    *(
        "</think>",
        "<|im_start|>",
        "Let x = 1. ",
        "1+1=3. ",
        "\\left(",
        "<answer>",
        "the answer is ",
        "from os import ",
        "> ",
    ),
]
AROUND = ["{}", "The answer is {}", "\\boxed{{5}}{}", "```python\n{}", "x = 1\n{}\ndef f(x):\n x"]
SHORT, FACTOR, TRIES = 4_000, 4, 6


def read_code(text: str) -> None:
    """All that is read of a program before and after it runs."""
    asked = Asked(names=frozenset({"f"}), prompt_code="def f(x):\n")
    program = extract(text, asked)
    if isinstance(program, str):
        return
    sources(program, asked.prompt_code, asked.names)
    degrees(program.code, shared=True, exercise="def f(x):")
    statements_of(text, program)


READERS: dict[str, Callable[[str], object]] = {
    "code": read_code,
    "answers": lambda text: extract_answer(text, mode="lenient"),
    "steps": lambda text: check_steps(PROBLEM, text),
    "cuts": steps_of,
    "thinking": split_thinking,
}


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.timeout(600)
@pytest.mark.parametrize("reader", READERS)
def test_no_text_takes_quadratic_time(reader: str) -> None:
    read = READERS[reader]
    late = []
    for piece in PIECES:
        for around in AROUND:
            short, long = (
                around.format(piece * (size // len(piece))) for size in (SHORT, FACTOR * SHORT)
            )
            if not any(is_linear(read, short, long) for _ in range(TRIES)):
                late.append((piece, around))
    assert not late


def is_linear(read: Callable[[str], object], short: str, long: str) -> bool:
    """Whether the long text takes about as much longer as it is longer; others use the machine."""
    return cost(read, long) <= 2 * FACTOR * max(cost(read, short), 0.002)


def cost(read: Callable[[str], object], text: str) -> float:
    """Processor time of one reading, in seconds."""
    started = process_time()
    read(text)
    return process_time() - started


@pytest.mark.parametrize("piece", ["(", "```\n", "<think>\n", "\\boxed{", "a = 1\n"])
async def test_others_have_their_turn_while_ten_megabytes_are_verified(piece: str) -> None:
    text = "1 + 1 = 2\n" + piece * (10_000_000 // len(piece))
    turns = 0
    async with open_verifier() as verifier:
        candidate = Candidate(problem_id="p", index=0, text=text)
        verifying = asyncio.create_task(verifier.verify(PROBLEM, candidate))
        while not verifying.done():
            await asyncio.sleep(0)
            turns += 1
        verdict = await verifying
    assert turns > 3
    assert verdict.outcome == "failed"
    assert f"of at most {LONGEST_TEXT:,}" in verdict.reason


def test_what_is_not_read_is_told() -> None:
    asked = Asked(names=frozenset({"f"}))
    said = extract("x = 1\n" * (LONGEST_PROGRAM // 4), asked)
    assert isinstance(said, str) and f"of at most {LONGEST_PROGRAM:,}" in said
    thought = extract(f"<think>{'hm ' * LONGEST_PROGRAM}</think>\ndef f(x):\n    return x\n", asked)
    assert isinstance(thought, Extracted) and thought.code.strip().startswith("def f")
    assert isinstance(extract("x" * (LONGEST_TEXT + 1), asked), str)
    found = extract_answer("\\boxed{4} " + "so " * LONGEST_SOLUTION + "The answer is 5.")
    assert found.answer == "5" and f"only the last {LONGEST_SOLUTION:,}" in found.limits
    assert extract_answer("The answer is " + " \n" * 1000 + "5").answer == "5"
