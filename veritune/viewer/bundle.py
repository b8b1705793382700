"""The viewer's modules as scripts that stand in a page of their own."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

PAGE = Path(__file__).with_name("page")
IMPORT = re.compile(r'^import \{ ([^}]*) \} from "\./([\w.]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export const (\w+)", re.MULTILINE)
# Preact's own, at the end of what it is shipped as.
EXPORTS = re.compile(r"export\s*\{([^}]*)\};?\s*$")


def scripts() -> list[str]:
    """KaTeX, and the viewer with what it asks in the place of a server."""
    return [(PAGE / "katex.js").read_text(encoding="utf-8"), bundle("saved.js", "app.js")]


def policy_hash(script: str) -> str:
    """How a page's policy names a script that it allows."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def bundle(*entries: str) -> str:
    """Modules with all that they import, each a function that gives its exports."""
    done: dict[str, str] = {}
    for entry in entries:
        _add(entry, done)
    return "(() => {\n" + "\n".join(done.values()) + "\n})();\n"


def _add(name: str, done: dict[str, str]) -> None:
    if name in done:
        return
    text = (PAGE / name).read_text(encoding="utf-8")
    for imported in IMPORT.findall(text):
        _add(imported[1], done)
    exported = [f"{one}: {one}" for one in EXPORT.findall(text)]
    if found := EXPORTS.search(text):
        pairs = (pair.split(" as ") for pair in found[1].split(","))
        exported += [f"{pair[-1].strip()}: {pair[0].strip()}" for pair in pairs]
    text = EXPORTS.sub("", EXPORT.sub(r"const \1", text))
    text = IMPORT.sub(lambda line: f"const {{ {line[1]} }} = {_called(line[2])};", text)
    body = f"{text}\nreturn {{ {', '.join(exported)} }};"
    done[name] = f"const {_called(name)} = (() => {{\n{body}\n}})();"


def _called(name: str) -> str:
    return f"module_{name.removesuffix('.js')}"
