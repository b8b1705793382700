"""How a recipe puts problems to the model: instruction and chat turns."""

import pytest

from veritune.config import ProblemsConfig
from veritune.problems import demonstrations, recipe_problems
from veritune.records import Problem
from veritune.verifiers.steps import check_steps


def posed(**change: object) -> list[Problem]:
    config = ProblemsConfig.model_validate({"train": 3, "test": 2} | change)
    train, test = recipe_problems(config, 0)
    taught = [problem for problem, _ in demonstrations(config, 0, 2)]
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
        assert {step.label for step in steps} == {"correct"}
