"""The runs that are struck: small, and with answers that need every process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from veritune.config import ScratchConfig
from veritune.models import build_scratch, save_policy

COMMON = """output = "{home}"
name = "{name}"
threads = 1
{more}
evaluation = {{ n = 2, k = 2 }}
"""
MATH = (
    COMMON
    + """model.path = "{model}"
rounds = {{ count = 3, prompts = 60, on_empty = "skip" }}
sampler = {{ n = 8, max_tokens = 24{engine} }}
trainer = {{ max_steps = 4, batch_size = 8 }}
[problems]
path = "{problems}"
train = 120
test = 60
decontaminate = false
"""
)
CODE = (
    COMMON
    + """model.scratch = {{ layers = 1, width = 64, heads = 2, max_length = 160 }}
warm_start = {{ demonstrations = 200, max_steps = 400, batch_size = 32, learning_rate = 5e-3 }}
rounds = {{ count = 2, prompts = 40, on_empty = "skip" }}
sampler = {{ n = 4, max_tokens = 80 }}
trainer = {{ max_steps = 4, batch_size = 8 }}
[problems]
source = "functions"
train = 80
test = 30
functions = {{ families = ["arithmetic"] }}
"""
)


def _kind(text: str, more: str = "verifier = {{ workers = 2 }}", engine: str = "") -> str:
    return text.replace("{more}", more).replace("{engine}", engine)


# Verifiers of a cluster have as many cores as workers.
CLUSTER = """verifier = {{ workers = 1 }}
cluster = {{ samplers = 1, verifiers = 2 }}"""
KINDS = {
    "math": _kind(MATH),
    "code": _kind(CODE),
    "docker": _kind(CODE, 'verifier = {{ workers = 2, sandbox = "docker" }}'),
    "ray": _kind(MATH, CLUSTER),
    "ray-code": _kind(CODE, CLUSTER),
    "vllm": _kind(MATH, engine=', type = "vllm", max_num_seqs = 16'),
}
# The second and the third need calculus, the third sympy.
REFERENCES = (
    r"\sqrt{{{1}}}",
    r"\int_0^{{{0}}} \sqrt{{2}} dx",
    r"\frac{{d}}{{dt}}({0}\sqrt{{2}} t)",
)


def roots(path: Path) -> list[dict[str, object]]:
    """Problems whose answers no worker can be spared to compare."""
    rows = [
        {
            "id": f"root-{number}",
            "kind": "math",
            "prompt": f"{number}:",
            "reference": {
                "answer": REFERENCES[number % 3].format(number, number * number * 2),
                "solution": f"\\boxed{{{number}\\sqrt{{2}}}}",
            },
        }
        for number in range(2, 200)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


def model(home: Path, problems: Path, rows: list[dict[str, object]]) -> None:
    """A tiny model, in the folder `model`, that answers with the square root of something."""
    start, out = home / "scratch", home / "model"
    shape = ScratchConfig(layers=1, width=64, heads=2, max_length=64)
    save_policy(*build_scratch(shape, 0), start)
    candidates = home / "candidates.jsonl"
    with candidates.open("w") as file:
        for row in rows:
            reference = row["reference"]
            assert isinstance(reference, dict)
            line = {"problem_id": row["id"], "index": 0, "text": reference["solution"]}
            file.write(json.dumps(line) + "\n")
    words = [("model", start), ("problems", problems), ("candidates", candidates), ("out", out)]
    steps = ["--max-steps", "120", "--learning-rate", "0.005", "--batch-size", "32"]
    command = [sys.executable, "-m", "veritune", "train", "sft"]
    given = [word for name, value in words for word in (f"--{name}", str(value))]
    subprocess.run([*command, *given, *steps], check=True, stdout=subprocess.DEVNULL)
