"""JSON in and out of the frozen dataclasses that cross every boundary."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Self, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from veritune.errors import RecordError
from veritune.text import writable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# No number for a text, no unknown keys: what a file means is not guessed.
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, ser_json_inf_nan="constants")
# Of a field that is left out of files where it has its default.
OMIT = {"omit": True}
# A number that sqlite and parquet can hold.
Index = Annotated[int, Field(ge=0, lt=2**63)]
# Made once: `json.dumps` with an option makes one a call.
_encoded = json.JSONEncoder(ensure_ascii=False).encode


class Record:
    """JSON in and out for the frozen dataclasses of this room."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """Build from one JSON object; raises `RecordError` with one line naming the key."""
        try:
            return cast(Self, adapter(cast(Hashable, cls)).validate_json(line))
        except ValidationError as error:
            raise RecordError(first_problem(error)) from None

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Build from parsed JSON, as `from_line` does from text."""
        return cls.from_line(json.dumps(value))

    def to_line(self) -> str:
        """One JSON object on one line, without the line end."""
        return writable(_encoded(self.to_json()))

    def to_bytes(self) -> bytes:
        """Compact JSON that `from_line` reads the same record from; what is at its default is left
        out. It takes a fifth of the time of `to_line`, whose text is that of files."""
        serializer = adapter(cast(Hashable, type(self))).serializer
        try:
            return serializer.to_json(self, exclude_defaults=True, warnings=False)
        except ValueError:  # Lone surrogates.
            return self.to_line().encode()

    def to_json(self) -> dict[str, object]:
        """Plain JSON data; optional fields at their default are left out."""
        out: dict[str, object] = {}
        for name, default, omit in _specs(cast(Hashable, type(self))):
            value = getattr(self, name)
            if default is None and value is None:
                continue
            if isinstance(value, tuple):
                if not value and default == ():
                    continue
                value = [v.to_json() if isinstance(v, Record) else v for v in value]
            elif omit and value == default:
                continue
            out[name] = value.to_json() if isinstance(value, Record) else value
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint(Record):
    """A policy on disk: a Hugging Face folder or a PEFT adapter, and its content hash."""

    path: str
    policy: str


@cache
def _specs(shape: Hashable) -> tuple[tuple[str, object, bool], ...]:
    """Name, default and whether the default is left out, of every field."""
    return tuple(
        (
            spec.name,
            spec.default_factory() if spec.default_factory is not MISSING else spec.default,
            bool(spec.metadata.get("omit")),
        )
        for spec in fields(cast("type[DataclassInstance]", shape))
    )


@cache
def adapter(shape: Hashable) -> TypeAdapter[object]:
    """What checks and builds a shape; made once."""
    return TypeAdapter(cast("type[object]", shape))


def first_problem(error: ValidationError, *, tagged: bool = False) -> str:
    """The most exact complaint of a pydantic error as `key.path: what is wrong`.

    With `tagged` the path's first part is the name of a member of a union, and is left out.
    """
    first = max(error.errors(include_url=False), key=lambda item: len(item["loc"]))
    path = ".".join(map(str, first["loc"][1 if tagged else 0 :]))
    message = first["msg"][:1].lower() + first["msg"][1:]
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        message = "unknown key"
    elif first["type"] == "missing":
        message = "missing"
    elif first["type"] in ("union_tag_not_found", "union_tag_invalid"):
        context = first["ctx"]
        path = ".".join(filter(None, [path, context["discriminator"].strip("'")]))
        message = "missing"
        if first["type"] == "union_tag_invalid":
            message = f"expected one of {context['expected_tags']} (got {context['tag']!r})"[:200]
    elif not isinstance(first["input"], (dict, list)):
        message += f" (got {first['input']!r})"[:80]
    return f"{path}: {message}" if path else message
