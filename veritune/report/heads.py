"""How a problem is named to a person: by how its prompt begins."""

from __future__ import annotations

import re

from veritune.records import Problem

# Characters of a prompt in a list.
HEAD = 200
# Characters in which its beginning is looked for.
LOOK = 1_000
# Characters of a heading.
TITLE = 90
IMPORT = re.compile(r"(from [\w.]+ )?import ")


def head(problem: Problem, most: int = HEAD) -> str:
    """How a prompt's last message begins, on one line; of code without what it imports."""
    prompt = problem.prompt
    text = (prompt if isinstance(prompt, str) else prompt[-1]["content"] if prompt else "")[:LOOK]
    if problem.kind == "code":
        text = "\n".join(line for line in text.splitlines() if not IMPORT.match(line)) or text
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most].rstrip()}…"
