"""Which option a complaint is about, for messages that know only the file or the key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

# A recipe's key at the beginning of a message.
KEY = re.compile(r"([a-z_]+(?:\.[a-z_]+)+): ")
Given = tuple[str, str]


def with_option(message: str, words: Sequence[str]) -> str:
    """The message of a command that was called with `words`; where it names no option and begins
    with the value of one, or with its key, that option is named.

    Values are also those of the recipe that `words` name.
    """
    if "--" in message:
        return message
    given = list(_typed(words))
    if key := KEY.match(message):
        # Commands that verify name the keys of a recipe's verifier without its section.
        for name in (key[1], key[1].removeprefix("verifier.")):
            if any(option == _option(name) for option, _ in given):
                return _option(name) + message[key.end(1) :]
    for option, value in [*given, *_in_recipe(words)]:
        if value and re.match(rf"{re.escape(value)}(:|\Z)", message):
            return f"{message} ({option})"
    return message


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _typed(words: Sequence[str]) -> Iterator[Given]:
    """Every option with each of its values."""
    option = ""
    for word in words:
        name, sign, value = word.partition("=")
        if name.startswith("--") and len(name) > 2:
            option = name.replace("_", "-")
            yield option, value if sign else ""
        elif option:
            yield option, word


def _in_recipe(words: Sequence[str]) -> Iterator[Given]:
    for word in words:
        if word.endswith(".toml"):
            with suppress(OSError, ValueError, RecursionError):
                yield from _texts(tomllib.loads(Path(word).read_text(encoding="utf-8")), "")


def _texts(table: Mapping[str, object], prefix: str) -> Iterator[Given]:
    """The texts of a table, by the options of their keys."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _texts(value, f"{prefix}{key}.")
        elif isinstance(value, str):
            yield _option(prefix + key), value
