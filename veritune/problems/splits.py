"""What a recipe trains on, is measured on, and starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from veritune.config import ProblemsConfig
from veritune.errors import InputError
from veritune.problems.datasets import DATASETS
from veritune.problems.generating import GENERATORS, generate
from veritune.problems.loading import load_problems
from veritune.records import CodeProblem, Message, Problem


def recipe_problems(config: ProblemsConfig, seed: int) -> tuple[list[Problem], list[Problem]]:
    """(training, held-out) problems, disjoint by id and by content.

    Data sets with fewer than `train` + `test` problems give what they have: where one file holds
    both, it is divided in that proportion.
    """
    if config.source in GENERATORS:
        train = [problem for problem, _ in generate(config, seed, "train", config.train)]
        test = [problem for problem, _ in generate(config, seed, "test", config.test)]
        return _posed(train, config), _posed(test, config)
    pool = load_problems(config.source, config.path, split="train", count=None)
    held = load_problems(config.source, config.test_path or config.path, split="test", count=None)
    rng = Random(f"{seed}:{config.source}")
    if _same(pool, held):
        pool, held = _divided(pool, config, rng)
    test = rng.sample(held, min(config.test, len(held)))
    kept = _without(pool, held)
    train = rng.sample(kept, min(config.train, len(kept)))
    if not train or not test:
        raise InputError(
            f"problems: {len(train)} training and {len(test)} held-out problems are left after "
            "removing those that stand in both; give problems.test_path a different file"
        )
    return _posed(train, config), _posed(test, config)


def demonstrations(config: ProblemsConfig, seed: int, count: int) -> list[tuple[Problem, str]]:
    """(problem, solution text) for a warm start.

    Generators: by the erring teacher, on problems that are in neither split. Data sets: the
    reference solutions of training problems, as many as there are up to `count`.
    """
    if config.source in GENERATORS:
        problems, texts = zip(*generate(config, seed, "demonstrations", count), strict=True)
        return list(zip(_posed(problems, config), texts, strict=True))
    train, _ = recipe_problems(config, seed)
    pairs = [(problem, text) for problem in train if (text := reference_solution(problem))]
    if count and not pairs:
        raise InputError(
            f"warm_start.demonstrations: no problem of '{config.source}' has a solution; "
            "set it to 0"
        )
    return pairs[:count]


def _posed(problems: Sequence[Problem], config: ProblemsConfig) -> list[Problem]:
    """The problems as the recipe puts them to the model."""
    return [replace(problem, prompt=_prompt(problem, config)) for problem in problems]


def _prompt(problem: Problem, config: ProblemsConfig) -> str | list[Message]:
    prompt = problem.prompt
    if not isinstance(prompt, str):
        return prompt
    preset = DATASETS[config.source].instruction if config.chat else ""
    instruction = preset if config.instruction is None else config.instruction
    text = f"{prompt.rstrip()}\n\n{instruction}" if instruction else prompt
    return [{"role": "user", "content": text}] if config.chat else text


def reference_solution(problem: Problem) -> str | None:
    """The text of a problem's own solution, where it has one."""
    if isinstance(problem, CodeProblem):
        return problem.reference.solution
    reference = problem.reference
    if reference.solution is not None:
        return reference.solution
    return "\n".join([*reference.steps, f"\\boxed{{{reference.answer}}}"])


def _divided(
    pool: list[Problem], config: ProblemsConfig, rng: Random
) -> tuple[list[Problem], list[Problem]]:
    share = config.test / (config.train + config.test)
    size = min(config.test, max(1, round(len(pool) * share)))
    mixed = rng.sample(pool, len(pool))
    return mixed[size:], mixed[:size]


def _same(pool: list[Problem], held: list[Problem]) -> bool:
    return [problem.id for problem in pool] == [problem.id for problem in held] and all(
        one.prompt == other.prompt for one, other in zip(pool, held, strict=True)
    )


def _without(pool: list[Problem], held: list[Problem]) -> list[Problem]:
    """The first of each content in `pool` that shares neither id nor content with `held`."""
    ids = {problem.id for problem in held}
    seen = {_content(problem) for problem in held}
    out = []
    for problem in pool:
        content = _content(problem)
        if problem.id not in ids and content not in seen:
            seen.add(content)
            out.append(problem)
    return out


def _content(problem: Problem) -> str:
    """The prompt up to case and white space."""
    prompt = problem.prompt
    text = prompt if isinstance(prompt, str) else "\n".join(turn["content"] for turn in prompt)
    return " ".join(text.split()).casefold()
