"""`veritune bench supervision RECIPE.toml`: run a study's cells side by side, then write it up.

Every cell is a run of its own in a process of its own; what is finished is not done again, and
what was killed resumes where it left off. A cell that fails is reported and the others continue.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from veritune.benchmarks.supervision import held_out
from veritune.benchmarks.supervision.plan import Cell, StudyRecipe, cells
from veritune.benchmarks.supervision.reranker_results import rerank_folder
from veritune.benchmarks.supervision.reranking import rerank_seed
from veritune.benchmarks.supervision.runs import finished, run_cell
from veritune.errors import VerituneError
from veritune.rounds import Advance, Progress

# prctl's number, of <linux/prctl.h>.
PR_SET_PDEATHSIG = 1


# Arms whose first round labels the start policy's samples; the last one named is taken.
LABELLED = ("process", "outcome")
# A name, and a call that says what went wrong.
Job = tuple[str, Callable[..., str], tuple[object, ...]]


class StudyError(VerituneError, RuntimeError):
    """A study that cannot continue."""


def run_study(study: StudyRecipe, workers: int, progress: Progress) -> dict[str, str]:
    """Run every cell of the study; what went wrong, by the cell's name."""
    folder = Path(study.output) / study.name
    tests = folder / "problems"
    held_out.write_tests(study, tests)
    every = cells(study)
    first = every[0].arm
    failed: dict[str, str] = {}
    with progress.phase(f"{study.name}: runs", len(every)) as advance:
        # The first arm's runs build the warm starts that the others of their seed share.
        for part in _parts(every, first):
            jobs: list[Job] = [
                (cell.recipe.name, run_cell, (cell, tests, study.study.candidates)) for cell in part
            ]
            failed |= _side_by_side(jobs, workers, progress, advance)
    return failed | _rerank(study, every, folder, workers, progress)


def _rerank(
    study: StudyRecipe, every: Sequence[Cell], folder: Path, workers: int, progress: Progress
) -> dict[str, str]:
    """Every seed's rerankers, trained on what its outcome or process arm sampled first."""
    asked = study.study
    drawn = {c.seed: c for c in every if c.arm in LABELLED and c.sweep is None}
    problems = held_out.read_tests(folder / "problems", "test", study)[: asked.rerank_problems]
    if not asked.rerank or not drawn:
        return {}
    jobs: list[Job] = [
        (
            f"rerank-{seed}",
            rerank_seed,
            (study, cell, problems, rerank_folder(folder, seed)),
        )
        for seed, cell in drawn.items()
        if finished(cell.recipe.folder)
    ]
    with progress.phase(f"{study.name}: rerankers", len(jobs)) as advance:
        return _side_by_side(jobs, workers, progress, advance)


def _parts(every: Sequence[Cell], first: str) -> list[list[Cell]]:
    starts = [c for c in every if c.arm == first and c.sweep is None]
    others = [c for c in every if c not in starts]
    twins: dict[str, list[Cell]] = {}
    for cell in others:  # two runs of one warm start must not both build it
        key = f"{cell.recipe.seed}-{cell.recipe.problems}"
        twins.setdefault(key, []).append(cell)
    heads = [group[0] for group in twins.values()]
    return [starts, heads, [c for c in others if c not in heads]]


def _side_by_side(
    jobs: Sequence[Job], workers: int, progress: Progress, advance: Advance
) -> dict[str, str]:
    failed: dict[str, str] = {}
    # Not fork: torch's threads do not survive one.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        try:
            names = {pool.submit(work, *words): name for name, work, words in jobs}
            for future in as_completed(names):
                wrong = future.result()
                if wrong:
                    failed[names[future]] = wrong
                progress.say(f"{names[future]}: {wrong or 'done'}")
                advance(1)
        except BrokenProcessPool:
            raise StudyError(
                "a run's process was ended from outside (out of memory?);"
                " run the same command again to resume, with fewer --workers"
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise
    return failed


def _end_with_parent() -> None:
    """A worker does not outlive the study, however that ends; Ctrl-C is the study's to heed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Before torch is imported there: cells side by side have a core each.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
