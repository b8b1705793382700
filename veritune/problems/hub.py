"""Rows of a data set on the hub, or of what a run before has kept of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from veritune.errors import InputError

# A hub that cannot be reached is said to be so before anybody has left.
CONNECT_SECONDS = 10.0


def hub_rows(
    name: str, config: str | None, split: str, revision: str | None
) -> Iterable[dict[str, object]]:
    """The rows of `owner/name`; its first split where it has none of that name.

    A hub that cannot be reached leaves what is kept of the data set; a named revision cannot be
    told from another one there, and is refused. Raises `InputError`.
    """
    # It tells of every attempt; the cause of the last one is told below.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    unreachable = _why_unreachable(name, revision)
    try:
        if unreachable is None:
            return _loaded(name, config, split, revision)
        if revision is not None:
            unreachable += ", and what is kept here may be another revision"
            raise ConnectionError(unreachable)
        with _offline():
            return _loaded(name, config, split, revision)
    except Exception as error:  # the hub library has no base class for what goes wrong
        reason = unreachable or str(error).strip().split("\n")[0] or type(error).__name__
        at = f"@{revision}" if revision else ""
        raise InputError(
            f"{name}{at}: no such file, and not loaded as a hub data set ({reason}); give a file,"
            " or check the name, owner/name:configuration:split@revision, and the network"
        ) from None


def _loaded(
    name: str, config: str | None, split: str, revision: str | None
) -> Iterable[dict[str, object]]:
    from datasets import get_dataset_split_names, load_dataset

    splits = get_dataset_split_names(name, config, revision=revision)
    chosen = split if split in splits else splits[0]
    rows: Iterable[dict[str, object]] = load_dataset(name, config, split=chosen, revision=revision)
    return rows


def _why_unreachable(name: str, revision: str | None) -> str | None:
    """What keeps the hub from answering at all; asked once, where loading would ask for 25 s."""
    from huggingface_hub import HfApi
    from huggingface_hub.constants import HF_HUB_OFFLINE
    from huggingface_hub.errors import HfHubHTTPError

    if HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    try:
        HfApi().dataset_info(name, revision=revision, timeout=CONNECT_SECONDS)
    except HfHubHTTPError:  # It answered; loading says what is wrong.
        return None
    except Exception as error:
        return f"the hub cannot be reached: {error}"
    return None


@contextmanager
def _offline() -> Iterator[None]:
    """Both libraries as if started with HF_HUB_OFFLINE, which they read when they are imported."""
    import datasets.config
    import huggingface_hub.constants

    before = datasets.config.HF_HUB_OFFLINE, huggingface_hub.constants.HF_HUB_OFFLINE
    datasets.config.HF_HUB_OFFLINE = huggingface_hub.constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        datasets.config.HF_HUB_OFFLINE, huggingface_hub.constants.HF_HUB_OFFLINE = before
