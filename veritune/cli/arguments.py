"""Command-line words to frozen models, with one-line errors that name options as they are typed.

`--sampler.n 16`, `--sampler.n=16` and `--sampler.no-flag` are keys of the model and of its parts. A
part of several kinds (`trainer`) has the keys of the kind that the words or the default name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, TypeVar

from pydantic import BaseModel, ValidationError

from veritune.cli.help_text import help_text
from veritune.cli.options import PLACE, CommandOption, options_of
from veritune.config import StepConfig, explain, renamed
from veritune.errors import RecipeError

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
# A key that is given by its place, without its name.
Positional = Annotated[T, PLACE]
Words = list[str]


def parse(shape: type[M], argv: Sequence[str], *, prog: str, default: M | None = None) -> M:
    """Build `shape` from words such as `--sampler.n 16`, over `default` where there is one.

    `--help` prints the options and exits 0, `--help TABLE` those of a table; anything wrong is a
    `RecipeError` of one line.
    """
    words, table = _without_help(argv)
    values = {} if default is None else default.model_dump(exclude_unset=True)
    options = {one.name: one for one in options_of(shape, values, _types(words))}
    if table is not None:
        print(help_text(shape, options.values(), prog, table))
        raise SystemExit(0)
    for option, given in _given(words, options, shape):
        _put(values, option.path, option.read(given))
    for option in options.values():
        option.drop_others(values)
    lacking = [one for one in options.values() if one.required and not _has(values, one.path)]
    if lacking:
        names = ", ".join(one.typed for one in lacking)
        raise RecipeError(f"missing: {names}; see {prog} --help")
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        raise RecipeError(explain(error, shape, typed=True)) from None


def _without_help(argv: Sequence[str]) -> tuple[Words, str | None]:
    """The words without `--help TABLE`, and the table: empty where none is named, None where no
    help is asked for."""
    at = next((i for i, word in enumerate(argv) if word in ("-h", "--help")), None)
    if at is None:
        return list(argv), None
    named = [word for word in argv[at + 1 : at + 2] if not word.startswith("-")]
    rest = [*argv[:at], *argv[at + 1 + len(named) :]]
    return [word for word in rest if word not in ("-h", "--help")], _key("".join(named))


def check_shard(config: StepConfig) -> None:
    """Raise `RecipeError` where pieces are asked for, and nobody is there to share them with."""
    if config.shard and int(os.environ.get("WORLD_SIZE", "1")) == 1:
        raise RecipeError("--shard needs several processes: torchrun --nproc-per-node=2 ...")


def _types(words: Sequence[str]) -> dict[str, str]:
    """The kinds that words such as `--trainer.type ppo` name, by their key."""
    found: dict[str, str] = {}
    for at, word in enumerate(words):
        name, sign, value = word.partition("=")
        if name.startswith("--") and name.endswith(".type"):
            found[_key(name)] = value if sign else "".join(words[at + 1 : at + 2])
    return found


def _given(
    words: Sequence[str], options: Mapping[str, CommandOption], shape: type[BaseModel]
) -> Iterator[tuple[CommandOption, Words]]:
    """Every option that is named, with its words; places are filled in their order."""
    places = [one for one in options.values() if one.is_place]
    waiting = list(words)
    placed: dict[str, Words] = {}
    while waiting:
        word = waiting.pop(0)
        if not _is_name(word):
            taker = next((one for one in places if one.many or one.name not in placed), None)
            if taker is None:
                raise RecipeError(f"no option {word}; options begin with --, see --help")
            placed.setdefault(taker.name, []).append(word)
            continue
        name, sign, value = word.partition("=")
        option, fixed = _named(name, options, shape)
        if fixed is not None:
            yield option, [fixed]
        elif sign:
            yield option, [value]
        else:
            ahead = next((i for i, one in enumerate(waiting) if _is_name(one)), len(waiting))
            count = option.takes(waiting[:ahead])
            yield option, waiting[:count]
            del waiting[:count]
    for name, found in placed.items():
        yield options[name], found


def _named(
    word: str, options: Mapping[str, CommandOption], shape: type[BaseModel]
) -> tuple[CommandOption, str | None]:
    """The option of a word, and its value where the word says it: `--no-flag`."""
    key = _key(word)
    if key in options:
        return options[key], None
    section, dot, name = key.rpartition(".")
    flag = options.get(f"{section}{dot}{name.removeprefix('no_')}")
    if flag is not None and name.startswith("no_") and flag.is_flag:
        return flag, "false"
    table = options.get(section)
    if table is not None and table.is_table:
        return table.entry(name), None
    if new := renamed(key):
        raise RecipeError(f"{word}: renamed to --{new.replace('_', '-')}")
    every = options_of(shape, {}, {}, every=True)
    if kinds := [other.kind for other in every if other.name == key and other.kind]:
        raise RecipeError(f"{word}: is for {' or '.join(kinds)}")
    near = _nearest(key, [*options])
    fix = f"did you mean {options[near].typed}?" if near else "see --help"
    raise RecipeError(f"no option {word}; {fix}")


def _nearest(key: str, names: Sequence[str]) -> str | None:
    """The option that is most like a key: first of its section, by its last word or initials; then
    the one of another table that ends on the same word."""
    section, _, name = key.rpartition(".")
    there = {one.rpartition(".")[2]: one for one in names if one.rpartition(".")[0] == section}
    short = [last for last in there if "".join(word[:1] for word in last.split("_")) == name]
    if len(name) > 1 and (near := short or get_close_matches(name, there, 1)):
        return there[near[0]]
    elsewhere = [one for one in names if one.rpartition(".")[2] == name]
    if len(elsewhere) == 1:
        return elsewhere[0]
    return next(iter(get_close_matches(key, names, 1)), None)


def _is_name(word: str) -> bool:
    return word.startswith("--") and len(word) > 2


def _key(word: str) -> str:
    return word.removeprefix("--").replace("-", "_")


def _put(values: dict[str, object], path: Sequence[str], value: object) -> None:
    """Set a value, making the tables on the way."""
    for part in path[:-1]:
        inner = values.setdefault(part, {})
        assert isinstance(inner, dict)
        values = inner
    values[path[-1]] = value


def _has(values: Mapping[str, object], path: Sequence[str]) -> bool:
    return path[0] in values
