"""How a journal of millions behaves: a benchmark, and not a test.

    python tests/store/journal_size.py FOLDER [CANDIDATES] [long|noise|short] [STAGE ...]

Writes CANDIDATES candidates with their verdicts through the real store, as a run does, then opens,
resumes, selects, measures and reports them, each stage in a process of its own. Every line gives
the stage's wall and CPU seconds, the peak of its resident memory, and its rate. FOLDER is kept:
further stages can be asked for by name. `long` records take 1.7 kB as JSON, their texts are words;
those of `noise` are random characters, which compression gains little from; `short` ones take
300 bytes.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from string import ascii_letters, digits, punctuation

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest finds the other tests

from hens import hen_problems

from veritune.config import Recipe, SelectionConfig, check_recipe
from veritune.files import write_text
from veritune.records import (
    Candidate,
    Evidence,
    StepVerdict,
    Verdict,
)
from veritune.rounds.stream import FLUSH
from veritune.store import RunFolder, Store, to_toml

N = 8
COMMIT = FLUSH
# Candidates between two lines of the time that writing them took.
EVERY = 200_000 // COMMIT * COMMIT
EVIDENCE = Evidence(kind="arithmetic", checker="rules")
Row = tuple[Candidate, Verdict]
WORDS = ["".join(random.Random(i).choices(ascii_letters[:26], k=2 + i % 9)) for i in range(3000)]
# Texts are parts of these, from any place on: drawing each word anew takes longer than the store.
STREAMS = {
    "noise": "".join(random.Random(1).choices(ascii_letters + digits + punctuation, k=1 << 20)),
    "long": " ".join(random.Random(2).choices(WORDS, k=1 << 17)),
}
# Characters of a text; of long ones on average.
LENGTHS = {"short": 42, "long": 943, "noise": 900}
KINDS = ("long", "noise", "short")


def recipe_in(folder: Path) -> Recipe:
    values = {
        "name": folder.name,
        "output": str(folder.parent),
        "model": {"path": "none"},
        "evaluation": {"n": N, "k": N},
    }
    return check_recipe(values, "journal size")


def text_of(kind: str, draw: random.Random) -> str:
    stream, size = STREAMS.get(kind, STREAMS["long"]), LENGTHS[kind]
    # Lengths differ, as those of samples do: an index of them is what grows worst.
    size += draw.randrange(-size // 2, size // 2)
    start = draw.randrange(len(stream) - size)
    return stream[start : start + size]


def verified(kind: str, problem: int, index: int, draw: random.Random) -> Row:
    """One candidate with its verdict: every third passes."""
    right = draw.random() < 1 / 3
    text = f"{text_of(kind, draw)}\nThe answer is \\boxed{{{problem}}}."
    count = 1 if kind == "short" else 4
    size = len(text) // count
    steps = tuple(
        StepVerdict(
            start=i * size,
            end=(i + 1) * size,
            label="verified" if right else "consistent",
            reason=f"{problem} + {i} is {problem + i}",
            evidence=EVIDENCE,
        )
        for i in range(count)
    )
    id = f"train-{problem:07}"
    candidate = Candidate(
        problem_id=id, index=index, text=text, finish_reason="stop", policy="0123456789abcdef"
    )
    verdict = Verdict(
        problem_id=id,
        index=index,
        outcome="passed" if right else "failed",
        score=float(right),
        reason=f"answered {problem}, not {problem + 1}",
        answer=str(problem),
        steps=steps,
        seconds=0.01,
    )
    return candidate, verdict


def commits(kind: str, count: int) -> Iterator[list[Row]]:
    """All candidates in the order in which a sampler finishes them, about by problem."""
    draw = random.Random(0)
    for start in range(0, count // N, COMMIT // N):
        these = range(start, min(start + COMMIT // N, count // N))
        rows = [verified(kind, problem, index, draw) for problem in these for index in range(N)]
        draw.shuffle(rows)
        yield rows


def write(folder: Path, count: int, kind: str) -> None:
    """Begin a run, and add all candidates; only what the store does is timed."""
    RunFolder(folder).make()
    text = to_toml(recipe_in(folder))
    wall = cpu = 0.0
    size = 0
    since = (0.0, 0.0)
    with Store.open(folder) as store:
        posed = hen_problems("train", count // N)
        # The first fifth of the candidates is the evaluation's.
        test = posed[: (count // 5 + COMMIT) // N]
        store.begin({"config": text}, {"train": posed, "test": test})
        write_text(folder / "config.toml", text)
        done = 0
        for rows in commits(kind, count):
            if not size:
                size = sum(len(c.to_line()) + len(v.to_line()) for c, v in rows) // len(rows)
            began = time.perf_counter(), time.process_time()
            store.add_verified("test/1" if done < count // 5 else "train/1", rows)
            wall, cpu = wall + time.perf_counter() - began[0], cpu + time.process_time() - began[1]
            done += len(rows)
            if done % EVERY == 0:
                spent = wall - since[0], cpu - since[1]
                print(f"  to {done}: {EVERY / spent[0]:.0f}/s, {EVERY / spent[1]:.0f} a CPU second")
                since = wall, cpu
    on_disk = sum(path.stat().st_size for path in folder.glob("journal.*"))
    print(
        f"  committed: {count / wall:.0f}/s of wall time, {count / cpu:.0f}/s of CPU time; records"
        f" of {size} bytes, {on_disk / count:.0f} on disk"
    )


def open_again(folder: Path, count: int, kind: str) -> None:
    """Open as the one writer, as a resumed run does."""
    Store.open(folder).close()


def resume(folder: Path, count: int, kind: str) -> None:
    """All that `veritune run` looks at before it samples again; problems are not generated."""
    from veritune.rounds.progress import NullProgress
    from veritune.rounds.resume import finished_rows, open_store
    from veritune.rounds.whole import check_checkpoints, check_files

    recipe, run = recipe_in(folder), RunFolder(folder)
    assert not finished_rows(recipe, NullProgress())
    began = time.perf_counter()
    with open_store(run) as store:
        check_files(run, store)
        check_checkpoints(run, store)
        print(f"  opened in {time.perf_counter() - began:.1f} s")


def keys(folder: Path, count: int, kind: str) -> None:
    """What `fill` asks a set of before it samples."""
    with Store.open(folder) as store:
        there = store.indices("train/1")
        waiting = store.unverified("train/1")
        print(f"  {store.count_verified('train/1')} verified of {len(there)} problems", end=", ")
        print(f"{len(waiting)} without a verdict")


def selecting(folder: Path, count: int, kind: str) -> None:
    """Select, write that down, and make the training examples."""
    from veritune.rounds.hints import without_hints
    from veritune.rounds.selection import examples, selected_keys

    config = SelectionConfig(reward="outcome", max_per_problem=1)
    with Store.open(folder) as store:
        chosen = selected_keys(store.verified("train/1"), config)
        store.select("train/1", chosen)
        posed = store.problems("train/1")
        rows = without_hints(store.verified("train/1", selected=True), posed)
        print(f"  {len(chosen)} selected, {len(examples(rows, (), 'equal'))} examples")


def measuring(folder: Path, count: int, kind: str) -> None:
    """The figures of an evaluation."""
    from veritune.rounds.measures import measure

    with Store.open(folder) as store:
        row = measure(store.verified("test/1"), N)
        store.put_metrics([{"round": 1, "phase": "evaluate", "n": N, "policy": "p", **row}])
    print(f"  pass@1 {row['pass_at_1']}")


def report(folder: Path, count: int, kind: str) -> None:
    """`veritune report` of an evaluation of all candidates."""
    from veritune.report.page import render
    from veritune.report.run import read_run

    print(f"  a page of {len(render([read_run(folder)]))} characters")


STAGES = {
    "write": write,
    "open": open_again,
    "resume": resume,
    "keys": keys,
    "select": selecting,
    "measure": measuring,
    "report": report,
}


def stage(name: str, folder: Path, count: int, kind: str) -> None:
    """One stage in this process, with what it took."""
    began, used = time.perf_counter(), time.process_time()
    STAGES[name](folder, count, kind)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = count / wall
    print(f"{name}: {wall:.1f} s, CPU {cpu:.1f} s, peak {peak:.0f} MiB, {rate:.0f} candidates/s")


def main(words: list[str]) -> None:
    if words[0] == "--stage":
        return stage(words[1], Path(words[2]), int(words[3]), words[4])
    folder = Path(words[0])
    count = int(next((word for word in words[1:] if word.isdigit()), 200_000))
    kind = next((word for word in words[1:] if word in KINDS), "long")
    for name in [word for word in words[1:] if word in STAGES] or STAGES:
        given = ["--stage", name, str(folder), str(count), kind]
        subprocess.run([sys.executable, __file__, *given], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
