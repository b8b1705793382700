"""`veritune new verifier|recipe|problems FILE`: a commented starting point that runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veritune.cli.console import TerminalProgress
from veritune.errors import RecipeError, UnwritableError

KINDS = {
    "verifier": "an own verifier in Python",
    "recipe": "a recipe for own problems, with the own verifier as one part",
    "problems": "a file of five problems",
}
ENDINGS = {"verifier": ".py", "recipe": ".toml", "problems": ".jsonl"}
VERIFIER = '''"""An own verifier. Try it on reference solutions:

    veritune validate problems.jsonl --type {file}:verify
"""


def verify(problem, candidate, *, longest: int = 2000):
    """True or False, or a score from 0 to 1. Whatever is raised here counts as an error.

    `problem.prompt`, `problem.reference` (what it is checked by) and `problem.metadata` (the other
    columns of your file) are what is known; `candidate.text` is what the model wrote, and
    `candidate.answer` the part behind what it thought. `longest` is an option:
    `verifier.options.longest` in a recipe. Never run the candidate's text here.
    """
    return "\\\\boxed" in candidate.answer and len(candidate.text) <= longest
'''
RECIPE = """# A run on own problems: veritune run {file}
name = "{name}"

[model]
# A folder or a hub name; where no hub answers: veritune model fetch smollm2-135m, and
# "models/smollm2-135m".
path = "HuggingFaceTB/SmolLM2-135M-Instruct"

[problems]
path = "problems.jsonl"  # in any layout; veritune new problems problems.jsonl writes five
train = 4
test = 1

[prompt]
chat = true  # through the model's chat template
instruction = "Think step by step. Put the final answer into \\\\boxed{{}}."

[sampler]
n = 4
max_tokens = 512

[verifier]  # the answer counts most, its form a little
combine = "weighted"
[[verifier.parts]]
type = "rules"
weight = 0.9
[[verifier.parts]]
type = "veritune.verifiers.rewards:answer_format"  # or own code: checks.py:verify
weight = 0.1

[rounds]
count = 1
"""
PROBLEMS = r"""{"question": "What is 17 * 3?", "answer": 51}
{"question": "What is 1/2 + 1/3?", "answer": "5/6"}
{"question": "Solve 2x + 3 = 11 for x.", "solution": "2x = 8, so x = 4: \\boxed{4}"}
{"question": "Which is prime?", "choices": ["4", "9", "7"], "answer": "C"}
{"question": "What is the derivative of x^2?", "answer": "2x"}
"""
TEXTS = {"verifier": VERIFIER, "recipe": RECIPE, "problems": PROBLEMS}


def main(argv: Sequence[str]) -> int:
    """Write one file; nothing is overwritten."""
    if not argv or {"-h", "--help"} & set(argv):
        print("usage: veritune new KIND FILE\n")
        for name, text in KINDS.items():
            print(f"  {name:<9} {text}")
        return 0 if argv else 2
    kind = argv[0]
    if kind not in KINDS:
        raise RecipeError(f"nothing new of kind '{kind}'; there are: {', '.join(KINDS)}")
    path = Path(argv[1]) if len(argv) == 2 else None
    if path is None or path.suffix != ENDINGS[kind]:
        raise RecipeError(f"name one file: veritune new {kind} NAME{ENDINGS[kind]}")
    text = TEXTS[kind]
    filled = text if kind == "problems" else text.format(file=path, name=path.stem)
    try:
        with path.open("x") as stream:
            stream.write(filled)
    except OSError as error:
        raise UnwritableError(f"{path}: cannot be written ({error.strerror})") from None
    TerminalProgress().say(f"{path}: {KINDS[kind]}")
    return 0
