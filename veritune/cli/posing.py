"""Prompts as commands that sample put them to a model, and the first of them for a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veritune.cli.console import TerminalProgress
from veritune.config import PromptConfig, SamplerConfig
from veritune.problems import posed, shown
from veritune.records import Problem

# Characters that are shown of a prompt.
LONGEST = 1_500


def pose(
    problems: Sequence[Problem],
    config: PromptConfig,
    model: str,
    sampler: SamplerConfig,
    progress: TerminalProgress,
) -> list[Problem]:
    """The problems as the model gets them; the first one is shown."""
    from veritune.models import has_chat_template

    chat = config.chat
    if chat == "auto":
        # A server's model is not here to be looked at: its prompts are sent as they are.
        here = sampler.type != "server" or Path(model).is_dir()
        chat = has_chat_template(model) if here else False
    found = posed(problems, config, chat=chat)
    if found:
        progress.say(f"first prompt ({'chat' if chat else 'plain text'}):")
        progress.say(shown(found[0])[:LONGEST])
    return found
