"""What a recipe trains on, is measured on, and starts from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random

from veritune.config import ProblemsConfig, PromptConfig
from veritune.errors import InputError
from veritune.plugins import is_plugin
from veritune.problems.examples import reference_solution
from veritune.problems.generating import GENERATORS, generate
from veritune.problems.loading import load
from veritune.problems.overlap import content, overlaps
from veritune.problems.posing import code_of, posed
from veritune.problems.rows import check_there
from veritune.records import Problem
from veritune.text import shown

# Problems as they stand.
PLAIN = PromptConfig(chat=False)


def _silent(text: str) -> None:
    """Where nobody reads."""


def recipe_problems(
    config: ProblemsConfig,
    seed: int,
    say: Callable[[str], None] = _silent,
    prompt: PromptConfig = PLAIN,
) -> tuple[list[Problem], list[Problem]]:
    """(training, held-out) problems, disjoint by id and by content.

    `say` is told what was left out, and why; `prompt` is how they are put to the model.

    Data sets with fewer than `train` + `test` problems give what they have: where one file holds
    both, it is divided in that proportion.
    """
    if config.source in GENERATORS:
        train = [problem for problem, _ in generate(config, seed, "train", config.train)]
        test = [problem for problem, _ in generate(config, seed, "test", config.test)]
        return _posed(train, config, prompt), _posed(test, config, prompt)
    pool = _loaded(config, config.path, config.split, say)
    held = _loaded(config, config.test_path or config.path, config.test_split, say)
    rng = Random(f"{seed}:{config.source}")
    if one_file := _same(pool, held):
        pool, held = _divided(pool, config, rng)
    test = rng.sample(held, min(config.test, len(held)))
    # Against all held-out problems, and not only those that are drawn: another count must not move
    # the line.
    kept = _without(pool, held)
    if config.decontaminate:
        kept = _decontaminated(kept, held, config, say, bounded=not one_file)
    train = rng.sample(kept, min(config.train, len(kept)))
    if not train or not test:
        raise InputError(
            f"problems: {len(train)} training and {len(test)} held-out problems are left after "
            "removing those that stand in both; give problems.test_path a different file"
        )
    return _posed(train, config, prompt), _posed(test, config, prompt)


def check_problem_files(config: ProblemsConfig) -> None:
    """Raise `MissingFileError` for a file of problems that is not there."""
    if config.source not in GENERATORS and not is_plugin(config.source):
        check_there((config.path, config.test_path))


def _loaded(
    config: ProblemsConfig, path: str | None, split: str, say: Callable[[str], None]
) -> list[Problem]:
    loaded = load(
        config.source,
        path,
        split=split,
        config=config.config,
        revision=config.revision,
        columns=config.columns,
        option="--problems.columns",
    )
    for note in loaded.notes:
        say(note)
    return loaded.problems


def _decontaminated(
    pool: list[Problem],
    held: list[Problem],
    config: ProblemsConfig,
    say: Callable[[str], None],
    *,
    bounded: bool,
) -> list[Problem]:
    """The pool without what overlaps with held-out problems; too much of it is refused."""
    found = overlaps(pool, held)
    if not found:
        return pool
    first = next(iter(found))
    what = (
        f"{len(found)} of {len(pool)} training problems overlap with a held-out one"
        f" ({shown(first)} with {shown(found[first])})"
    )
    # Two files that overlap much are the same data; the halves of one file merely repeat
    # themselves.
    if bounded and len(found) > config.max_contaminated * len(pool):
        raise InputError(
            f"problems: {what}; to train without them give --problems.max-contaminated 1, to keep"
            " them --problems.no-decontaminate"
        )
    say(f"problems: {what}; left out")
    return [problem for problem in pool if problem.id not in found]


def demonstrations(
    config: ProblemsConfig, seed: int, count: int, prompt: PromptConfig = PLAIN
) -> list[tuple[Problem, str]]:
    """(problem, solution text) for a warm start.

    Generators: by the erring teacher, on problems that are in neither split. Data sets: the
    reference solutions of training problems, as many as there are up to `count`.
    """
    if config.source in GENERATORS:
        problems, texts = zip(*generate(config, seed, "demonstrations", count), strict=True)
        return _begun(zip(_posed(problems, config, prompt), texts, strict=True))
    train, _ = recipe_problems(config, seed, prompt=prompt)
    pairs = [(problem, text) for problem in train if (text := reference_solution(problem))]
    if count and not pairs:
        raise InputError(
            f"warm_start.demonstrations: no problem of '{config.source}' has a solution; "
            "set it to 0"
        )
    return _begun(pairs[:count])


def _begun(pairs: Iterable[tuple[Problem, str]]) -> list[tuple[Problem, str]]:
    """Solutions as they stand behind the prefill of their prompts, or the code that ends it."""
    return [(problem, _behind(problem, text)) for problem, text in pairs]


def _behind(problem: Problem, text: str) -> str:
    code = code_of(problem)
    if code and problem.prefill.endswith(code):
        text = text.removeprefix(code)
    return text.removeprefix(problem.prefill)


def _posed(
    problems: Sequence[Problem], config: ProblemsConfig, prompt: PromptConfig
) -> list[Problem]:
    return posed(problems, prompt, source=config.source)


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
    seen = {content(problem) for problem in held}
    out = []
    for problem in pool:
        said = content(problem)
        if problem.id not in ids and said not in seen:
            seen.add(said)
            out.append(problem)
    return out
