"""Beginning a run, resuming one that proves to be whole, or finding that it is finished."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from veritune.config import EvaluationConfig, Recipe
from veritune.errors import DamagedRunError, JournalError, RecipeError
from veritune.files import write_text
from veritune.models import MANIFEST, check_folder, folder_manifest, model_folder, remove_leftovers
from veritune.records import Checkpoint, MetricsRow, Problem
from veritune.rounds.overlong import run_problems
from veritune.rounds.progress import Progress
from veritune.rounds.verified_again import say_own_code_changed
from veritune.rounds.whole import (
    adopt,
    check_checkpoints,
    check_files,
    check_not_lost,
    check_run,
    check_start,
    checked,
    config_is_known,
    with_choices,
)
from veritune.store import PolicyRow, RunFolder, Store, changed_keys, to_toml

Problems = Sequence[Problem]


@contextmanager
def open_store(folder: RunFolder) -> Iterator[Store]:
    """The journal of a run, for its one writer; made where there is no run yet."""
    with with_choices(folder):
        check_not_lost(folder)
        folder.make()
        store = Store.open(folder.path)
        if store.facts("config") and store.is_empty() and not folder.rounds():
            # It began and drew nothing: its recipe may be corrected.
            store.close()
            for path in (*folder.path.glob("journal.sqlite*"), folder.config, folder.metrics):
                path.unlink(missing_ok=True)
            store = Store.open(folder.path)
    with store:
        yield store


def finished_rows(recipe: Recipe, progress: Progress) -> list[MetricsRow]:
    """The evaluations of a run that has nothing left to do, which is only read; else none."""
    folder = RunFolder(recipe.folder)
    if not folder.journal.exists():
        return []
    with with_choices(folder), Store.open(folder.path, read_only=True, check=False) as store:
        # Its pages are checked once, by whoever resumes it or calls it finished.
        if not _evaluated(recipe, store):
            return []
    with with_choices(folder), Store.open(folder.path, read_only=True) as store:
        configs, rows = store.facts("config"), _evaluated(recipe, store)
        if not configs or not rows:
            return []
        changed_keys(folder.path, configs[-1], recipe)
        check_run(folder, store)
        check_start(store)
        say_own_code_changed(recipe, store, progress)
    progress.measured(rows)
    return rows


def _evaluated(recipe: Recipe, store: Store) -> list[MetricsRow]:
    """The evaluations of a run whose last round has the recipe's; else none."""
    rows = store.evaluations()
    last = [row for row in rows if row["round"] == recipe.rounds.count]
    return rows if last and is_measured_by(last[0], recipe.evaluation) else []


def is_measured_by(row: MetricsRow, config: EvaluationConfig) -> bool:
    """Whether an evaluation was made as the recipe asks for it."""
    return bool((row.get("n"), row.get("k")) == (config.n, config.k))


def begin_or_resume(recipe: Recipe, store: Store, progress: Progress) -> tuple[Problems, Problems]:
    """The run's (training, held-out) problems, once the run on disk is known to be whole.

    Raises `DamagedRunError` where it is not, `RecipeError` where the recipe or its problems are
    not those that it began with.
    """
    folder, text = RunFolder(recipe.folder), to_toml(recipe)
    configs = store.facts("config")
    with with_choices(folder):
        if configs:
            check_files(folder, store)
        elif folder.config.exists():
            raise DamagedRunError(f"{folder.journal}: empty, and config.toml is there")
        check_checkpoints(folder, store)
    changed = changed_keys(folder.path, configs[-1], recipe) if configs else []
    for path in folder.foreign():
        progress.say(f"{path}: not a checkpoint of the run; it is left alone")
    # Checkpoints that a kill left half; the whole ones are checked by then.
    remove_leftovers(folder.checkpoints / "round-*")
    train, test = run_problems(recipe, progress.say)
    if not configs:
        store.begin({"config": text}, {"train": train, "test": test})
    else:
        _check_same(recipe, store, "train", train)
        _check_same(recipe, store, "test", test)
        adopt(folder, store)
    if changed:
        progress.say(f"resumed with changes: {', '.join(changed)}")
    if configs and configs[-1] != text:
        store.add_fact("config", text)
    if not config_is_known(folder, [text]):
        write_text(folder.config, text)
    return train, test


def _check_same(recipe: Recipe, store: Store, split: str, problems: Problems) -> None:
    """Raise `RecipeError` where the problems are not those that were sampled so far."""
    known = {problem.id: problem.to_line() for problem in store.problems(split)}
    here = {problem.id: problem.to_line() for problem in problems}
    if list(known.items()) == list(here.items()):
        return
    other = [id for id in here if id in known and known[id] != here[id]]
    new, gone = [id for id in here if id not in known], [id for id in known if id not in here]
    parts = [
        f"{len(ids)} {what} ({', '.join(map(repr, ids[:3]))}{', ...' if len(ids) > 3 else ''})"
        for what, ids in (("differ", other), ("are new", new), ("are gone", gone))
        if ids
    ]
    raise RecipeError(
        f"{recipe.problems.path or recipe.problems.source}: not the problems that this run began"
        f" with: of the {split} problems {', '.join(parts) or 'the order differs'}; put the file"
        " back as it was, or choose another --name"
    )


def note_start(recipe: Recipe, store: Store, start: Checkpoint) -> None:
    """Hold the policy that the run starts from to what the journal says, or write it there.

    Raises `JournalError` where it is another one than the run began with.
    """
    known = store.policies().get(0)
    place = model_folder(start.path)
    ours = (place / MANIFEST).is_file()
    manifest = check_folder(place).text if ours else folder_manifest(place)
    if known is None:
        _check_makers(recipe, store, start)
        row = PolicyRow(round=0, policy=start.policy, previous="", manifest=manifest)
        store.add_policy(row)
        store.add_fact("start", os.path.relpath(place, recipe.folder))
    elif known.policy != start.policy:
        raise JournalError(
            f"{start.path}: is policy {start.policy}, and {recipe.folder} began from"
            f" {known.policy}; put that back, or choose another --name"
        )
    elif _files(known.manifest) != _files(manifest):
        there, here = _files(known.manifest), _files(manifest)
        names = sorted(n for n in there | here if there.get(n) != here.get(n))
        raise JournalError(
            f"{start.path}/{names[0]}: not as it was when {recipe.folder} began; put it back, or"
            " choose another --name"
        )


def _check_makers(recipe: Recipe, store: Store, start: Checkpoint) -> None:
    """Of a journal that was lost: the checkpoints that are left must come from this start."""
    folder = RunFolder(recipe.folder)
    for round in folder.rounds():
        began = checked(folder.checkpoint(round)).made_by.get("start")
        if began != start.policy:
            raise JournalError(
                f"{folder.checkpoint(round)}: comes from policy {began}, and the start is"
                f" {start.policy}; choose another --name"
            )


def _files(manifest: str) -> dict[str, str]:
    files: dict[str, str] = json.loads(manifest)["files"]
    return files
