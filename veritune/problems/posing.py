"""How problems are put to the model: instruction, template, system prompt, chat turns.

A problem whose prompt is messages already keeps them: an instruction that is asked for is put
after its last turn, and a system prompt before its first, where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from veritune.config import PromptConfig
from veritune.errors import InputError, MissingFileError, RecipeError
from veritune.plugins import check_call, is_plugin, load_plugin, what_went_wrong
from veritune.problems.datasets import DATASETS
from veritune.problems.shapes.prompts import Prompt, text_of
from veritune.records import CodeProblem, Message, Problem

# Instructions by name.
PRESETS = {
    "gsm8k": DATASETS["gsm8k"].instruction,
    "boxed": "Reason step by step. Put the final answer into \\boxed{}.",
    "letter": "Reason step by step. Put the letter of the right option into \\boxed{}.",
    "code": "Answer with one Python code block.",
}
# Where a template's file has the problem's prompt.
PLACE = "{prompt}"
Template = Callable[[Problem], Prompt]


def posed(
    problems: Sequence[Problem], config: PromptConfig, *, chat: bool, source: str | None = None
) -> list[Problem]:
    """The problems as they are put to the model.

    `chat`: through the model's chat template. `source` is the data set whose own instruction is
    taken where none is asked for. Raises `RecipeError` for a template that cannot be used.
    """
    template = _template(config.template)
    return [
        replace(problem, prompt=_prompt(problem, config, template, chat=chat, source=source))
        for problem in problems
    ]


def shown(problem: Problem) -> str:
    """A prompt for a person to read, with its turns."""
    if isinstance(problem.prompt, str):
        return problem.prompt
    return "\n".join(f"[{turn['role']}] {turn['content']}" for turn in problem.prompt)


def _prompt(
    problem: Problem,
    config: PromptConfig,
    template: Template | None,
    *,
    chat: bool,
    source: str | None,
) -> Prompt:
    prompt = problem.prompt if template is None else template(problem)
    given = PRESETS.get(config.instruction or "", config.instruction)
    asks = isinstance(prompt, str) and chat and template is None
    instruction = _preset(problem, source) if given is None and asks else given
    if not isinstance(prompt, str):
        return _with_system(_after(prompt, instruction), config.system)
    text = f"{prompt.rstrip()}\n\n{instruction}" if instruction else prompt
    if chat:
        return _with_system([{"role": "user", "content": text}], config.system)
    return f"{config.system}\n\n{text}" if config.system else text


def _preset(problem: Problem, source: str | None) -> str:
    """The instruction of the data set, or of the problem's kind where it has none of its own."""
    if source in DATASETS and source != "file":
        return DATASETS[source].instruction
    if isinstance(problem, CodeProblem):
        return PRESETS["code"]
    reference = problem.reference
    if reference.marker == "####":
        return PRESETS["gsm8k"]
    lettered = len(reference.answer) == 1 and f"\n{reference.answer}) " in text_of(problem.prompt)
    return PRESETS["letter" if lettered else "boxed"]


def _after(turns: list[Message], instruction: str | None) -> list[Message]:
    if not instruction or not turns:
        return turns
    last = turns[-1]
    content = f"{last['content'].rstrip()}\n\n{instruction}"
    return [*turns[:-1], {"role": last["role"], "content": content}]


def _with_system(turns: list[Message], system: str | None) -> list[Message]:
    if not system or (turns and turns[0]["role"] == "system"):
        return turns
    return [{"role": "system", "content": system}, *turns]


def _template(name: str | None) -> Template | None:
    """A template's file, or own code `(problem)` that returns a text or messages."""
    if name is None:
        return None
    if is_plugin(name):
        return _own(name)
    try:
        text = Path(name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MissingFileError(f"template: {name}: no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(f"template: {name}: cannot be read ({error})") from None
    if PLACE not in text:
        raise RecipeError(f"template: {name}: has no {PLACE}, where a problem's prompt goes")
    return lambda problem: text.replace(PLACE, text_of(problem.prompt))


def _own(path: str) -> Template:
    function = load_plugin(path, "template")
    check_call(function, ("problem",), {}, path, "template")

    def call(problem: Problem) -> Prompt:
        try:
            prompt = function(problem)
        except Exception as error:
            raise RecipeError(f"template: {path!r}: {what_went_wrong(error)}") from None
        turns = isinstance(prompt, list) and all(
            isinstance(turn, dict) and set(turn) == {"role", "content"} for turn in prompt
        )
        if not isinstance(prompt, str) and not turns:
            raise RecipeError(f"template: {path!r}: returned neither a text nor messages")
        return cast("Prompt", prompt)

    return call
