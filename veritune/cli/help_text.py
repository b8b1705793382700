"""The help of a command: every option with its values, its default and its meaning."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable
from functools import cache
from itertools import groupby, pairwise
from types import NoneType
from typing import get_args, get_origin

from pydantic import BaseModel

from veritune.cli.options import CommandOption, is_choice

WIDTH = 100
NAMES = {int: "INT", float: "FLOAT", str: "TEXT"}


def help_text(shape: type[BaseModel], options: Iterable[CommandOption], prog: str) -> str:
    """The whole help: usage, the model's docstring, and its options by their tables."""
    # Own keys first, of these the required ones; then those of the parts.
    known = sorted(options, key=lambda one: (len(one.path) > 1, not one.required, one.path[:-1]))
    needed = [f"{one.typed} {_values(one)}" for one in known if one.required and not one.is_place]
    places = [one.typed + (" ..." if one.many else "") for one in known if one.is_place]
    lines = [
        f"usage: {' '.join([prog, *places, *needed])} [OPTIONS]",
        "",
        *textwrap.wrap(inspect.getdoc(shape) or "", WIDTH),
    ]
    for section, own in groupby(known, key=lambda one: one.path[:-1]):
        rows = list(own)
        title = f"[{'.'.join(section)}]" if section else "options"
        what = rows[0].kind if section else ""
        lines += ["", f"{title}{f', {what}' if what else ''}"]
        for option in rows:
            lines += _lines(option)
    return "\n".join(lines)


def _lines(option: CommandOption) -> list[str]:
    """One option: how it is typed, its default, what it means."""
    head = "  ".join(
        filter(None, [f"  {option.typed} {_values(option)}".rstrip(), _default(option)])
    )
    text = " ".join(meanings(option.model).get(option.path[-1], "").split())
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
    found = []
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
