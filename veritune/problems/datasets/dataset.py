"""What the package knows of one data set; each stands in a file of its own beside this one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from veritune.config import ProblemsConfig
from veritune.problems.rows import DatasetRow
from veritune.records import MathProblem, Problem, StepVerdict

# A problem, and what the erring teacher writes for it.
Taught = tuple[Problem, str]
# Whether a prompt belongs to the part that is asked for.
Wanted = Callable[[str], bool]
# What a step rule must know of a problem, as its reference holds it.
Settings = dict[str, str | int]
# Verdicts on the steps of a solution, whose spans partition it. Settings are checked whatever the
# text, an empty one too, with a `RecordError` where they are wrong.
StepChecker = Callable[[MathProblem, Settings, str], tuple[StepVerdict, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A data set that is read: a row's problem, and the keys by which a row is recognised.

    `others` are keys that show another data set of nearly the same rows. `hub` and `hub_config`
    say where it is read from when no path is given.
    """

    from_row: Callable[[DatasetRow], Problem]
    keys: frozenset[str]
    others: frozenset[str] = frozenset()
    hub: str | None = None
    hub_config: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """A data set that is made: problems whose prompts are wanted, until none is left."""

    draws: Callable[[ProblemsConfig, Random, Wanted], Iterator[Taught]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """One data set, by the name that recipes give as `problems.source`.

    A problem whose reference names this data set in its `step_rule` has its steps checked by
    `check_steps`. `instruction` is put after the prompts of chats whose recipe has none. With
    `annotated`, calculator annotations alone vouch for its own solutions: their prose may err.
    """

    name: str
    problems: Rows | Generator
    check_steps: StepChecker | None = None
    instruction: str = ""
    annotated: bool = False
