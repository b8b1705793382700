"""The shape of the house: imports point down, no circles, nothing heavy before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from importlib.util import resolve_name
from pathlib import Path

import pytest
import warm

import veritune

PACKAGE = Path(veritune.__file__).parent
ROOMS = (
    *("cli", "serve", "benchmarks", "viewer", "report", "integrations", "rounds", "cluster"),
    *("trainer", "verifiers"),
    *("sampler", "sandbox", "models", "problems", "store", "algebra", "files", "parquet"),
    *(
        "use",
        "records",
        "config",
        "plugins",
        "thinking",
        "text",
        "errors",
        "extras",
        "orphans",
        "orphan_watcher",
        "replies",
        "lazy",
        "once",
        "version",
    ),
)
"""From the roof to the ground: a room may import those after it."""
ANY_A_THOUSAND, COMMENTS = 4.0, 0.02
HEAVY = frozenset(
    {
        *("torch", "transformers", "tokenizers", "safetensors", "peft", "accelerate", "vllm"),
        *("datasets", "pyarrow", "pandas", "sympy", "docker", "ray", "matplotlib", "jinja2"),
    }
)
BACKENDS = ("models/", "trainer/", "sampler/")
"""Where a module may import a heavy package at its top, since its wing's face does not load it."""


def module_name(path: Path) -> str:
    parts = ("veritune", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


WINGS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def package_of(path: Path) -> str:
    return ".".join(("veritune", *path.relative_to(PACKAGE).parent.parts))


def imported(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("veritune"))
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package_of(path))
            if source.split(".")[0] == "veritune":
                names = [f"{source}.{alias.name}" for alias in node.names]
                yield from (name if name in FILES else source for name in names)


def room(module: str) -> str | None:
    """The room of a module; None for the package's own files, which hold nothing but names."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != "__main__" else None


def test_imports_point_down() -> None:
    up = [
        f"{module} imports {name}"
        for module, path in FILES.items()
        if (here := room(module))
        for name in imported(path)
        if (there := room(name)) and ROOMS.index(there) < ROOMS.index(here)
    ]
    assert not up


def public_names(wing: str) -> set[str]:
    """What a wing's face says that others may import; empty for a room of one file."""
    tree = ast.parse(FILES[f"veritune.{wing}"].read_text())
    lists = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    return set(lists[0]) if lists else set()


def imported_names(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of everything that a file imports from a module of ours by name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package_of(path))
            if source.split(".")[0] == "veritune":
                yield from ((source, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("veritune.")]
            yield from ((name, "*") for name in names)


def test_wings_import_from_each_other_through_their_faces_alone() -> None:
    past = [
        f"{module} imports {name} from {source}"
        for module, path in FILES.items()
        for source, name in imported_names(path)
        if (there := room(source)) in WINGS
        and there != room(module)
        and (source != f"veritune.{there}" or name not in public_names(there))
    ]
    assert not past


def test_every_public_name_of_a_face_is_there() -> None:
    done = warm.run("-c", "\n".join(f"from veritune.{wing} import *" for wing in WINGS))
    assert done.poll() == 0, done.said()


def test_no_public_name_of_a_face_becomes_the_module_of_that_name() -> None:
    """Importing `face.name` sets the face's `name` to a module, over a name that is lazy."""
    both = [
        (face, name)
        for face in ("veritune", *(f"veritune.{wing}" for wing in WINGS))
        for name in import_module(face).__all__
        if f"{face}.{name}" in FILES
    ]
    lines = ["from types import ModuleType"]
    for face, name in both:
        lines += [f"import {face}.{name}", f"assert not isinstance({face}.{name}, ModuleType)"]
    loaded_by("-c", "\n".join(lines))


def test_no_import_goes_round_in_a_circle() -> None:
    graph = {module: set(imported(path)) - {module} for module, path in FILES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that run on import, and not those for type checkers alone."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop()
        yield node
        for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef) and not for_types:
            waiting += [child for child in ast.walk(node) if isinstance(child, ast.stmt)][1:]


def imported_on_import(path: Path) -> Iterator[str]:
    """The top-level packages that a file imports as soon as it is imported."""
    for node in top_level(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def is_backend(path: Path) -> bool:
    within = path.relative_to(PACKAGE).as_posix()
    return within.startswith(BACKENDS) and path.name != "__init__.py"


def test_heavy_packages_are_imported_where_they_are_needed() -> None:
    heavy = [
        f"{module} imports {name} at its top"
        for module, path in FILES.items()
        if not is_backend(path)
        for name in HEAVY.intersection(imported_on_import(path))
    ]
    assert not heavy


def loaded_by(*words: str) -> set[str]:
    """The top-level packages that a fresh Python has imported by the end of a command."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip().split(".")[0] for line in lines}


def test_the_faces_of_all_wings_load_nothing_heavy() -> None:
    loaded = loaded_by("-c", "import " + ", ".join(f"veritune.{name}" for name in ROOMS))
    assert "pydantic" in loaded
    assert not loaded & HEAVY


def test_help_loads_nothing_heavy() -> None:
    loaded = loaded_by("-m", "veritune", "--help")
    assert "veritune" in loaded
    assert not loaded & (HEAVY | {"pydantic", "numpy", "rich"})


def test_types_are_true() -> None:
    texts = [path.read_text() for path in FILES.values()]
    names = [node for text in texts for node in ast.walk(ast.parse(text))]
    anys = sum(isinstance(node, ast.Name) and node.id == "Any" for node in names)
    assert 1000 * anys / sum(text.count("\n") for text in texts) <= ANY_A_THOUSAND


def test_decisions_have_their_reasons() -> None:
    lines = [line for path in FILES.values() for line in path.read_text().split("\n")]
    comments = sum(line.lstrip().startswith("# ") for line in lines)
    assert comments / len(lines) >= COMMENTS


def test_a_class_name_stands_once() -> None:
    found = Counter(
        node.name
        for path in FILES.values()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    )
    assert not [name for name, count in found.items() if count > 1]
