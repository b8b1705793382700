"""The options that a frozen model has on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Discriminator
from pydantic.fields import FieldInfo

from veritune.config import tagged_kinds
from veritune.errors import RecipeError

# How the kind of trainer that has many names is told.
GROUPS = "rloo, grpo and the other groups"
YES, NO = ("true", "True", "1", "yes"), ("false", "False", "0", "no")


class PlaceMark:
    """Marks a key that is given by its place."""


PLACE = PlaceMark()


@dataclass(frozen=True, slots=True)
class OptionName:
    """Marks a key whose option goes by another name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOption:
    """One key of a model, or of a part of it at `path`; `kind` is the kind of part it is for, and
    `others` are the keys that this kind of part has; `kinds` are what a part's type may be."""

    name: str
    path: tuple[str, ...]
    model: type[BaseModel]
    field: FieldInfo
    default: object
    kind: str = ""
    others: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()

    @property
    def typed(self) -> str:
        """As one types it."""
        name = self.name.replace("_", "-")
        return self.name.rpartition(".")[2].upper() if self.is_place else f"--{name}"

    @property
    def required(self) -> bool:
        return self.field.is_required() and len(self.path) == 1

    @property
    def is_place(self) -> bool:
        return PLACE in self.field.metadata

    @property
    def choices(self) -> tuple[object, ...]:
        """What the annotation is a union of, without its marks."""
        return tuple(_members(self.field.annotation))

    @property
    def is_flag(self) -> bool:
        return bool in self.choices and str not in self.choices

    @property
    def is_table(self) -> bool:
        return any(get_origin(one) is dict for one in self.choices)

    @property
    def many(self) -> bool:
        """Whether it is a list."""
        return any(get_origin(one) in (tuple, list) for one in self.choices)

    def takes(self, ahead: Sequence[str]) -> int:
        """How many of the words that follow are its own."""
        if self.many or self.is_table:
            return len(ahead)
        if self.is_flag:
            known = (*YES, *NO, *(word for one in self.choices for word in get_args(one)))
            return int(bool(ahead) and ahead[0] in known)
        return min(1, len(ahead))

    def read(self, words: Sequence[str]) -> object:
        """The value of its words; what it must be is the model's to check."""
        if self.is_table:
            if not words or len(words) % 2:
                raise RecipeError(f"{self.typed}: give names with their values: NAME VALUE ...")
            return dict(zip(words[::2], map(scalar, words[1::2]), strict=True))
        if self.many:
            if any(_holds_models(one) for one in self.choices):
                raise RecipeError(f"{self.typed}: a list of tables; give it in a recipe's file")
            return words[0] if str in self.choices and len(words) == 1 else list(words)
        if not words:
            if self.is_flag:
                return True
            raise RecipeError(f"{self.typed}: give a value")
        if words[0] == "None" and NoneType in self.choices:
            return None
        if _Scalar in self.choices:
            return scalar(words[0])
        return words[0]

    def entry(self, name: str) -> CommandOption:
        """One entry of a table as an option: `--prompt.template-kwargs.NAME VALUE`."""
        return replace(self, path=(*self.path, name), field=FieldInfo(annotation=_Scalar))

    def drop_others(self, values: MutableMapping[str, object]) -> None:
        """Leave out what the default has of another kind of part."""
        part = values.get(self.path[0])
        if self.kind and isinstance(part, dict):
            for key in [key for key in part if key not in self.others]:
                del part[key]


class _Scalar:
    """What a table holds: read as a number, true or false where it is one."""


def scalar(word: str) -> object:
    """A word as the number, true or false that it writes, else as text."""
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return {"true": True, "True": True, "false": False, "False": False}.get(word, word)


def options_of(
    shape: type[BaseModel],
    values: Mapping[str, object],
    types: Mapping[str, str],
    *,
    every: bool = False,
) -> Iterator[CommandOption]:
    """The options of a model with these default values; `types` are the kinds of parts that the
    words name. With `every`, those of all kinds."""
    for name, field in shape.model_fields.items():
        default = values.get(name, field.get_default(call_default_factory=True))
        if kinds := tagged_kinds(field.annotation):
            tag = _tag(field, types.get(f"{name}.type"), default, tuple(kinds), name)
            types_known = tuple(_types_of(kinds.values()))
            for one in kinds if every else (tag,):
                kind = f"{name}.type {GROUPS if one == 'group' else one}"
                own = frozenset(kinds[one].model_fields)
                for option in _of(kinds[one], name, _table(default)):
                    known = types_known if option.path[-1] == "type" else ()
                    yield replace(option, kind=kind, others=own, kinds=known)
        elif (model := _model(field)) is not None:
            yield from _of(model, name, _table(default))
        else:
            yield _option(shape, name, (), field, default)


def _types_of(kinds: Iterable[type[BaseModel]]) -> Iterator[str]:
    """The names of all kinds of a part."""
    for one in kinds:
        yield from _words(one.model_fields["type"].annotation)


def _words(annotation: object) -> Iterator[str]:
    """The words that an annotation allows, of all that it is a union of."""
    if is_choice(annotation):
        yield from map(str, get_args(annotation))
    else:
        for one in get_args(annotation):
            yield from _words(one)


def _of(
    model: type[BaseModel], prefix: str, values: Mapping[str, object]
) -> Iterator[CommandOption]:
    """The options of a part, and of its parts."""
    path = tuple(prefix.split("."))
    for name, field in model.model_fields.items():
        default = values.get(name, field.get_default(call_default_factory=True))
        inner = _model(field)
        if inner is not None:
            yield from _of(inner, f"{prefix}.{name}", _table(default))
        else:
            yield _option(model, name, path, field, default)


def _option(
    model: type[BaseModel], name: str, path: tuple[str, ...], field: FieldInfo, default: object
) -> CommandOption:
    shown = next((one.name for one in field.metadata if isinstance(one, OptionName)), name)
    return CommandOption(
        name=".".join((*path, shown)),
        path=(*path, name),
        model=model,
        field=field,
        default=default,
    )


def _tag(
    field: FieldInfo, named: str | None, default: object, kinds: Sequence[str], name: str
) -> str:
    """Which kind a part is of."""
    asked: object = default if named is None else {"type": named}
    union = next(mark for mark in field.metadata if isinstance(mark, Discriminator))
    tag = union.discriminator(asked) if callable(union.discriminator) else None
    if tag not in kinds:
        raise RecipeError(f"--{name}.{union.custom_error_message} (got {named!r})")
    return str(tag)


def _table(value: object) -> Mapping[str, object]:
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    return value if isinstance(value, dict) else {}


def _model(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _members(annotation: object) -> Iterator[object]:
    """The members of a union; of `Annotated`, what is annotated."""
    if get_origin(annotation) is Annotated:
        yield from _members(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for one in get_args(annotation):
            yield from _members(one)
    else:
        yield annotation


def _holds_models(annotation: object) -> bool:
    return any(isinstance(one, type) and issubclass(one, BaseModel) for one in get_args(annotation))


def is_choice(annotation: object) -> bool:
    """Whether an annotation lists its values."""
    return get_origin(annotation) is Literal
