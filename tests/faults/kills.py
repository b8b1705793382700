"""Whole runs whose processes are killed and stopped at random, beside one that nobody disturbs.

    python tests/faults/kills.py --kills 300

Kills (SIGKILL), stops for good (SIGSTOP) and stops for a moment hit the main process, what forks
and what compares answers, and every process of the sandbox. A run whose main process was killed is
resumed with the same command. Then nothing may be lost, twice, changed or left behind. Takes
minutes a run; exits 1 where anything differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from injector import below

from veritune.config import ScratchConfig
from veritune.models import build_scratch, save_policy
from veritune.store import Store

# Wall seconds after which nothing of a run may be there.
GRACE = 2.0
# More of it, to tell what ends late on a busy machine from what never does.
LATE = 15.0
# How often the main process is hit, where others are there, too.
MAIN_SHARE = 0.12
# How often it is hit where it is alone: while it imports, samples and trains.
ALONE_SHARE = 0.02
# Runs are told apart in /proc by this variable, also those that nobody's child is any more.
MARK = "VERITUNE_KILLS"
# A run that takes longer, with all that happens to it, hangs.
LONGEST = 900.0
COMMON = """output = "{home}"
name = "{name}"
threads = 1
verifier = {{ workers = 2 }}
evaluation = {{ n = 2, k = 2 }}
"""
MATH = (
    COMMON
    + """model.path = "{model}"
rounds = {{ count = 3, prompts = 60, on_empty = "skip" }}
sampler = {{ n = 8, max_tokens = 24 }}
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


def model(home: Path, problems: Path, rows: list[dict[str, object]]) -> Path:
    """A tiny model that answers with the square root of something."""
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
    return out


class Disturbed:
    """A run, from its first command to its end, and what was done to it."""

    def __init__(self, recipe: Path, seed: int, most: int) -> None:
        self.recipe, self.most, self.random = recipe, most, random.Random(seed)
        self.struck: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.left = 0
        self._seen: dict[int, str] = {}
        self._mark = f"{os.getpid()}-{seed}"
        self._waking: dict[int, float] = {}
        self._deadline = time.monotonic() + LONGEST

    def finish(self) -> None:
        """Run the command again and again, until it ends by itself."""
        while True:
            run = subprocess.Popen(
                [sys.executable, "-m", "veritune", "run", str(self.recipe)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, MARK: self._mark},
            )
            killed = self._disturb(run)
            said = run.communicate()[1]
            self._look_for_left()
            if killed:
                continue
            if run.returncode:
                self.wrong.append(f"exit code {run.returncode}: {said.strip()[-400:]}")
            return

    def _disturb(self, run: subprocess.Popen[str]) -> bool:
        """Strike until the run ends; whether it was killed."""
        while run.poll() is None:
            self._wake(time.monotonic())
            time.sleep(self.random.uniform(0.02, 0.2))
            if time.monotonic() > self._deadline:
                self.wrong.append("it hangs")
                run.kill()
                return False
            there = below(run.pid)
            self._seen |= {pid: _begin(pid) for pid in [run.pid, *there] if pid not in self._seen}
            if self.struck.total() >= self.most or run.poll() is not None:
                continue
            with suppress(ProcessLookupError):
                if there and self.random.random() > MAIN_SHARE:
                    self._strike(self.random.choice(there), "other")
                elif self.random.random() > ALONE_SHARE and not there:
                    continue
                elif self._strike(run.pid, "main") == "kill":
                    run.wait()
                    return True
        self._wake(time.monotonic() + LONGEST)
        return False

    def _strike(self, pid: int, whom: str) -> str:
        """One blow. Nobody can do anything about a main process that is stopped for good."""
        how = self.random.choice(["kill", "kill", "delay", "stop" if whom == "other" else "delay"])
        os.kill(pid, signal.SIGKILL if how == "kill" else signal.SIGSTOP)
        if how == "delay":
            self._waking[pid] = time.monotonic() + self.random.uniform(0.05, 0.8)
        self.struck[f"{how} {whom}"] += 1
        return how

    def _wake(self, now: float) -> None:
        for pid in [pid for pid, at in self._waking.items() if at <= now]:
            del self._waking[pid]
            with suppress(ProcessLookupError):
                if _begin(pid) == self._seen.get(pid):
                    os.kill(pid, signal.SIGCONT)

    def _look_for_left(self) -> None:
        """Count what is still there after the time of grace."""
        end = time.monotonic() + GRACE
        while (there := self._there()) and time.monotonic() < end:
            time.sleep(0.05)
        self.left += len(there)
        names = ", ".join(map(_name, there))
        end = time.monotonic() + LATE
        while (there := self._there()) and time.monotonic() < end:
            time.sleep(0.05)
        if names:
            print(f"  left after {GRACE:g} s: {names}; after {LATE:g} s more: {len(there)}")
        for pid in there:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._seen.clear()
        self._waking.clear()

    def _there(self) -> set[int]:
        found = {pid for pid, begin in self._seen.items() if begin and _begin(pid) == begin}
        for name in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                if f"{MARK}={self._mark}".encode() in Path(f"/proc/{name}/environ").read_bytes():
                    found.add(int(name))
        return found


def _begin(pid: int) -> str:
    """When a process began, which tells it from another of its number; nothing for a dead one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in (b"Z", b"X") else fields[19].decode()


def _name(pid: int) -> str:
    """The beginning of a process's command line."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return " ".join(word[:30] for word in words[:5])
    return "gone"


Keys = dict[tuple[str, str, int], tuple[str, str, float | None]]


def journal(folder: Path) -> tuple[Keys, object, int]:
    """Every candidate with its verdict, all that follows from them, and how many occur twice."""
    keys: Keys = {}
    count = 0
    with Store.open(folder, read_only=True) as store:
        for name in store.names():
            for problem, candidate, verdict in store.verified(name):
                keys[name, problem.id, candidate.index] = (
                    *(candidate.text, verdict.outcome),
                    verdict.score,
                )
                count += 1
        selected = {name: sorted(store.selected(name)) for name in store.names()}
        policies = [(row["round"], row["pass_at_1"], row["policy"]) for row in store.evaluations()]
    weights = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("checkpoints/*/model.safetensors"))
    }
    return keys, (selected, policies, weights), count - len(keys)


def differences(whole: Path, run: Path) -> Counter[str]:
    """How a run differs from the undisturbed one."""
    (keys, rest, _), (own, own_rest, twice) = journal(whole), journal(run)
    found = Counter(lost=len(keys.keys() - own.keys()), more=len(own.keys() - keys.keys()))
    found["twice"] = twice
    for key in keys.keys() & own.keys():
        found["texts changed"] += keys[key][0] != own[key][0]
        if keys[key][1:] != own[key][1:]:
            found["errors" if own[key][1] == "error" else "verdicts changed"] += 1
    found["selection or parameters"] = int(rest != own_rest)
    return found


def main() -> int:
    """Runs of both kinds in turn, until so many strikes were made."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--a-run", type=int, default=25, help="strikes at one run")
    parser.add_argument("--kinds", nargs="+", default=["math", "code"], choices=["math", "code"])
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    struck: Counter[str] = Counter()
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="veritune-kills-") as folder:
        home = Path(folder)
        problems = home / "roots.jsonl"
        parts = {"problems": problems, "model": model(home, problems, roots(problems))}
        undisturbed: dict[str, Path] = {}
        number = 0
        while struck.total() < words.kills:
            kind = words.kinds[number % len(words.kinds)]
            if kind not in undisturbed:
                undisturbed[kind] = begin(home, kind, "whole", parts, 0, 0, found, struck)
            most = min(words.a_run, words.kills - struck.total())
            name, seed = f"run-{number}", words.seed + number
            own = begin(home, kind, name, parts, seed, most, found, struck)
            differs = differences(undisturbed[kind], own)
            found += differs
            number += 1
            print(f"{kind} {number}: {struck.total()} strikes, {dict(+differs) or 'equal'}")
            sys.stdout.flush()
    print(f"{number} runs, {struck.total()} strikes: {dict(struck)}")
    wrong = (
        "lost",
        "more",
        "twice",
        "texts changed",
        "verdicts changed",
        "errors",
        "left",
        "failed",
    )
    wrong += ("selection or parameters",)
    print(", ".join(f"{name} {found[name]}" for name in wrong))
    return 1 if any(found[name] for name in wrong) else 0


def begin(
    home: Path,
    kind: str,
    name: str,
    parts: dict[str, Path],
    seed: int,
    most: int,
    found: Counter[str],
    struck: Counter[str],
) -> Path:
    """The folder of a run that was disturbed so often, and has ended."""
    place = home / kind
    place.mkdir(exist_ok=True)
    recipe = place / f"{name}.toml"
    recipe.write_text((MATH if kind == "math" else CODE).format(home=place, name=name, **parts))
    run = Disturbed(recipe, seed, most)
    run.finish()
    struck += run.struck
    found["left"] += run.left
    found["failed"] += len(run.wrong)
    for text in run.wrong:
        print(f"  {kind}, seed {seed}: {text}", flush=True)
    if run.left:
        print(f"  {kind}, seed {seed}: {run.left} processes left", flush=True)
    return place / name


if __name__ == "__main__":
    sys.exit(main())
