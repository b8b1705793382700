"""`veritune train ppo` and `veritune train group`: one round on candidates and verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from pydantic import Field

from veritune.cli.arguments import check_shard, parse
from veritune.cli.console import TerminalProgress
from veritune.cli.posing import pose_rows
from veritune.cli.tracking import tracking
from veritune.config import (
    OWN_CLASS,
    CandidateColumnsConfig,
    Count,
    Frozen,
    GroupAlgorithm,
    GroupConfig,
    Positive,
    PositiveFloat,
    PpoConfig,
    PromptConfig,
    TrackerName,
)
from veritune.errors import RecipeError
from veritune.problems import read_verified
from veritune.records import Checkpoint, MetricsRow, OnStep, number, texts

if TYPE_CHECKING:
    from veritune.trainer import Rollout, Trainer


class PolicyGradientArguments(Frozen):
    """What every policy gradient needs from the command line."""

    model: str
    """Folder of the policy that sampled the candidates; training resumes from its `trainer/`."""
    problems: str
    """Problems: a file, folder or hub name, in any known layout."""
    columns: CandidateColumnsConfig = CandidateColumnsConfig()
    candidates: str
    """Candidates with the token ids that were sampled, as `veritune sample` writes them."""
    verdicts: str
    """Verdicts on the candidates; those without one are left out."""
    out: str
    """Folder of the trained model; it must not exist."""
    reference: str | None = None
    """Folder of the policy that the KL is measured against; left out: the model itself."""
    temperature: PositiveFloat = 1.0
    """The temperature that the candidates were sampled at."""
    seed: Count = 0
    """The order of the candidates follows from this."""
    prompt: PromptConfig = PromptConfig()
    tracker: TrackerName | None = None
    """Where the steps' measurements go. Left out: nowhere."""


class PpoArguments(PpoConfig, PolicyGradientArguments):
    """One round of PPO on candidates and their verdicts."""

    type: Literal["ppo"] = "ppo"


class GroupArguments(GroupConfig, PolicyGradientArguments):
    """One round of a group baseline on candidates and their verdicts."""

    type: GroupAlgorithm | Annotated[str, Field(pattern=OWN_CLASS)] = "rloo"
    max_tokens: Positive = 1024
    """dr_grpo, dapo: the most tokens that a candidate could have."""


class Common(TypedDict):
    """What every trainer of policy gradients is opened with."""

    reference: Checkpoint
    temperature: float
    seed: int
    on_step: OnStep


def train_ppo(argv: Sequence[str]) -> int:
    """`veritune train ppo`."""
    arguments = parse(PpoArguments, argv, prog="veritune train ppo")
    check_shard(arguments)
    from veritune.trainer import PpoTrainer

    return _train(arguments, lambda common: PpoTrainer(arguments, **common))


def train_group(argv: Sequence[str]) -> int:
    """`veritune train group`."""
    arguments = parse(GroupArguments, argv, prog="veritune train group")
    check_shard(arguments)
    from veritune.trainer import GroupTrainer

    return _train(
        arguments,
        lambda common: GroupTrainer(arguments, max_tokens=arguments.max_tokens, **common),
    )


def _train(
    arguments: PolicyGradientArguments, trainer_of: Callable[[Common], Trainer[Rollout]]
) -> int:
    out = Path(arguments.out)
    if out.exists():
        raise RecipeError(f"--out: {out} exists; name a new folder")
    from veritune.models import model_folder, policy_hash
    from veritune.trainer import Rollout, process_rank

    read = read_verified(
        arguments.problems, arguments.candidates, arguments.verdicts, arguments.columns
    )
    progress = TerminalProgress()
    verified = pose_rows(read, arguments.prompt, arguments.model, progress)
    rollouts = [Rollout(problem=p, candidate=c, verdict=v) for p, c, v in verified]
    folders = [model_folder(path) for path in (arguments.model, arguments.reference) if path]
    policy, reference = (
        Checkpoint(path=str(folder), policy=policy_hash(folder))
        for folder in (folders[0], folders[-1])
    )
    steps: list[MetricsRow] = []
    with tracking(arguments) as tell:

        def on_step(step: MetricsRow) -> None:
            steps.append(step)
            tell(step)

        common: Common = {
            "reference": reference,
            "temperature": arguments.temperature,
            "seed": arguments.seed,
            "on_step": on_step,
        }
        trainer = trainer_of(common)
        trained = trainer.update(policy, rollouts, out)
    if process_rank():
        return 0  # One of several processes under torchrun; the first one speaks.
    last = steps[-1]
    for warning in texts(last, "warnings"):
        progress.say(warning)
    reward = number(last, "reward")
    progress.say(
        f"{len(steps)} steps on {len(rollouts)} candidates, mean reward {reward:.3f};"
        f" {trained.path} holds policy {trained.policy}"
    )
    return 0
