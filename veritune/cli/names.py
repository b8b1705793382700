"""Names of files on a command line that can be none."""

from __future__ import annotations

import errno
from collections.abc import Sequence

from veritune.errors import RecipeError

# By their last part: --problems.path names a file as --path does. Other options may be empty: a
# system prompt, a separator.
FILES = frozenset(
    {
        *("problems", "candidates", "verdicts", "out", "model", "labels", "report", "junit"),
        *("markdown", "output", "recipes", "path", "test-path", "adapter", "against", "cache"),
        *("preferences", "reference", "dockerfile"),
    }
)


def check_named(words: Sequence[str]) -> None:
    """Raise `RecipeError` for an empty name: as a path it would be the current folder."""
    for before, word in zip(["", *words], words, strict=False):
        option, sign, value = word.partition("=")
        if word.startswith("--") and sign and not value:
            name = option
        elif word == "":
            name = before if before.startswith("--") else ""
        else:
            continue
        if not name:
            raise RecipeError("an empty word is the name of nothing; give one, or leave it out")
        if name.rpartition(".")[2].lstrip("-").replace("_", "-") in FILES:
            raise RecipeError(f"{name}: empty; name a file or folder, or leave the option out")


def is_request(error: BaseException) -> bool:
    """Whether a failure is that of a name no file can have, which is the request's own fault."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno == errno.ENAMETOOLONG:
            return True
        seen = seen.__cause__ or seen.__context__
    return False
