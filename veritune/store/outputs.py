"""Files that commands write: what each was made of, so that none is overwritten by another's.

Beside `V.jsonl` stands `.V.jsonl.made-of`: the content of what it was made from, the options, and
its own content. Only a file that is as this says counts as ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from veritune.errors import MissingFileError, RecipeError, RecordError, UnwritableError
from veritune.files import write_text

# The formats of records that are written.
ENDINGS = (".jsonl", ".jsonl.zst", ".parquet")


def check_output(
    path: str | Path,
    option: str = "--out",
    endings: tuple[str, ...] = ENDINGS,
    inputs: Iterable[str] = (),
) -> Path:
    """A file that a command will write, in a folder that is made if need be; records by default.

    Raises `RecipeError` or `UnwritableError` before any work, where it could not be written, or is
    one of the inputs.
    """
    out = Path(path)
    if not out.name.endswith(endings):
        raise RecipeError(
            f"{option}: {out}: the ending decides the format; give {', '.join(endings)}"
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror
        raise UnwritableError(f"{option}: {out.parent}: cannot be made ({why})") from None
    if out.is_dir():
        raise RecipeError(f"{option}: {out} is a folder; name a file")
    if not os.access(out.parent, os.W_OK | os.X_OK):
        raise UnwritableError(f"{option}: {out.parent}: cannot be written (Permission denied)")
    if out.exists() and any(os.path.samefile(out, one) for one in inputs if os.path.exists(one)):
        raise RecipeError(f"{option}: {out} is one of the files to read; name another")
    return out


def content_hash(path: str | Path) -> str:
    """sha256 of a file, or of all files of a folder, 32 hex digits."""
    try:
        if Path(path).is_dir():
            files = sorted(file for file in Path(path).rglob("*") if file.is_file())
            parts = [f"{file.relative_to(path)} {content_hash(file)}" for file in files]
            return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:32]
    except FileNotFoundError:
        raise MissingFileError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise RecordError(f"{path}: cannot be read ({error})") from None


def is_made(out: Path, made_of: dict[str, object], inputs: Iterable[str]) -> bool:
    """Whether `out` is there and made of just this.

    Raises `RecipeError` where it may not be written: it is an input, or holds anything else.
    """
    try:
        if any(os.path.samefile(out, given) for given in inputs if os.path.exists(given)):
            raise RecipeError(f"--out: {out} is one of the files to read; name another")
        found = out.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UnwritableError(f"{out}: cannot be written ({error.strerror})") from None
    if not stat.S_ISREG(found.st_mode):
        raise RecipeError(f"--out: {out} is no regular file; name one")
    # An empty file holds nobody's work: `mktemp` makes such ones.
    if found.st_size == 0:
        return False
    _refuse_another(out, made_of)
    return True


def note_made(out: Path, made_of: dict[str, object], content: str) -> None:
    """Say what `out`, whose content hash is `content`, is made of; before it is put in place."""
    write_text(_note_of(out), json.dumps({"content": content, "made_of": made_of}))


def _note_of(out: Path) -> Path:
    return out.with_name(f".{out.name}.made-of")


def _refuse_another(out: Path, made_of: dict[str, object]) -> None:
    advice = "name another --out, or remove it"
    try:
        note = json.loads(_note_of(out).read_bytes())
        content, there = note["content"], dict(note["made_of"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise RecipeError(
            f"--out: {out} exists, and is not known to be of these inputs; {advice}"
        ) from None
    if others := [key for key in made_of if there.get(key) != made_of[key]]:
        raise RecipeError(f"--out: {out} was made with another {', '.join(others)}; {advice}")
    if content_hash(out) != content:
        raise RecipeError(f"--out: {out} was changed since it was made; {advice}")
