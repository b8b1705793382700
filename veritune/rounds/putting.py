"""Whether a recipe's prompts go through the model's chat template."""

from __future__ import annotations

from veritune.config import PromptConfig, Recipe
from veritune.models import has_chat_template


def put(recipe: Recipe) -> PromptConfig:
    """How the recipe puts problems, with `chat` decided: auto means where the model has a
    template."""
    config = recipe.prompt
    if config.chat != "auto":
        return config
    on_server = recipe.sampler.type == "server"
    # What template a server's model has is not known here.
    chat = not on_server and has_chat_template(recipe.model.path)
    return config.model_copy(update={"chat": chat})
