"""`--from-round K`: back to the state after round K, with what came later moved aside.

Nothing is deleted: later checkpoints, damaged files and the journal as it was go to `aside-N` in
the run's folder. A journal that is lost begins anew at K's checkpoint, which proves itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from veritune.config import Recipe
from veritune.errors import RecipeError, UnwritableError
from veritune.files import write_text
from veritune.models import policy_hash
from veritune.rounds.whole import Say, checked, config_is_known, note, run_of, whole_rounds
from veritune.store import Lock, RunFolder, Store, changed_keys, make_database


def go_back(recipe: Recipe, round: int, say: Say) -> None:
    """Bring a run's folder to the state after `round`; the run is resumed from there.

    Raises `RecipeError` where that round has no checkpoint to resume from, or where the run is of
    another recipe.
    """
    folder = RunFolder(recipe.folder)
    if not folder.checkpoints.is_dir():
        raise RecipeError(f"{folder.path}: no such run; leave --from-round out to begin it")
    aside = _Aside(folder.path)
    try:
        # Sampled from policies before this one: they belong to the state after this round.
        ahead = recipe.rounds.overlap if round else 0
        lost = _move(recipe, folder, round, aside, ahead)
        with Store.open(folder.path) as store:
            _renew(folder, store, round, aside, ahead)
    except OSError as error:
        if isinstance(error, UnwritableError):
            raise
        raise UnwritableError(f"{folder.path}: cannot be written ({error.strerror})") from None
    what, first = "", f"round {round}" if round else "the start"
    if lost:
        what = (
            "; the journal was lost, and begins anew there: pass@1 is compared with that of"
            f" {first}, measured again"
        )
    where = f"; what came later is in {aside.path}" if aside.path.exists() else ""
    say(f"back to the state after round {round}{what}{where}")


def _move(recipe: Recipe, folder: RunFolder, last: int, aside: _Aside, ahead: int) -> bool:
    """Move aside what is later or damaged; whether the journal is lost."""
    run, lost = run_of(folder)  # Not under the lock: files that a writer holds are not checked.
    lock = Lock(folder.path / "journal.lock")
    try:
        whole = {round for round, maker in whole_rounds(folder).items() if maker == run}
        if last and last not in whole:
            can = ", ".join(map(str, [0, *sorted(whole)]))
            raise RecipeError(
                f"--from-round {last}: {folder.path} has no whole checkpoint of it; there is {can}"
            )
        if not lost:
            _check_recipe(folder, recipe, last)
        if lost and (gone := set(range(max(1, last - ahead), last)) - whole):
            raise RecipeError(
                f"--from-round {last}: rounds.overlap samples what is next from round {min(gone)}'s"
                f" policy, too, and {folder.path} has no whole checkpoint of it; go back to another"
            )
        # First of all a copy of the journal as it is: a kill may come at any moment.
        files = [file for file in folder.path.glob("journal.*") if file.name != "journal.lock"]
        aside.add(files, move=lost)
        for round in folder.rounds():
            if round > last or round not in whole:
                aside.add([folder.checkpoint(round)], under="checkpoints")
        aside.add(folder.checkpoints.glob(".round-*"), under="checkpoints")
        aside.add([folder.metrics])
        if lost:
            aside.add([folder.config])
            make_database(folder.journal, run if last else None)
    finally:
        lock.release()
    return lost


def _check_recipe(folder: RunFolder, recipe: Recipe, last: int) -> None:
    """Raise `RecipeError` for what would be refused once all of it is moved aside."""
    with Store.open(folder.path, read_only=True) as store:
        configs = store.facts("config")
        # A run that has sampled nothing may have another recipe.
        if configs and (last or "test/0" in store.names()):
            changed_keys(folder.path, configs[-1], recipe)


def _renew(folder: RunFolder, store: Store, last: int, aside: _Aside, ahead: int) -> None:
    """Make the journal's rows and the files beside it those of the state after round `last`."""
    later = range(last + 1, last + ahead + 1)
    store.drop_after(last, but=[f"{part}/{at}" for part in ("train", "hint") for at in later])
    known, there = store.policies(), folder.rounds()
    store.let_go([round for round in known if round and round not in there])
    for round in there:
        if round not in known:
            place = folder.checkpoint(round)
            note(store, round, policy_hash(place), checked(place))
    configs = store.facts("config")
    if configs and not config_is_known(folder, configs):
        aside.add([folder.config])
        write_text(folder.config, configs[-1])


class _Aside:
    """The folder for what is moved away; made with the first of it."""

    def __init__(self, run: Path) -> None:
        used = [int(path.name[6:]) for path in run.glob("aside-*") if path.name[6:].isdigit()]
        self.path = run / f"aside-{max(used, default=0) + 1}"

    def add(self, files: Iterable[Path], *, under: str = "", move: bool = True) -> None:
        """Move files or folders here, or copy files."""
        for file in files:
            if not file.exists():
                continue
            place = self.path / under
            place.mkdir(parents=True, exist_ok=True)
            if move:
                file.rename(place / file.name)
            else:
                shutil.copyfile(file, place / file.name)
