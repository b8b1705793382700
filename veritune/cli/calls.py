"""What Python users call without `await`, in scripts and in notebooks, whose loop runs already."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from veritune.cli.console import TerminalProgress
from veritune.cli.posing import in_chat
from veritune.config import PromptConfig, Recipe, SamplerConfig, VerifierConfig, load_recipe
from veritune.errors import InputError
from veritune.problems import posed, read_candidates, read_problems, shown
from veritune.records import Candidate, MathProblem, MathReference, Problem, Verdict
from veritune.rounds import Progress
from veritune.text import writable

if TYPE_CHECKING:
    from veritune.records import MetricsRow
    from veritune.rounds import SolvedProblem

T = TypeVar("T")
# A reference that stands where no answer is known: nothing is made of it.
UNKNOWN = "0"


def verify(
    problems: str | Path | Sequence[Problem],
    candidates: str | Path | Sequence[Candidate | str],
    verifier: VerifierConfig | None = None,
) -> list[Verdict]:
    """The verdicts on candidates, in their order.

    Both may be files in any layout that the commands read. Candidates that are texts are one a
    problem, in the problems' order. Raises what the commands say in one line.
    """
    if isinstance(problems, str | Path):
        problems = read_problems(str(problems))
    if isinstance(candidates, str | Path):
        candidates = read_candidates(str(candidates), {p.id: p for p in problems})
    pairs = _paired(problems, candidates)
    return finished(_verified(pairs, verifier or VerifierConfig()))


def improve(recipe: Recipe | str | Path, progress: Progress | None = None) -> list[MetricsRow]:
    """Run a recipe to its end, or resume it; returns the evaluation of every round.

    `recipe` may be a TOML file. What happens is printed, unless `progress` shows it otherwise.
    """
    from veritune.rounds import improve as run

    known = recipe if isinstance(recipe, Recipe) else load_recipe(Path(recipe))
    shown = progress or TerminalProgress(f"{known.name}: held-out problems")
    return finished(run(known, shown))


def solve(
    problem: str,
    model: str | Path,
    *,
    answer: str | None = None,
    prompt: PromptConfig | None = None,
    sampler: SamplerConfig | None = None,
    verifier: VerifierConfig | None = None,
    seed: int = 0,
    dtype: str = "float32",
    say: Callable[[str], None] = lambda text: None,
) -> SolvedProblem:
    """What `sampler.n` candidates of a model say to one math problem, compared and checked.

    `answer` is the known one, where it is known; `say` is told the prompt.
    """
    for name, text in (("problem", problem), ("answer", answer or "")):
        if writable(text) != text:
            raise InputError(f"{name}: holds bytes that are no UTF-8 text")
    sampler = sampler or SamplerConfig(n=16)
    reference = MathReference(answer=UNKNOWN if answer is None else answer)
    asked = MathProblem(id="problem", prompt=problem, reference=reference)
    if answer is not None:
        # Before the model is looked at: to load one takes long.
        finished(_readable(asked, verifier))
    form = prompt or PromptConfig()
    chat = in_chat(form, str(model), sampler)
    (posed_problem,) = posed([asked], form.model_copy(update={"chat": chat}))
    assert isinstance(posed_problem, MathProblem)
    say(shown(posed_problem))
    work = _solved(posed_problem, str(model), sampler, verifier, seed, dtype, answer is not None)
    return finished(work)


def finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine; where a loop runs here already, of one in a thread of its own.

    An interrupt calls the coroutine off, and waits until it has put its things away.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    results: list[T] = []
    errors: list[BaseException] = []
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = []

    async def begun() -> T:
        task = asyncio.ensure_future(work)
        loops.append((asyncio.get_running_loop(), task))
        return await task

    def run() -> None:
        try:
            results.append(asyncio.run(begun()))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="veritune")
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        for loop, task in loops:
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
    if errors:
        raise errors[0]
    return results[0]


def _paired(
    problems: Sequence[Problem], candidates: Sequence[Candidate | str]
) -> list[tuple[Problem, Candidate]]:
    """Every candidate with its problem; raises `ValueError` for one without."""
    by_id = {problem.id: problem for problem in problems}
    pairs: list[tuple[Problem, Candidate]] = []
    for at, one in enumerate(candidates):
        if isinstance(one, str):
            if len(candidates) != len(problems):
                raise ValueError(
                    f"{len(candidates)} texts for {len(problems)} problems; give one a problem, or"
                    " candidates, which name their problem"
                )
            one = Candidate(problem_id=problems[at].id, index=0, text=one)
        if one.problem_id not in by_id:
            raise ValueError(f"candidate {at}: no problem '{one.problem_id}'")
        pairs.append((by_id[one.problem_id], one))
    return pairs


async def _solved(
    problem: MathProblem,
    model: str,
    sampler: SamplerConfig,
    verifier: VerifierConfig | None,
    seed: int,
    dtype: str,
    known: bool,
) -> SolvedProblem:
    from veritune.rounds import named_policy, open_session, solve_problem

    policy = named_policy(model, on_server=sampler.type == "server")
    async with open_session(sampler=sampler, verifier=verifier, seed=seed, dtype=dtype) as session:
        return await solve_problem(session, problem, sampler.n, policy, known=known)


async def _readable(problem: MathProblem, verifier: VerifierConfig | None) -> None:
    from veritune.rounds import check_answer, open_session

    async with open_session(verifier=verifier) as session:
        await check_answer(session, problem)


async def _verified(
    pairs: Sequence[tuple[Problem, Candidate]], config: VerifierConfig
) -> list[Verdict]:
    from veritune.rounds import open_session

    asked = [problem for problem, _ in pairs]
    async with open_session(verifier=config, problems=asked) as session:
        return await session.verify(pairs)
