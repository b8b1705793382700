"""How a recipe puts problems to the model: instruction and chat turns."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from veritune.config import ProblemsConfig, PromptConfig, check_recipe
from veritune.errors import InputError, RecipeError
from veritune.models import has_chat_template
from veritune.problems import demonstrations, recipe_problems, shown
from veritune.problems.posing import posed as pose
from veritune.records import (
    AssertTests,
    CodeProblem,
    CodeReference,
    MathProblem,
    MathReference,
    Message,
    Problem,
    problem_from_line,
)
from veritune.verifiers.steps import check_steps


def posed(**change: object) -> list[Problem]:
    source = {"source": change.pop("source")} if "source" in change else {}
    config = ProblemsConfig.model_validate({"train": 3, "test": 2} | source)
    prompt = PromptConfig.model_validate(change)
    train, test = recipe_problems(config, 0, prompt=prompt)
    taught = [problem for problem, _ in demonstrations(config, 0, 2, prompt)]
    return [*train, *test, *taught]


def test_prompts_stay_as_they_are_without_being_asked() -> None:
    assert all(isinstance(p.prompt, str) and p.prompt.endswith("=") for p in posed())


@pytest.mark.parametrize("source", ["chain", "functions"])
def test_chat_and_instruction_reach_every_part(source: str) -> None:
    plain = posed(source=source)
    for before, after in zip(
        plain, posed(source=source, chat=True, instruction="Be brief."), strict=True
    ):
        assert isinstance(before.prompt, str)
        content = f"{before.prompt.rstrip()}\n\nBe brief."
        assert after.prompt == [{"role": "user", "content": content}]
        assert after.id == before.id


def test_steps_of_a_chain_are_checked_however_it_is_put() -> None:
    for problem in posed(chat=True, instruction="Write every value."):
        steps = check_steps(problem, problem.reference.solution)
        assert {step.label for step in steps} == {"verified"}


MATH = MathProblem(id="m", prompt="1+1?", reference=MathReference(answer="2"))
CODE = CodeProblem(
    id="c", prompt="Add.", reference=CodeReference(tests=AssertTests(code="assert add(1, 2) == 3"))
)


def put(problem: Problem, *, chat: bool = True, **keys: object) -> str | list[Message]:
    [found] = pose([problem], PromptConfig.model_validate({"chat": chat} | keys))
    return found.prompt


def test_chats_get_the_instruction_that_fits() -> None:
    assert "\\boxed{}" in put(MATH)[0]["content"]
    assert "Python code block" in put(CODE)[0]["content"]
    marked = replace(MATH, reference=MathReference(answer="2", marker="####"))
    assert "####" in put(marked)[0]["content"]
    choice = replace(MATH, prompt="Which?\nA) 1\nB) 2", reference=MathReference(answer="B"))
    assert "letter" in put(choice)[0]["content"]
    assert put(MATH, chat=False) == "1+1?"
    assert put(MATH, chat=False, instruction="boxed").endswith("\\boxed{}.")


def test_messages_keep_their_turns_and_get_what_is_asked_for() -> None:
    turns = replace(MATH, prompt=[{"role": "user", "content": "1+1?"}])
    assert put(turns) == turns.prompt
    assert put(turns, instruction="Briefly.", system="Be kind.") == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "1+1?\n\nBriefly."},
    ]


def test_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.txt").write_text("Q: 2+2? A: 4\nQ: {prompt} A:")
    assert put(MATH, chat=False, template="t.txt") == "Q: 2+2? A: 4\nQ: 1+1? A:"
    Path("own.py").write_text(
        "def render(problem):\n    return [{'role': 'user', 'content': problem.prompt + '!'}]\n"
        "def odd(problem):\n    return 3\n"
    )
    assert put(MATH, template="own.py:render") == [{"role": "user", "content": "1+1?!"}]
    Path("empty.txt").write_text("no place")
    for template, says in (
        ("own.py:odd", "neither a text nor messages"),
        ("empty.txt", "has no {prompt}"),
        ("gone.txt", "no such file"),
    ):
        with pytest.raises(InputError, match=re.escape(says)):
            put(MATH, template=template)


def test_a_model_with_a_chat_template_is_seen(tmp_path: Path) -> None:
    assert not has_chat_template(None)
    assert not has_chat_template(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"chat_template": "{{ messages }}"}')
    assert has_chat_template(tmp_path)


def test_solved_examples_come_first(tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text('{"question": "2+2?", "answer": "4"}\n{"question": "2+3?", "answer": "5"}\n')
    turns = put(MATH, examples=str(path), instruction="Briefly.", system="Be kind.")
    assert [turn["role"] for turn in turns] == ["system", *["user", "assistant"] * 2, "user"]
    assert turns[1:3] == [
        {"role": "user", "content": "2+2?\n\nBriefly."},
        {"role": "assistant", "content": "\\boxed{4}"},
    ]
    assert turns[-1] == {"role": "user", "content": "1+1?\n\nBriefly."}
    plain = put(MATH, chat=False, examples=str(path))
    assert plain == "2+2?\n\\boxed{4}\n\n2+3?\n\\boxed{5}\n\n1+1?"
    code = replace(CODE, prompt="Subtract.")
    (tmp_path / "code.jsonl").write_text(code.to_line() + "\n")
    with pytest.raises(InputError, match="problem 'c' has no solution"):
        put(MATH, examples=str(tmp_path / "code.jsonl"))


def test_a_prefill_begins_with_the_code_that_the_answer_continues() -> None:
    reference = replace(CODE.reference, prompt_code="def add(a, b):\n    return")
    code = replace(CODE, reference=reference)
    found, other = pose([code, MATH], PromptConfig(chat=True, prefill="```python\n{code}"))
    assert found.prefill == "```python\ndef add(a, b):\n    return"
    assert other.prefill == "```python\n"


def test_prefill_and_template_arguments_stay_with_the_problem() -> None:
    config = PromptConfig(chat=True, prefill="Sure:", template_kwargs={"enable_thinking": False})
    [found] = pose([MATH], config)
    assert (found.prefill, found.template_kwargs) == ("Sure:", {"enable_thinking": False})
    assert shown(found).endswith("[assistant] Sure:")
    assert problem_from_line(found.to_line()) == found
    with pytest.raises(InputError, match=r"prompt\.template_kwargs: these prompts are plain text"):
        put(MATH, chat=False, template_kwargs={"enable_thinking": False})
    with pytest.raises(RecipeError, match=r"template_kwargs: tokenize is set by veritune"):
        check_recipe({"prompt": {"template_kwargs": {"tokenize": False}}}, "r.toml")
