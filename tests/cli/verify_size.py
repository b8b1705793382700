"""`veritune verify` of many answers, killed in the middle and resumed: a benchmark, and not a test.

    python tests/cli/verify_size.py FOLDER [ANSWERS]

Prints the peak memory of the main process before and after SIGKILL, and whether every answer has
one verdict, in order, and the right one. FOLDER is made; 200,000 answers take about 250 MB there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

N = 8
ENDS = (
    "so it is \\boxed{ANSWER}",
    "so $x = ANSWER$.\nThe answer is ANSWER.",
    "\\boxed{\\frac{ANSWER}{1}}",
    "12 + 3 = 15 apples, and each costs 2 dollars.\n#### ANSWER",
)


def problems(count: int) -> Iterator[dict[str, object]]:
    for i in range(count // N):
        reference = {"answer": str(i)}
        yield {"id": f"p{i}", "kind": "math", "prompt": f"What is {i}?", "reference": reference}


def candidates(count: int) -> Iterator[dict[str, object]]:
    """Two of three are right."""
    for i in range(count):
        answer = str(i // N + (i % 3 == 0))
        text = "We reason step by step. " * 20 + ENDS[i % len(ENDS)].replace("ANSWER", answer)
        yield {"problem_id": f"p{i // N}", "index": i % N, "text": text}


def peak(process: int) -> int:
    """MiB of a process at most so far; 0 where it has ended."""
    with suppress(OSError, IndexError):
        status = Path(f"/proc/{process}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) // 1024
    return 0


def verify(folder: Path, most: int | None) -> str:
    """Verify, and kill it when `most` lines are written; what it took."""
    names = (("problems", "P.jsonl"), ("candidates", "C.jsonl"), ("out", "V.jsonl"))
    words = [word for key, name in names for word in (f"--{key}", str(folder / name))]
    began, held, part = time.perf_counter(), 0, folder / "V.jsonl.part"
    with subprocess.Popen([sys.executable, "-m", "veritune", "verify", *words]) as process:
        while process.poll() is None:
            held = max(held, peak(process.pid))
            if most is not None and part.exists() and part.read_bytes().count(b"\n") > most:
                process.kill()
                break
            time.sleep(0.2)
    lines = part.read_bytes().count(b"\n") - 1 if part.exists() else 0
    return f"{time.perf_counter() - began:.0f} s, peak {held} MiB, {lines} unfinished verdicts"


def main(folder: Path, count: int) -> None:
    folder.mkdir()
    for name, rows in (("P", problems(count)), ("C", candidates(count))):
        with (folder / f"{name}.jsonl").open("w") as stream:
            stream.writelines(json.dumps(row) + "\n" for row in rows)
    killed, resumed = verify(folder, count // 2), verify(folder, None)
    print(f"killed: {killed}\nresumed: {resumed}")
    with (folder / "V.jsonl").open() as stream:
        found = [json.loads(line) for line in stream]
    keys = [(row["problem_id"], row["index"]) for row in found]
    right = sum((row["outcome"] == "passed") == (i % 3 > 0) for i, row in enumerate(found))
    ordered = keys == [(f"p{i // N}", i % N) for i in range(count)]
    print(f"{len(found)} verdicts, each once and in order: {ordered}; {right} right")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200_000)
