"""Files that the tests and the candidate both work on: each side has its own, and tells changes.

Neither side ever opens a file of the other's. What the candidate sends is written only where it
is data to the tests: never over a file of theirs, nor where Python or pytest would load it.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .messages import Change, Surroundings

# The only folder that programs may write to; each side has a /tmp of its own.
ROOT = "/tmp"
SUITE = "/tmp/suite"
# What one call may have changed; a tree beyond that is not told of whole.
MOST_FILES, MOST_BYTES = 500, 4 << 20
# Of a text that is looked at as a path.
MOST_PATH = 1_000
# What Python and pytest write by themselves.
SKIPPED = ("__pycache__", ".pytest_cache", ".hypothesis")
# What Python, pytest or an installer would run or obey: never from the candidate to the tests.
LOADED = (".py", ".pyc", ".pyi", ".so", ".pth", ".ini", ".cfg", ".toml", ".egg-info", ".dist-info")


class Tree:
    """The files below `/tmp`, as the other side knows them. `kept`: paths that do not cross."""

    def __init__(self, kept: frozenset[str] = frozenset()) -> None:
        self._kept = kept
        self._known: dict[str, tuple[int, int]] = {}
        self._shown: set[str] = set()
        self._environment = dict(os.environ)
        self._folder = os.getcwd()

    def changes(self) -> list[Change]:
        """What is new since the last time: [path, base64 or None for a folder], ["-", path]."""
        found = self._scan()
        made: list[Change] = []
        for path, mark in found.items():
            if self._known.get(path) != mark:
                made.append([path, None if mark[0] == -1 else _read(path)])
        made += [["-", path] for path in self._known if path not in found]
        made += [[path, _read(path)] for path in self._shown]
        self._shown.clear()
        self._known = found
        return made

    def show(self, values: Iterable[object]) -> None:
        """Have the kept files cross whose paths are among these: the tests pass them on."""
        for value in values if self._kept else ():
            is_path = type(value) is str or type(value).__module__ == "pathlib"
            if is_path and len(text := str(value)) < MOST_PATH:
                path = os.path.abspath(text)
                if path in self._kept and not path.endswith(LOADED):
                    self._shown.add(path)

    def surroundings(self) -> Surroundings:
        """What changed in the environment and the working folder."""
        told: Surroundings = {}
        now = dict(os.environ)
        if now != self._environment:
            gone: dict[str, str | None] = {
                name: None for name in self._environment if name not in now
            }
            told["environ"] = gone | {k: v for k, v in now.items() if self._environment.get(k) != v}
            self._environment = now
        with contextlib.suppress(OSError):
            if (folder := os.getcwd()) != self._folder:
                told["cwd"] = self._folder = folder
        return told

    def apply(self, changes: object, *, trusted: bool) -> None:
        """Make the other side's changes here."""
        for path, data in changes if type(changes) is list else ():
            gone = path == "-"
            path = data if gone else path
            if type(path) is not str or not self._may_write(path, trusted):
                continue
            with contextlib.suppress(OSError, ValueError):
                _remove(path) if gone else _write(path, data)
        self._known = self._scan()

    def _may_write(self, path: str, trusted: bool) -> bool:
        if path in self._kept:
            return trusted
        if not path.startswith(f"{ROOT}/") or ".." in path.split("/"):
            return False
        if "\0" in path or any(part in SKIPPED for part in path.split("/")):
            return False
        return trusted or not (path.startswith(f"{SUITE}/") and path.endswith(LOADED))

    def _scan(self) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        ahead, size = [ROOT], 0
        while ahead and len(found) < MOST_FILES:
            with contextlib.suppress(OSError), os.scandir(ahead.pop()) as entries:
                for entry in entries:
                    if entry.path in self._kept or entry.name in SKIPPED or entry.is_symlink():
                        continue
                    state = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(state.st_mode):
                        found[entry.path] = (-1, 0)
                        ahead.append(entry.path)
                    elif stat.S_ISREG(state.st_mode) and size + state.st_size <= MOST_BYTES:
                        size += state.st_size
                        found[entry.path] = (state.st_mtime_ns, state.st_size)
        return found


def surround(told: Surroundings) -> None:
    """Take over the other side's environment and working folder."""
    for name, value in told.get("environ", {}).items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if "cwd" in told:
        with contextlib.suppress(OSError):
            os.chdir(told["cwd"])


def _read(path: str) -> str:
    with contextlib.suppress(OSError), open(path, "rb") as stream:
        return stream.read().hex()
    return ""


def _write(path: str, data: str | None) -> None:
    if data is None:
        os.makedirs(path, exist_ok=True)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o644), "wb") as stream:
        stream.write(bytes.fromhex(data))


def _remove(path: str) -> None:
    if os.path.isdir(path):
        os.rmdir(path)
    else:
        os.unlink(path)
