"""What policy gradients make of the demo's start on chains of arithmetic, at equal samples.

`python tests/trainer/chain_gain.py FOLDER [KIND ...]` prints the table of docs/training.md.
"""

import asyncio
import sys
import tomllib
from pathlib import Path
from typing import Any

from veritune.config import Recipe, check_recipe
from veritune.rounds import NullProgress, improve, start_policy

Metrics = dict[str, Any]
DEMO = Path(__file__).parents[2] / "recipes" / "demo-math.toml"
ROUNDS, PROMPTS, CANDIDATES, TEST = 24, 64, 8, 150
# Each at a rate that it was seen to learn at; at 3e-4 most dip before they rise.
ALGORITHMS: dict[str, dict[str, Any]] = {
    "rloo": {"learning_rate": 1e-4},
    "grpo": {"learning_rate": 3e-4},
    "dr_grpo": {"learning_rate": 1e-4},
    "dapo": {"learning_rate": 1e-4},
    "gspo": {"learning_rate": 3e-4},
    "cispo": {"learning_rate": 1e-4},
    "reinforce_pp": {"learning_rate": 1e-4},
    "reinforce_pp_baseline": {"learning_rate": 3e-4},
    "maxrl": {"learning_rate": 3e-4},
    "pass_at_k": {"learning_rate": 1e-4},
    "prime": {"learning_rate": 1e-4, "reward_learning_rate": 1e-5},
    "distillation": {"learning_rate": 3e-4},
}


def demo(output: Path, **change: Any) -> Recipe:
    values = tomllib.loads(DEMO.read_text())
    values |= {"output": str(output), "threads": 1}
    values["problems"] |= {"train": 2000, "test": TEST}
    values.pop("selection")
    return check_recipe(values | change, "test")


def start_of(output: Path) -> Path:
    """The demo's policy before its first round."""
    return Path(start_policy(demo(output), NullProgress()).path)


def gain(
    start: Path, output: Path, kind: str, rounds: int = ROUNDS, **more: Any
) -> tuple[Metrics, Metrics]:
    """On the same 150 problems with four candidates each, before and after: pass_at_1, pass_at_k
    (any of the four)."""
    recipe = demo(
        output,
        model={"path": str(start)},
        warm_start={},
        evaluation={"n": 4, "k": 4, "every": rounds},
        rounds={"count": rounds, "prompts": PROMPTS, "keep_checkpoints": 1},
        sampler={"n": CANDIDATES, "temperature": 1.0, "max_tokens": 40},
        trainer={"type": kind, "warmup_steps": 16} | ALGORITHMS[kind] | more,
    )
    rows = asyncio.run(improve(recipe))
    return rows[0], rows[-1]


def result(output: Path, rounds: int = ROUNDS) -> str:
    """The policy that `gain` left in `output`."""
    (last,) = output.glob(f"*/checkpoints/round-{rounds}")
    return str(last)


def main(home: Path, *kinds: str) -> None:
    start = start_of(home / "start")
    for kind in kinds or ALGORITHMS:
        more = {"teacher": result(home / "rloo")} if kind == "distillation" else {}
        before, after = gain(start, home / kind, kind, **more)
        shares = [row[name] for row in (before, after) for name in ("pass_at_1", "pass_at_k")]
        print(f"| `{kind}` |", " | ".join(f"{share:.1%}" for share in shares), "|", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
