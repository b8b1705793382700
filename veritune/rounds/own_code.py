"""Own code that a recipe names is loaded and held to its signature before a run has a folder."""

from __future__ import annotations

from veritune.config import Recipe, RlConfig, VerifierConfig
from veritune.plugins import check_call, is_plugin, load_plugin


def check_own_code(recipe: Recipe) -> None:
    """Raise `RecipeError` with one line for own code that cannot be called as it must be."""
    check_own_verifiers(recipe.verifier)
    selection = recipe.selection
    if is_plugin(selection.reward):
        key = "selection.reward"
        function = load_plugin(selection.reward, key)
        takes = ("problem", "candidate", "verdict")
        check_call(function, takes, selection.options, selection.reward, key)
    if isinstance(recipe.trainer, RlConfig) and is_plugin(recipe.trainer.credit.reward):
        key, credit = "trainer.credit.reward", recipe.trainer.credit
        takes = ("problem", "candidate", "verdict")
        check_call(load_plugin(credit.reward, key), takes, credit.options, credit.reward, key)
    source = recipe.problems.source
    if is_plugin(source):
        key, path = "problems.source", recipe.problems.path
        options = {} if path is None else {"path": path}
        check_call(load_plugin(source, key), ("split",), options, source, key)


def check_own_verifiers(config: VerifierConfig) -> None:
    """As `check_own_code`, for the verifiers alone."""
    from veritune.verifiers import Own, check_own

    if is_plugin(config.type) and not config.parts:
        check_own(Own(path=config.type, options=config.options, pass_score=config.pass_score))
    for name in filter(is_plugin, config.labellers if "rules" in config.deciders else ()):
        found = [part for part in config.parts if part.type == "rules"]
        options = found[0].options if found else config.options
        key = "verifier.steps"
        check_own(Own(path=name, options=options, pass_score=0.5, key=key, method="check"))
    for at, part in enumerate(config.parts):
        if is_plugin(part.type):
            key = f"verifier.parts.{at}.type"
            own = Own(path=part.type, options=part.options, pass_score=config.pass_score, key=key)
            check_own(own)
