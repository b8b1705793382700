"""The functions generator: every template, its mistakes, and its hidden tests."""

import re
import string
from random import Random
from typing import Any

import pytest

from veritune.config import FunctionsConfig, ProblemsConfig, PromptConfig
from veritune.problems import demonstrations, recipe_problems
from veritune.problems.datasets.functions import (
    TEMPLATES,
    Instance,
    every_function,
    problem_of,
    teach,
)
from veritune.problems.datasets.functions.template import Template
from veritune.records import Problem, problem_from_line

CONFIG = FunctionsConfig()
PRINTABLE = set(string.printable) - set("\t\r\x0b\x0c")


def run(source: str, args: list[Any]) -> Any:
    scope: dict[str, Any] = {}
    exec(source, scope)  # written by the package's own templates
    return scope["f"](*[list(a) if isinstance(a, list) else a for a in args])


def failures(source: str, problem: Problem) -> int:
    failed = 0
    for case in problem.reference.tests.cases:
        try:
            result = run(source, case.args)
            failed += result != case.expected or type(result) is not type(case.expected)
        except Exception:
            failed += 1
    return failed


def some(kind: Template) -> list[Instance]:
    instances = list(kind.instances())
    return [(kind, p) for p in Random(0).sample(instances, min(6, len(instances)))]


def test_enough_templates_and_problems_in_four_families() -> None:
    families = every_function()
    assert set(families) == {"arithmetic", "strings", "lists", "conditionals"}
    assert len(TEMPLATES) >= 30
    prompts = {
        kind.prompt(parameters)
        for templates in families.values()
        for instances in templates
        for kind, parameters in instances
    }
    assert len(prompts) > 5000
    assert len(prompts) == sum(len(i) for t in families.values() for i in t)


@pytest.mark.parametrize("kind", TEMPLATES, ids=lambda kind: kind.spec)
def test_every_template(kind: Template) -> None:
    exposed = set()
    for instance in some(kind):
        problem = problem_of(instance, CONFIG)
        solution = problem.reference.solution
        assert failures(solution, problem) == 0
        assert len(problem.reference.tests.cases) == CONFIG.tests
        assert problem_from_line(problem.to_line()) == problem
        for body in kind.mistakes:
            source = kind.source(body, instance[1])
            assert len(source) <= 90 and set(source) <= PRINTABLE
            if failures(source, problem):
                exposed.add(body)
        assert len(solution) <= 90 and set(str(problem.prompt) + solution) <= PRINTABLE
    assert exposed == set(kind.mistakes)


def test_the_teacher_who_always_errs_is_always_wrong_and_often_partly_right() -> None:
    config = FunctionsConfig(mistakes=1)
    rng = Random(0)
    partly = total = 0
    for kind in TEMPLATES:
        for instance in some(kind):
            problem = problem_of(instance, config)
            failed = failures(teach(problem, instance, config, rng), problem)
            assert failed > 0
            total += 1
            partly += failed < config.tests
    assert partly / total > 0.3


def test_every_instance_has_a_mistake_to_make() -> None:
    config = FunctionsConfig(mistakes=1, tests=1)
    rng = Random(0)
    for kind in TEMPLATES:
        for instance in some(kind):
            teach(problem_of(instance, config), instance, config, rng)


def test_the_rate_of_mistakes() -> None:
    pairs = demonstrations(ProblemsConfig(source="functions"), 0, 300)
    wrong = sum(text != problem.reference.solution for problem, text in pairs)
    assert 0.5 < wrong / 300 < 0.7


@pytest.mark.parametrize(
    ("spec", "args", "expected"),
    [
        ("x plus 3, then times 4", [2], 20),
        ("x over 3 rounded down, then plus 2", [-1], 1),
        ("sum of 2 to x inclusive, plus 3", [4], 12),
        ("5 if x is more than 3, else 2", [3], 2),
        ("is x between -3 and 4 inclusive", [-3], True),
        ("x times 3, but at most 7", [5], 7),
        ("first 2 letters of s, reversed, then 'a'", ["xyz"], "yxa"),
        ("s padded on the left with 'a' to 4", ["xy"], "aaxy"),
        ("the 2 largest items of a in order, then 3", [[5, 1, 4]], [4, 5, 3]),
        ("largest item of a plus 2, or 3 if a is empty", [[]], 3),
        ("first item of a more than 2, or 3 if there is none", [[1, 9, 4]], 9),
    ],
)
def test_specs_mean_what_they_say(spec: str, args: list[Any], expected: Any) -> None:
    for kind in TEMPLATES:
        for parameters in kind.instances():
            if kind.spec.format(**parameters) == spec:
                assert run(kind.source(kind.body, parameters), args) == expected
                return
    pytest.fail(f"no such spec: {spec}")


def test_a_sentence_asks_for_the_same_functions_and_gives_their_beginning() -> None:
    functions = FunctionsConfig(form="sentence", mistakes=0)
    config = ProblemsConfig(source="functions", train=60, test=20, functions=functions)
    train, test = recipe_problems(config, 0)
    assert not {p.prompt for p in train} & {p.prompt for p in test}
    for problem in train:
        assert re.fullmatch(
            r"Write a Python function f\([a-z, ]+\) that returns: .*\.", problem.prompt
        )
        assert problem.reference.solution.startswith(problem.reference.prompt_code)
        assert failures(problem.reference.solution, problem) == 0
    shown = demonstrations(config, 0, 30, PromptConfig(chat=True, prefill="```python\n{code}"))
    for problem, text in shown:
        assert problem.prefill == f"```python\n{problem.reference.prompt_code}"
        assert failures(problem.reference.prompt_code + text, problem) == 0


def test_visible_tests_stand_first_and_are_any_of_them() -> None:
    plain = recipe_problems(ProblemsConfig(source="functions", train=60, test=20), 0)[0]
    functions = FunctionsConfig(visible=2)
    config = ProblemsConfig(source="functions", train=60, test=20, functions=functions)
    shown = recipe_problems(config, 0)[0]
    moved = 0
    for before, after in zip(plain, shown, strict=True):
        old, new = before.reference.tests, after.reference.tests
        assert new.visible == 2
        assert sorted(map(repr, new.cases)) == sorted(map(repr, old.cases))
        moved += new.cases != old.cases
    assert moved > len(plain) / 2
    with pytest.raises(ValueError, match="visible must be less than tests"):
        FunctionsConfig(visible=8)
