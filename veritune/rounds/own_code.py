"""Own code that a recipe names is loaded and held to its signature before a run has a folder."""

from __future__ import annotations

from veritune.config import Recipe, VerifierConfig
from veritune.plugins import check_call, is_plugin, load_plugin


def check_own_code(recipe: Recipe) -> None:
    """Raise `RecipeError` with one line for own code that cannot be called as it must be."""
    _check_verifiers(recipe.verifier)
    selection = recipe.selection
    if is_plugin(selection.reward):
        key = "selection.reward"
        function = load_plugin(selection.reward, key)
        takes = ("problem", "candidate", "verdict")
        check_call(function, takes, selection.options, selection.reward, key)
    source = recipe.problems.source
    if is_plugin(source):
        key, path = "problems.source", recipe.problems.path
        options = {} if path is None else {"path": path}
        check_call(load_plugin(source, key), ("split",), options, source, key)


def _check_verifiers(config: VerifierConfig) -> None:
    from veritune.verifiers import Own, check_own

    if is_plugin(config.type) and not config.parts:
        check_own(Own(path=config.type, options=config.options, pass_score=config.pass_score))
    for at, part in enumerate(config.parts):
        if is_plugin(part.type):
            key = f"verifier.parts.{at}.type"
            own = Own(path=part.type, options=part.options, pass_score=config.pass_score, key=key)
            check_own(own)
