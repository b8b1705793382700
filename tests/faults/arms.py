"""Several runs that begin at once from a start that is not there yet: all finish, every time.

    python tests/faults/arms.py --times 10 --arms 2 4 8

Each of them takes minutes on a machine of two cores; exits 1 where a run failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

RECIPE = """output = "{home}"
threads = 1
model.scratch = {{ layers = 1, width = 32, heads = 2, max_length = 64 }}
warm_start = {{ demonstrations = 80, max_steps = 20, batch_size = 32 }}
rounds = {{ count = 1, prompts = 10, on_empty = "skip" }}
sampler = {{ n = 2, max_tokens = 8 }}
trainer = {{ max_steps = 2, batch_size = 8 }}
evaluation = {{ n = 2, k = 2 }}
[problems]
source = "chain"
train = 40
test = 10
chain = {{ steps = 1, operators = "+", largest_term = 19, misconception = 0.0 }}
"""


def begin(count: int, home: Path) -> list[str]:
    """What failed of so many runs of one recipe, begun at once."""
    recipe = home / "recipe.toml"
    recipe.write_text(RECIPE.format(home=home))
    arms = [
        subprocess.Popen(
            [sys.executable, "-m", "veritune", "run", str(recipe), "--name", f"arm-{number}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    said = [arm.communicate()[1] for arm in arms]
    failed = [text for arm, text in zip(arms, said, strict=True) if arm.returncode]
    starts = [path.name for path in (home / "starts").glob("*")]
    return failed if len(starts) == 1 else [*failed, f"starts: {starts}"]


def main() -> int:
    """Begin runs together, again and again."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--arms", type=int, nargs="+", default=[2, 4, 8])
    words = parser.parse_args()
    wrong = 0
    for count in words.arms:
        for number in range(words.times):
            with tempfile.TemporaryDirectory(prefix="veritune-arms-") as home:
                failed = begin(count, Path(home))
            wrong += bool(failed)
            print(f"{count} arms, time {number + 1}: {failed or 'all finished'}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
