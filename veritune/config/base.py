"""Types of keys, and the base of every part of a recipe."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# Below 2**63, since sqlite, parquet and torch hold no larger integers.
Positive = Annotated[int, Field(gt=0, lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Rate = Annotated[float, Field(ge=0, le=1)]
PositiveFloat = Annotated[float, Field(gt=0)]
# Options of own code or of a template, passed to it by name.
Options = dict[str, int | float | bool | str]
# Empty, it would be the current folder.
PathText = Annotated[str, Field(min_length=1)]
TrackerName = Literal["tensorboard", "wandb", "trackio"]


def own_or(*names: str) -> AfterValidator:
    """One of these names, or own code by its Python path."""

    def check(value: str) -> str:
        if value not in names and not re.fullmatch(r"[^:\s]+:[A-Za-z_]\w*", value):
            raise ValueError(
                f"expected {', '.join(names)}, or own code as package.module:name or file.py:name"
            )
        return value

    return AfterValidator(check)


class Frozen(BaseModel):
    """Base of every part of a recipe: immutable, unknown keys refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), allow_inf_nan=False
    )


# Keys of earlier versions, by their path in a recipe; they are refused with the new name. A file,
# since they are no words of ours any more.
RENAMED: dict[str, str] = json.loads(Path(__file__).with_name("renamed.json").read_text())


def renamed(key: str) -> str | None:
    """The new name of an old key of a recipe, or of an option that is named without its section."""
    section, dot, name = key.rpartition(".")
    place = section.rpartition(".")[2]
    place = "trainer" if place in ("warm_start", "reward") else place
    for old, new in RENAMED.items():
        of, _, was = old.rpartition(".")
        there, _, now = new.rpartition(".")
        if was == name and place in ({of} if of != there else {"", of.rpartition(".")[2]}):
            return f"{section if of == there else there}{dot}{now}"
    return None
