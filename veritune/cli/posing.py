"""Prompts as commands that sample put them to a model, and the first of them for a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from veritune.cli.console import TerminalProgress
from veritune.config import PromptConfig, SamplerConfig
from veritune.problems import posed, shown
from veritune.records import Candidate, Problem, VerifiedCandidate

if TYPE_CHECKING:
    from veritune.benchmarks import LabelledSolution

# A model that is on this machine.
HERE = SamplerConfig()
R = TypeVar("R", tuple[Problem, Candidate], VerifiedCandidate, "tuple[Problem, LabelledSolution]")
# Characters that are shown of a prompt.
LONGEST = 1_500


def pose_rows(
    rows: Sequence[R],
    config: PromptConfig,
    model: str,
    progress: TerminalProgress,
    sampler: SamplerConfig | None = None,
) -> list[R]:
    """Rows that begin with a problem, each as the model gets it.

    With the `sampler` that asks the model, rows of prompts too long for it are left out or refused.
    """
    problems: dict[str, Problem] = {}
    for problem, *_ in rows:
        problems[problem.id] = problem
    found = pose(
        [*problems.values()],
        config,
        model,
        sampler or HERE,
        progress,
        samples=sampler is not None,
    )
    asked = {p.id: p for p in found}
    return [cast(R, (asked[p.id], *rest)) for p, *rest in rows if p.id in asked]


def asks_rollouts(checkers: Iterable[str]) -> bool:
    """Whether one of these step checkers (`a+b`) completes steps with a model."""
    return any("rollouts" in checker.split("+") for checker in checkers)


def check_prompt(config: PromptConfig, checkers: Iterable[str], option: str) -> None:
    """ValueError for a prompt that no model would get."""
    if config != PromptConfig() and not asks_rollouts(checkers):
        raise ValueError(
            f"prompt: is for the model of rollouts; add rollouts to {option}, or leave it out"
        )


def pose_for_rollouts(
    rows: Sequence[R],
    checker: str,
    config: PromptConfig,
    model: str | None,
    progress: TerminalProgress,
) -> list[R]:
    """Rows as the model that completes their steps gets them, for a checker (`a+b`) that asks
    one; else as they are."""
    if model is None or not asks_rollouts([checker]):
        return list(rows)
    return pose_rows(rows, config, model, progress, HERE)


def in_chat(config: PromptConfig, model: str, sampler: SamplerConfig) -> bool:
    """Whether prompts are put through the model's chat template."""
    from veritune.models import has_chat_template

    if config.chat != "auto":
        return config.chat
    # A server's model is not here to be looked at: its prompts are sent as they are.
    here = sampler.type != "server" or Path(model).is_dir()
    return has_chat_template(model) if here else False


def pose(
    problems: Sequence[Problem],
    config: PromptConfig,
    model: str,
    sampler: SamplerConfig,
    progress: TerminalProgress,
    *,
    samples: bool = True,
) -> list[Problem]:
    """The problems as the model gets them; the first one is shown.

    Where the model samples, those too long for it are left out or refused.
    """
    from veritune.rounds import fitting

    chat = in_chat(config, model, sampler)
    found = posed(problems, config.model_copy(update={"chat": chat}))
    if samples:
        found = fitting(found, config, model, sampler, progress.say)
    if found:
        progress.say(f"first prompt ({'chat' if chat else 'plain text'}):")
        progress.say(shown(found[0])[:LONGEST])
    return found
