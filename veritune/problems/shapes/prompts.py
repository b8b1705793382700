"""The prompt of a foreign row: a text, or the turns of a chat up to what is to be answered."""

from __future__ import annotations

import json
from pathlib import Path

from veritune.errors import RecordError
from veritune.problems.cells import is_empty, opened
from veritune.problems.shapes.row import Row, UncheckableError
from veritune.records import Message

# ShareGPT's names of roles.
SPEAKERS = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant"}
# Columns of the text that a question is about. A file, since the data sets chose these words.
AHEAD: list[str] = json.loads(Path(__file__).with_name("ahead.json").read_text())
Prompt = str | list[Message]


def prompt_of(row: Row) -> tuple[Prompt, str | None]:
    """The prompt, and what an assistant's last turn answers, where there is one.

    Raises `RecordError` where there is no prompt, or none that can be read.
    """
    value = row.role("prompt")
    turns = opened(value)
    if isinstance(turns, list) and all(isinstance(turn, dict) for turn in turns):
        value = turns  # else a text that happens to begin with a bracket
    if is_empty(value):
        raise RecordError("no prompt found")
    if isinstance(value, dict):  # a question with its choices, as in ARC's first files
        value = value.get("stem", value.get("content"))
    if isinstance(value, str):
        return _with_text_ahead(row, value), None
    if not isinstance(value, list):
        raise RecordError(f"prompt: expected a text or messages (got {str(value)[:60]!r})")
    return _turns(value)


def text_of(prompt: Prompt) -> str:
    """All that a prompt says."""
    if isinstance(prompt, str):
        return prompt
    return "\n".join(turn["content"] for turn in prompt)


def _with_text_ahead(row: Row, question: str) -> str:
    ahead = [row.take(name) for name in AHEAD if row.has(name)]
    texts = [text for text in ahead if isinstance(text, str) and text not in question]
    system = row.take("system_prompt") if row.has("system_prompt") else None
    if isinstance(system, str):
        texts.insert(0, system)
    extra = row.take("input") if row.has("instruction", "input") else None  # Alpaca's rows
    after = [extra] if isinstance(extra, str) and extra != question else []
    return "\n".join([*texts, question, *after])


def _turns(value: list[object]) -> tuple[Prompt, str | None]:
    turns = [_turn(one) for one in value]
    answer = turns.pop()["content"] if turns and turns[-1]["role"] == "assistant" else None
    if not any(turn["role"] == "user" for turn in turns):
        raise RecordError("prompt: no message of a user")
    return turns, answer


def _turn(value: object) -> Message:
    if not isinstance(value, dict):
        raise RecordError(f"prompt: expected messages with role and content (got {value!r})"[:200])
    role = value.get("role", value.get("from"))
    content = value.get("content", value.get("value"))
    if role in ("tool", "function") or value.get("tool_calls"):
        raise UncheckableError("prompt: has calls of tools, which are not supported")
    if isinstance(content, list):
        content = _parts(content)
    if not isinstance(role, str) or not isinstance(content, str):
        raise RecordError(f"prompt: a message needs role and content (keys: {', '.join(value)})")
    return {"role": SPEAKERS.get(role, role), "content": content}


def _parts(parts: list[object]) -> str:
    """The text of a message that comes in parts."""
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    said = [text for text in texts if isinstance(text, str)]
    if len(said) < len(texts):
        raise UncheckableError("prompt: holds something other than text, such as a picture")
    return "\n".join(said)
