"""`functions`: small Python functions from a one-line spec, with hidden tests and a teacher.

The prompt is `# f(x): x times 3, then plus 2`; a completion is the whole function. The teacher
writes a typical wrong version (an operator swapped, > for >=, the wrong order, an edge case
missed) with rate `mistakes`: it always fails some hidden test, and often passes others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import cast

from veritune.config import FunctionsConfig, ProblemsConfig
from veritune.problems.datasets.dataset import DataSet, Generator, Taught, Wanted
from veritune.problems.datasets.functions.inputs import propose
from veritune.problems.datasets.functions.numbers import ARITHMETIC, CONDITIONALS
from veritune.problems.datasets.functions.sequences import LISTS, STRINGS
from veritune.problems.datasets.functions.template import Parameters, Template
from veritune.records import CallCase, CallTests, CodeProblem, CodeReference

TEMPLATES = (*ARITHMETIC, *CONDITIONALS, *STRINGS, *LISTS)

__all__ = ["DATA_SET", "TEMPLATES", "every_function", "problem_of", "teach"]

# How many of a signature's edge cases, which are proposed first, every problem has.
EDGES = 3
Instance = tuple[Template, Parameters]


def every_function() -> dict[str, list[list[Instance]]]:
    """All instances by family and template."""
    families: dict[str, list[list[Instance]]] = {}
    for kind in TEMPLATES:
        instances = [(kind, parameters) for parameters in kind.instances()]
        families.setdefault(kind.family, []).append(instances)
    return families


def prompt_of(instance: Instance, config: FunctionsConfig) -> str:
    """The prompt of an instance, in the form that is asked for."""
    kind, parameters = instance
    return kind.sentence(parameters) if config.form == "sentence" else kind.prompt(parameters)


def problem_of(instance: Instance, config: FunctionsConfig) -> CodeProblem:
    """The problem of an instance; its hidden tests follow from its prompt alone."""
    kind, parameters = instance
    prompt = prompt_of(instance, config)
    digest = hashlib.sha256(prompt.encode()).hexdigest()[:16]
    tests = _tests(instance, config, Random(digest))
    return CodeProblem(
        id=f"functions-{digest}",
        prompt=prompt,
        reference=CodeReference(
            tests=tests,
            solution=kind.source(kind.body, parameters),
            prompt_code=kind.beginning if config.form == "sentence" else "",
        ),
        metadata={"source": "functions", "family": kind.family},
    )


def teach(problem: CodeProblem, instance: Instance, config: FunctionsConfig, rng: Random) -> str:
    """The teacher's function for a problem: right, or wrong on some hidden test."""
    kind, parameters = instance
    tests = problem.reference.tests
    assert isinstance(tests, CallTests)
    if rng.random() >= config.mistakes:
        return kind.source(kind.body, parameters)
    sources = [kind.source(body, parameters) for body in kind.mistakes]
    return rng.choice([source for source in sources if any(_failed(source, tests.cases))])


def _tests(instance: Instance, config: FunctionsConfig, rng: Random) -> CallTests:
    """Calls: one that exposes each typical mistake, edge cases, then random ones.

    Visible ones are any of them, and stand first.
    """
    kind, parameters = instance
    solution = _function(kind.source(kind.body, parameters))
    pool = [
        CallCase(args=args, expected=solution(*args))
        for args in propose(kind.signature, parameters, rng)
    ]
    chosen: list[CallCase] = []
    for body in kind.mistakes:
        chosen += islice(_failed(kind.source(body, parameters), pool), 1)
    chosen += pool[:EDGES] + rng.sample(pool, len(pool))
    distinct = [case for at, case in enumerate(chosen) if case not in chosen[:at]]
    cases = distinct[: config.tests]
    if not config.visible:
        return CallTests(entry_point="f", cases=tuple(cases))
    mixed = rng.sample(cases, len(cases))
    return CallTests(entry_point="f", cases=tuple(mixed), visible=config.visible)


def _failed(source: str, cases: Sequence[CallCase]) -> Iterator[CallCase]:
    """The cases that a function fails."""
    function = _function(source)
    return (case for case in cases if not _passes(function, case))


def _passes(function: Callable[..., object], case: CallCase) -> bool:
    try:
        result = function(*case.args)
    except (ArithmeticError, IndexError, TypeError, ValueError):
        return False
    return type(result) is type(case.expected) and result == case.expected


def _function(source: str) -> Callable[..., object]:
    """Compile a function that this folder's templates wrote: our text, never a model's.

    None of them changes its arguments.
    """
    scope: dict[str, object] = {}
    exec(compile(source, "<template>", "exec"), scope)
    return cast("Callable[..., object]", scope["f"])


def draws(config: ProblemsConfig, rng: Random, wanted: Wanted) -> Iterator[Taught]:
    """Each draw takes a family, then a template of it that is not used up, then an instance."""
    families = [
        [rng.sample(instances, len(instances)) for instances in templates]
        for family, templates in every_function().items()
        if family in config.functions.families
    ]
    while families := [left for templates in families if (left := [t for t in templates if t])]:
        instance = rng.choice(rng.choice(families)).pop()
        if not wanted(prompt_of(instance, config.functions)):
            continue
        problem = problem_of(instance, config.functions)
        yield problem, teach(problem, instance, config.functions, rng)


DATA_SET = DataSet(name="functions", problems=Generator(draws=draws))
