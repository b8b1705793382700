"""Every reader of what comes from outside, given damaged input: one line, and never a traceback.

    python -m tests.fuzz.readers --minutes 30 [--only recipes] [--seed 1]

Prints every new kind of fault with the seed that repeats it; exits 1 where there was one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest finds the other tests

from fuzz import kinds

from veritune.errors import VerituneError

Reader = Callable[[Random, Path], None]
READERS: dict[str, Callable[[Path], Reader]] = {
    "problems": kinds.problems,
    "candidates": kinds.candidates,
    "verdicts": kinds.verdicts,
    "recipes": kinds.recipes,
    "templates": kinds.templates,
    "replies": kinds.replies,
    "store": kinds.store,
    "report": kinds.report,
    "texts": kinds.texts,
}


def strike(read: Reader, name: str, number: int, seed: int, folder: Path) -> str:
    """What is wrong with how one damaged input was taken; empty where nothing is."""
    random = Random(f"{seed}/{name}/{number}")
    try:
        read(random, folder)
    except VerituneError as error:
        if "\n" in str(error):
            return f"a message of several lines: {str(error)!r:.300}"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = next(
            (f for f in reversed(traceback.extract_tb(error.__traceback__)) if "veritune" in f[0]),
            last,
        )
        return f"{type(error).__name__} at {place.filename}:{place.lineno}: {str(error)[:200]!r}"
    return ""


def main() -> int:
    """Fuzz until the time is over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=list(READERS))
    words = parser.parse_args()
    ends, faults = time.monotonic() + 60 * words.minutes, Counter[str]()
    with tempfile.TemporaryDirectory(prefix="veritune-fuzz-") as temporary:
        chosen = [words.only] if words.only else list(READERS)
        readers = {name: READERS[name](_made(Path(temporary) / name)) for name in chosen}
        numbers, spent = Counter[str](), dict.fromkeys(chosen, 0.0)
        while (started := time.monotonic()) < ends:
            name = min(spent, key=lambda one: spent[one])  # each reader has the same time
            folder = Path(temporary) / name
            if said := strike(readers[name], name, numbers[name], words.seed, folder):
                fault = f"{name}: {said}"
                kind = fault.partition(": '")[0]
                if not faults[kind]:
                    print(f"{fault} (--seed {words.seed}, number {numbers[name]})", flush=True)
                faults[kind] += 1
            numbers[name] += 1
            spent[name] += time.monotonic() - started
    print(f"inputs: {dict(numbers)}; {len(faults)} kinds of fault")
    return 1 if faults else 0


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main())
