"""The help of a command: options with their values, their defaults and their meaning.

Of a command with more options than a screen holds, those that people use first, and the names of
its tables; `--help TABLE` has one of them, `--help all` everything.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby, pairwise, takewhile
from types import NoneType
from typing import get_args, get_origin

from pydantic import BaseModel

from veritune.cli.first_options import FIRST
from veritune.cli.options import CommandOption, is_choice
from veritune.errors import RecipeError

WIDTH = 100
# Characters of a meaning where many stand on one screen.
TWO_LINES = 220
# Characters of values that stand beside an option.
MANY_VALUES = 70
NAMES = {int: "INT", float: "FLOAT", str: "TEXT"}


# The command's own options, which stand in no table.
OWN = "options"


def help_text(
    shape: type[BaseModel], options: Iterable[CommandOption], prog: str, table: str = ""
) -> str:
    """Usage, the model's docstring, and its options by their tables: the first, one table or all.

    Raises `RecipeError` for a table that is not there.
    """
    # Own keys first, of these the required ones; then those of the parts.
    known = sorted(options, key=lambda one: (len(one.path) > 1, not one.required, one.path[:-1]))
    needed = [f"{one.typed} {_values(one)}" for one in known if one.required and not one.is_place]
    places = [one.typed + (" ..." if one.many else "") for one in known if one.is_place]
    lines = [
        *_wrapped(f"usage: {' '.join([prog, *places, *needed])} [OPTIONS]", 7),
        "",
        *textwrap.wrap(inspect.getdoc(shape) or "", WIDTH),
    ]
    tables = {
        ".".join(section) or OWN: list(rows)
        for section, rows in groupby(known, key=lambda one: one.path[:-1])
    }
    command = _command(prog)
    if not table and command in FIRST:
        return "\n".join([*lines, *_first(known, FIRST[command]), *_list_tables(tables, command)])
    shown = [name for name in tables if _is_in(name, table)] if table not in ("", "all") else tables
    if not shown:
        raise RecipeError(f"no table '{table}'; there are: all, {', '.join(tables)}")
    for name in shown:
        title = OWN if name == OWN else f"[{name}]"
        what = f", {tables[name][0].kind}" if tables[name][0].kind else ""
        lines += ["", f"{title}{what}", *(line for one in tables[name] for line in _lines(one))]
    return "\n".join(lines)


def _wrapped(text: str, indent: int) -> list[str]:
    """A usage over as many lines as it takes, broken between words alone."""
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False
    )


def _command(prog: str) -> str:
    """A usage's words before its first place: `veritune run` of `veritune run RECIPE.toml`."""
    return " ".join(takewhile(lambda word: word == word.lower() and word[0] != "[", prog.split()))


def _is_in(name: str, table: str) -> bool:
    """Whether a table is the one that was asked for, or a part of it."""
    return name == table or name.startswith(f"{table}.")


def _first(known: Iterable[CommandOption], names: Sequence[str]) -> Iterator[str]:
    """What is required, and what people use first in the order of its names."""
    options = {one.name: one for one in known}
    required = [name for name, one in options.items() if one.required or one.is_place]
    yield from ["", "used most"]
    for name in dict.fromkeys([*required, *names]):
        yield from _lines(options[name], TWO_LINES)


def _list_tables(tables: Mapping[str, list[CommandOption]], command: str) -> Iterator[str]:
    """The names of the tables, with how many options are in each and what it is about."""
    yield from [
        "",
        f"all options by table; {command} --help TABLE explains one table, --help all every one",
    ]
    width = max(map(len, tables))
    for name, options in tables.items():
        about = (inspect.getdoc(options[0].model) or "").split("\n\n")[0]
        text = "the command's own" if name == OWN else " ".join(about.split())
        head = f"  {name:<{width}} {len(options):>3}  "
        yield head + textwrap.shorten(text, WIDTH - len(head), placeholder=" ...")


def _lines(option: CommandOption, most: int = sys.maxsize) -> list[str]:
    """One option: how it is typed, its default, what it means in at most so many characters."""
    values = _values(option)
    text = " ".join(meanings(option.model).get(option.path[-1], "").split())
    if option.kinds:
        text = f"Each type has keys of its own: {option.typed} ppo --help."
    if len(values) > MANY_VALUES:
        values, text = "NAME", f"One of {values.replace('|', ', ')}. {text}"
    head = "  ".join(filter(None, [f"  {option.typed} {values}".rstrip(), _default(option)]))
    if len(text) > most:
        text = textwrap.shorten(text, most, placeholder=" ...")
    return [head, *textwrap.wrap(text, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)]


def _values(option: CommandOption) -> str:
    if option.is_place:
        return ""
    if option.is_table:
        return "NAME VALUE ..."
    if option.many:
        return "VALUE ..."
    if option.is_flag and not any(is_choice(one) for one in option.choices):
        return "[true|false]"
    found = list(option.kinds)
    for one in option.choices:
        if is_choice(one):
            found += [str(value) for value in get_args(one)]
        elif one is bool:
            found += ["true", "false"]
        elif one is not NoneType and get_origin(one) is None:
            found.append(NAMES.get(one, "VALUE") if isinstance(one, type) else "VALUE")
    return "|".join(dict.fromkeys(found))


def _default(option: CommandOption) -> str:
    value = option.default
    if option.required:
        return "(required)"
    if option.field.is_required() or value in (None, (), {}, ""):
        return ""
    shown = " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    return f"(default: {shown.lower() if isinstance(value, bool) else shown})"


@cache
def meanings(model: type[BaseModel]) -> dict[str, str]:
    """The string under each field, its parents' where it has none."""
    found: dict[str, str] = {}
    for ancestor in reversed(model.__mro__):
        if not ancestor.__module__.startswith("veritune."):
            continue
        (made,) = ast.parse(textwrap.dedent(inspect.getsource(ancestor))).body
        assert isinstance(made, ast.ClassDef)
        for field, after in pairwise(made.body):
            if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr):
                target, said = field.target, after.value
                if isinstance(target, ast.Name) and isinstance(said, ast.Constant):
                    found[target.id] = str(said.value)
    return found
