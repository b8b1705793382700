"""Command-line words to frozen models, through tyro, with one-line errors."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from contextlib import redirect_stderr
from difflib import get_close_matches
from typing import TypeVar

from pydantic import BaseModel

from veritune.config import StepConfig, renamed
from veritune.errors import RecipeError

M = TypeVar("M", bound=BaseModel)


def parse(shape: type[M], argv: Sequence[str], *, prog: str, default: M | None = None) -> M:
    """Build `shape` from words such as `--sampler.n 16`, over `default` where there is one.

    `--help` prints the options and exits 0; anything wrong is a `RecipeError` of one line.
    """
    import tyro

    heard = io.StringIO()
    try:
        with redirect_stderr(heard):
            return tyro.cli(
                shape,
                args=list(argv),
                prog=prog,
                default=tyro.MISSING_NONPROP if default is None else default,
                config=(tyro.conf.AvoidSubcommands,),
            )
    except SystemExit as stop:
        if not stop.code:
            raise
    raise RecipeError(f"command line: {_one_line(heard.getvalue(), shape)}")


def check_shard(config: StepConfig) -> None:
    """Raise `RecipeError` where pieces are asked for, and nobody is there to share them with."""
    if config.shard and int(os.environ.get("WORLD_SIZE", "1")) == 1:
        raise RecipeError("--shard needs several processes: torchrun --nproc-per-node=2 ...")


def _one_line(box: str, shape: type[BaseModel]) -> str:
    """The first section of tyro's boxed complaint, without the box."""
    sections: list[list[str]] = [[]]
    for line in box.splitlines():
        line = line.strip("│| ")
        if line.startswith("╭") or (line and set(line) <= set("─-+╰╯")):
            sections.append([])
        elif line:
            sections[-1].append(line)
    body = [section for section in sections if section]
    if box.lstrip()[:1] not in "╭":  # a plain terminal: the title has a section of its own
        body = body[1:]
    text = " ".join(body[0]) if body else box
    text = re.sub(r"For further information visit\s*\S+", "", text).strip()
    invalid = re.match(r"Error parsing (\S+): \d+ validation errors? for \w+ (\S+) (.*)", text)
    if invalid:
        part, key, what = invalid.groups()
        got = re.search(r"input_value=(.*?), input_type", what)
        what = re.sub(r"\[type=.*", "", what).strip()
        what = what.removeprefix("Value error, ")
        return f"{part}.{key}: {what[:1].lower()}{what[1:]}" + (f" (got {got[1]})" if got else "")
    unknown = re.match(r"Unrecognized options: (\S+)", text)
    if unknown:
        word = unknown[1].rstrip(",")
        if new := renamed(word.lstrip("-").replace("-", "_")):
            return f"{word}: renamed to --{new.replace('_', '-')}"
        near = get_close_matches(word.lstrip("-").replace("-", "_"), _keys(shape), 1)
        fix = f"did you mean --{near[0].replace('_', '-')}?" if near else "see --help"
        return f"no option {word}; {fix}"
    return text


def _keys(shape: type[BaseModel], prefix: str = "") -> list[str]:
    out: list[str] = []
    for name, spec in shape.model_fields.items():
        inner = spec.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            out += _keys(inner, f"{prefix}{name}.")
        else:
            out.append(prefix + name)
    return out
