"""A run proves that it is whole before it is resumed, reported or said to be done.

The journal's own pages are checked as it is opened. Here its files and checkpoints are held to what
it says of them, and it to them: a checkpoint names the run that made it, and the policy before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from veritune.errors import DamagedRunError, ModelError
from veritune.models import MANIFEST, Manifest, check_folder, policy_hash
from veritune.store import PolicyRow, RunFolder, Store

Say = Callable[[str], None]


@contextmanager
def open_whole(folder: Path) -> Iterator[Store]:
    """The store of a run to read from, once the run proves to be whole.

    Raises `DamagedRunError` where it does not, `ModelError` where its start does not.
    """
    place = RunFolder(folder)
    with with_choices(place):
        check_not_lost(place)
        store = Store.open(folder, read_only=True)
    with with_choices(place), store:
        check_run(place, store)
        check_start(store)
        yield store


@contextmanager
def with_choices(folder: RunFolder) -> Iterator[None]:
    """Inside, what is missing or damaged is said together with what can be done."""
    try:
        yield
    except DamagedRunError as error:
        newest = newest_whole(folder)
        back = "to begin anew" if newest == 0 else f"to resume from round {newest}'s checkpoint"
        raise DamagedRunError(
            f"{error}; put the run's files back from a copy, or run it with --from-round {newest}"
            f" {back}: what is damaged, and every later round, is moved aside and kept"
        ) from None


def newest_whole(folder: RunFolder) -> int:
    """The last round whose checkpoint is as this run saved it; 0 where there is none."""
    run, _ = run_of(folder)
    return max((round for round, maker in whole_rounds(folder).items() if maker == run), default=0)


def run_of(folder: RunFolder) -> tuple[str | None, bool]:
    """The run that a folder is of, and whether its journal is lost: missing, damaged, another's."""
    makers = list(whole_rounds(folder).values())
    run = journal_id(folder)
    if run is not None and (run in makers or not makers):
        return run, False
    return (makers[-1] if makers else None), True


def whole_rounds(folder: RunFolder) -> dict[int, str]:
    """The rounds whose checkpoint is as it was saved, and the run that each names."""
    found: dict[int, str] = {}
    for round in folder.rounds():
        with suppress(ModelError):
            maker = check_folder(folder.checkpoint(round)).made_by
            if maker.get("round") == round:
                found[round] = str(maker.get("run"))
    return found


def journal_id(folder: RunFolder) -> str | None:
    """The run that the journal names; None where it is missing or damaged."""
    if not folder.journal.exists():
        return None
    try:
        with Store.open(folder.path, read_only=True) as store:
            store.check_structure()
            return store.run_id
    except DamagedRunError:
        return None


def check_not_lost(folder: RunFolder) -> None:
    """Raise `DamagedRunError` where a run's files are there and its journal is not."""
    others = [path for path in (folder.config, folder.metrics) if path.exists()]
    others += [folder.checkpoint(round) for round in folder.rounds()]
    if others and not folder.journal.exists():
        raise DamagedRunError(f"{folder.journal}: missing, and {others[0].name} is there")


def check_files(folder: RunFolder, store: Store) -> None:
    """Raise `DamagedRunError` where `config.toml` or `metrics.jsonl` is not what was written."""
    configs = store.facts("config")
    begun = bool(store.policies())
    if not folder.config.exists():
        if begun:
            raise DamagedRunError(f"{folder.config}: missing")
    elif not config_is_known(folder, configs):
        raise DamagedRunError(f"{folder.config}: not what the run wrote there")
    if not folder.metrics.exists():
        if store.exported_metrics(but_last=True):
            raise DamagedRunError(f"{folder.metrics}: missing")
        return
    # A kill may leave any part of the last export.
    text, least = _read(folder.metrics), len(store.exported_metrics(but_last=True))
    if len(text) >= least and store.exported_metrics().startswith(text):
        return
    raise DamagedRunError(f"{folder.metrics}: not what the journal holds")


def config_is_known(folder: RunFolder, configs: Sequence[str]) -> bool:
    """Whether `config.toml` is what was last written, or, after a kill, what was before."""
    if not folder.config.exists():
        return False
    # The file is written after the fact is noted: a kill between leaves the one before.
    return _read(folder.config) in [text.encode() for text in configs[-2:]]


def check_checkpoints(folder: RunFolder, store: Store) -> None:
    """Hold the checkpoints to the journal, and the journal to them.

    One that was saved and not yet noted, since the run was killed between, is left to `adopt`.
    Raises `DamagedRunError`.
    """
    known, there = store.policies(), folder.rounds()
    for round, row in known.items():
        if round and row.kept:
            _check_known(folder.checkpoint(round), row)
    for round in there:
        if round not in known and not is_next(folder, store, round):
            raise DamagedRunError(
                f"{folder.checkpoint(round)}: the journal knows no such checkpoint: it is of"
                " another run, or the journal is an older one"
            )


def is_next(folder: RunFolder, store: Store, round: int) -> bool:
    """Whether this run saved a checkpoint that the journal was not told of before a kill."""
    known = store.policies()
    if round != max(known, default=-1) + 1 or round - 1 not in known:
        return False
    maker = checked(folder.checkpoint(round)).made_by
    says = maker.get("run"), maker.get("round"), maker.get("previous")
    # A checkpoint whose round was never sampled is of an older history.
    sampled = any(row["round"] == round for row in store.metrics())
    return says == (store.run_id, round, known[round - 1].policy) and sampled


def adopt(folder: RunFolder, store: Store) -> None:
    """Note the checkpoint that was saved just before the run was killed."""
    known = store.policies()
    round = max(known, default=-1) + 1
    if round in folder.rounds() and is_next(folder, store, round):
        place = folder.checkpoint(round)
        note(store, round, policy_hash(place), checked(place))


def note(store: Store, round: int, policy: str, manifest: Manifest) -> None:
    """Write a checkpoint's name and manifest into the journal."""
    previous = str(manifest.made_by.get("previous", ""))
    row = PolicyRow(round=round, policy=policy, previous=previous, manifest=manifest.text)
    store.add_policy(row)


def checked(place: Path) -> Manifest:
    """The manifest of a checkpoint; raises `DamagedRunError`."""
    try:
        return check_folder(place)
    except ModelError as error:
        raise DamagedRunError(str(error)) from None


def check_run(folder: RunFolder, store: Store) -> None:
    """Raise `DamagedRunError` where anything of the run is not as it was written."""
    check_files(folder, store)
    check_checkpoints(folder, store)


def check_start(store: Store) -> None:
    """Raise `ModelError` where the start that was made for the run is there and damaged."""
    for place in (store.folder / path for path in store.facts("start")[-1:]):
        if (place / MANIFEST).exists() and check_shared(place) != store.policies()[0].manifest:
            raise ModelError(f"{place}: not the start that the run began from; put that back")


def check_shared(place: Path) -> str:
    """The manifest of a start that several runs share; raises `ModelError`."""
    try:
        return check_folder(place).text
    except ModelError as error:
        raise ModelError(
            f"{error}; move {place} away, and it is made again, or put it back from a copy"
        ) from None


def _check_known(place: Path, row: PolicyRow) -> None:
    if not place.is_dir():
        raise DamagedRunError(f"{place}: missing, and the journal knows it as {row.policy}")
    if checked(place).text != row.manifest:
        raise DamagedRunError(f"{place}: not the checkpoint that the journal knows")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DamagedRunError(f"{path}: cannot be read ({error.strerror})") from None
