"""Writes the tables of recipe keys into docs/recipes.md, from veritune/config itself.

python docs/recipe_reference.py          rewrites the page
python docs/recipe_reference.py --check  exits 1 where the page is out of date
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from veritune.config import Recipe, tagged_kinds

PAGE = Path(__file__).with_name("recipes.md")
BEGIN, END = "<!-- begin keys -->\n", "<!-- end keys -->\n"


def main() -> int:
    text = PAGE.read_text()
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    fresh = head + BEGIN + "\n" + "\n".join(tables(Recipe, "", set())) + "\n" + END + tail
    if "--check" in sys.argv:
        return int(fresh != text)
    PAGE.write_text(fresh)
    return 0


def tables(model: type[BaseModel], path: str, told: set[type[BaseModel]]) -> Iterator[str]:
    """One Markdown table for the model's own keys, then those of its parts, each told once."""
    told.add(model)
    parts: list[tuple[str, type[BaseModel]]] = []
    rows: list[str] = []
    meanings, shapes = docstrings(model), model.model_json_schema()["properties"]
    for name, spec in model.model_fields.items():
        if isinstance(spec.annotation, type) and issubclass(spec.annotation, BaseModel):
            parts.append((f"{path}.{name}".lstrip("."), spec.annotation))
            continue
        if kinds := tagged_kinds(spec.annotation):
            parts += [(f"{path}.{name}".lstrip("."), kind) for kind in kinds.values()]
            continue
        listed = get_args(spec.annotation)[:1]  # a list of tables
        if listed and isinstance(listed[0], type) and issubclass(listed[0], BaseModel):
            parts.append((f"[{path}.{name}]", listed[0]))
        given = spec.get_default(call_default_factory=True)
        default = "required" if spec.is_required() else toml(given)
        meaning = " ".join(meanings.get(name, "").split()).replace("|", "\\|")
        rows.append(f"| `{name}` | {values(shapes[name])} | {default} | {meaning} |")
    if rows:
        yield heading(model, path)
        yield inspect.getdoc(model) or ""
        yield "\n| key | values | default | meaning |\n|---|---|---|---|"
        yield from [*rows, ""]
    for name, part in parts:
        if part not in told:
            yield from tables(part, name, told)


def heading(model: type[BaseModel], path: str) -> str:
    """The part's name, and the types that it is for where there are several."""
    kinds = model.model_json_schema()["properties"].get("type")
    several = path == "trainer" and kinds
    return f"### `[{path}]`" * bool(path) + (
        f" with type {values(kinds)}\n" if several else "\n" if path else "### Top of the file\n"
    )


def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The string under each field, its parents' where it has none."""
    found: dict[str, str] = {}
    for ancestor in reversed(model.__mro__):
        if not (
            issubclass(ancestor, BaseModel) and ancestor.__module__.startswith("veritune.config")
        ):
            continue
        body = ast.parse(inspect.getsource(ancestor)).body[0].body  # type: ignore[attr-defined]
        for field, after in pairwise(body):
            if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr):
                found[field.target.id] = after.value.value  # type: ignore[union-attr, attr-defined]
    return found


def values(shape: dict[str, Any]) -> str:
    """What a key takes, in words."""
    if "anyOf" in shape:
        return values(next(option for option in shape["anyOf"] if option["type"] != "null"))
    if "const" in shape or "enum" in shape:
        return ", ".join(f'`"{value}"`' for value in shape.get("enum", [shape.get("const")]))
    if "$ref" in shape or shape["type"] == "object":
        return "table"
    if shape["type"] == "array":
        return f"list of {values(shape['items'])}"
    kind = {"integer": "integer", "number": "number", "string": "text", "boolean": "true, false"}
    signs = (
        ("minimum", "at least"),
        ("exclusiveMinimum", "above"),
        ("maximum", "at most"),
    )
    limits = [f"{word} {shape[sign]:g}" for sign, word in signs if sign in shape]
    return ", ".join([kind[shape["type"]], *limits])


def toml(value: object) -> str:
    """A default as it would stand in a recipe."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f'`"{value}"`'
    return f"`{list(value) if isinstance(value, tuple) else value}`"


if __name__ == "__main__":
    sys.exit(main())
