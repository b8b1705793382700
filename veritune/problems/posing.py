"""How problems are put to the model: instruction, template, examples, system prompt, chat turns.

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
from veritune.problems.examples import read_examples
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
# Where a prefill has the code that an answer continues.
CODE = "{code}"
Template = Callable[[Problem], Prompt]


def posed(
    problems: Sequence[Problem], config: PromptConfig, *, source: str | None = None
) -> list[Problem]:
    """The problems as they are put to the model; through its chat template where `config.chat` is
    True.

    `source` is the data set whose own instruction is taken where none is asked for. Raises
    `RecipeError` for a template or examples that cannot be used.
    """
    form = Form(config, source)
    return [form.posed(problem) for problem in problems]


def shown(problem: Problem) -> str:
    """A prompt for a person to read, with its turns and what the answer begins with."""
    if isinstance(problem.prompt, str):
        return problem.prompt + problem.prefill
    turns = [f"[{turn['role']}] {turn['content']}" for turn in problem.prompt]
    if problem.prefill:
        turns.append(f"[assistant] {problem.prefill}")
    return "\n".join(turns)


class Form:
    """One form of putting problems: its template and examples, read once."""

    def __init__(self, config: PromptConfig, source: str | None) -> None:
        self._config, self._source = config, source
        self._template = own_template(config.template)
        solved = read_examples(config.examples) if config.examples else []
        self._examples = [(self._asked(problem), text) for problem, text in solved]

    def posed(self, problem: Problem) -> Problem:
        """One problem as it is put."""
        config, prompt = self._config, self._whole(problem)
        if config.template_kwargs and isinstance(prompt, str):
            raise RecipeError(
                "prompt.template_kwargs: these prompts are plain text; set prompt.chat = true, and"
                " take a model with a chat template"
            )
        given: dict[str, object] = dict(config.template_kwargs)
        begun = config.prefill.replace(CODE, code_of(problem))
        return replace(problem, prompt=prompt, prefill=begun, template_kwargs=given)

    def _whole(self, problem: Problem) -> Prompt:
        """The prompt behind system prompt and examples."""
        asked, system = self._asked(problem), self._config.system
        if isinstance(asked, str):
            texts = [f"{_flat(prompt)}\n{answer}" for prompt, answer in self._examples]
            return "\n\n".join([*([system] if system else []), *texts, asked])
        first = [turn for turn in asked[:1] if turn["role"] == "system"]
        if system and not first:
            first = [{"role": "system", "content": system}]
        turns = [turn for example in self._examples for turn in _turns(*example)]
        rest = asked[1:] if asked[:1] == first else asked
        return [*first, *turns, *rest]

    def _asked(self, problem: Problem) -> Prompt:
        """The problem's own prompt with its instruction; as a user's turn in chats."""
        chat = self._config.chat is True
        prompt = self._template(problem) if self._template else problem.prompt
        wanted = self._config.instruction
        given = PRESETS.get(wanted or "", wanted)
        asks = isinstance(prompt, str) and chat and self._template is None
        instruction = _preset(problem, self._source) if given is None and asks else given
        if not isinstance(prompt, str):
            return _after(prompt, instruction)
        text = f"{prompt.rstrip()}\n\n{instruction}" if instruction else prompt
        return [{"role": "user", "content": text}] if chat else text


def code_of(problem: Problem) -> str:
    """The code that the problem's answer continues, where it has such."""
    return problem.reference.prompt_code if isinstance(problem, CodeProblem) else ""


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


def _flat(prompt: Prompt) -> str:
    return prompt if isinstance(prompt, str) else text_of(prompt)


def _turns(prompt: Prompt, answer: str) -> list[Message]:
    """An example as turns."""
    turns: list[Message] = (
        [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
    )
    return [*turns, {"role": "assistant", "content": answer}]


def own_template(name: str | None) -> Template | None:
    """A template's file, or own code `(problem)` that returns a text or messages."""
    if name is None:
        return None
    if is_plugin(name):
        return _own(name)
    try:
        text = Path(name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MissingFileError(f"prompt.template: {name}: no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(f"prompt.template: {name}: cannot be read ({error})") from None
    if PLACE not in text:
        raise RecipeError(f"prompt.template: {name}: has no {PLACE}, where a problem's prompt goes")
    return lambda problem: text.replace(PLACE, text_of(problem.prompt))


def _own(path: str) -> Template:
    function = load_plugin(path, "prompt.template")
    check_call(function, ("problem",), {}, path, "prompt.template")

    def call(problem: Problem) -> Prompt:
        try:
            prompt = function(problem)
        except Exception as error:
            raise RecipeError(f"prompt.template: {path!r}: {what_went_wrong(error)}") from None
        turns = isinstance(prompt, list) and all(
            isinstance(turn, dict) and set(turn) == {"role", "content"} for turn in prompt
        )
        if not isinstance(prompt, str) and not turns:
            raise RecipeError(f"prompt.template: {path!r}: returned neither a text nor messages")
        return cast("Prompt", prompt)

    return call
