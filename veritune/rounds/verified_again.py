"""What a resumed run verifies again: verifier errors, and all that own code judged which changed.

Only of rounds that are neither trained nor measured. What stays of older own code is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from veritune.config import Recipe, RlConfig
from veritune.errors import RecipeError, TrainingError
from veritune.plugins import is_plugin, source_hash
from veritune.records import MetricsRow
from veritune.rounds.progress import Progress
from veritune.rounds.reasons import commonest
from veritune.store import Store

# The key of the fact: the hash of every file of own code, by its Python path.
OWN_CODE = "own_code"


def forget_to_verify_again(recipe: Recipe, store: Store, progress: Progress) -> None:
    """Forget the verdicts that are to be made again, and say which and why."""
    now = own_code(recipe)
    changed = _changed(store, now)
    open_sets = set(_open_sets(store))
    found = {
        name: count
        for name in sorted(open_sets)
        if (count := store.forget_verdicts(name, errors_only=not changed))
    }
    if changed:
        _say_what_stays(store, changed, open_sets, progress)
    if found:
        what = "verdicts" if changed else "verifier errors"
        progress.say(f"{sum(found.values())} {what} of {', '.join(found)} are made again")
    if now and store.facts(OWN_CODE)[-1:] != [json.dumps(now)]:
        store.add_fact(OWN_CODE, json.dumps(now))


def say_own_code_changed(recipe: Recipe, store: Store, progress: Progress) -> None:
    """Of a finished run: that its own code is not any more what judged its candidates."""
    # It is only shown, so own code that cannot be loaded any more is no trouble.
    with suppress(RecipeError):
        if changed := _changed(store, own_code(recipe)):
            _say_what_stays(store, changed, set(), progress)


def check_decided(store: Store, name: str) -> None:
    """Raise `TrainingError` where every verdict of a set is a verifier error."""
    if set(store.outcomes(name)) == {"error"}:
        said = commonest(verdict.reason for _, _, verdict in store.verified(name))
        raise TrainingError(
            f"{name}: every verdict is a verifier error, mostly: {said}; mend the verifier and run"
            " the same command again"
        )


def beside(store: Store, row: MetricsRow) -> MetricsRow:
    """A row that stands beside those of its phase and round, where verdicts were made again."""
    known = [old for old in store.metrics(str(row["phase"])) if old["round"] == row["round"]]
    if known and known[-1] | {"step": 0} != row | {"step": 0}:
        return row | {"step": len(known)}
    return row


def own_code(recipe: Recipe) -> dict[str, str]:
    """The hash of the file behind each path of own code that judges or selects candidates."""
    verifier, selection, trainer = recipe.verifier, recipe.selection, recipe.trainer
    paths = {*verifier.deciders, *verifier.labellers, selection.reward}
    if isinstance(trainer, RlConfig):
        paths.add(trainer.credit.reward)
    return {path: source_hash(path, "own code") for path in sorted(filter(is_plugin, paths))}


def _changed(store: Store, now: dict[str, str]) -> list[str]:
    """Files of own code that are not as they were when the run was last begun or resumed."""
    known: dict[str, str] = json.loads((store.facts(OWN_CODE) or ["{}"])[-1])
    # Of a path that was not noted nothing is known: the run is older than the note.
    paths = [path for path, digest in now.items() if known.get(path, digest) != digest]
    return sorted({Path(path.rpartition(":")[0]).name for path in paths})


def _open_sets(store: Store) -> Iterator[str]:
    """Sets whose verdicts nothing was made of yet: no training step, and no evaluation."""
    trained = max(store.policies(), default=0)
    stepped = {row["round"] for row in store.metrics("train")}
    measured = {row["round"] for row in store.evaluations()}
    for name in store.names():
        stem, round = name.partition("/")[0], _round_of(name)
        if stem == "test" and round not in measured:
            yield name
        if stem in ("train", "hint") and round > trained and round not in stepped:
            yield name


def _say_what_stays(
    store: Store, changed: list[str], open_sets: set[str], progress: Progress
) -> None:
    kept = {_round_of(name) for name in store.names() if name not in open_sets}
    if kept:
        first, last = min(kept), max(kept)
        rounds = f"round {first}" if first == last else f"rounds {first} to {last}"
        progress.say(
            f"warning: {', '.join(changed)} changed since the verdicts of {rounds}; they stay as"
            " they are: choose another --name to have all of them by the new code"
        )
    else:
        progress.say(f"{', '.join(changed)} changed since this run's verdicts")


def _round_of(name: str) -> int:
    return int(name.partition("/")[2])
