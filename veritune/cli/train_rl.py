"""`veritune train ppo` and `veritune train group`: one round on candidates and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from veritune.cli.arguments import check_shard, parse
from veritune.cli.console import TerminalProgress
from veritune.cli.tracking import tracking
from veritune.config import (
    OWN_CLASS,
    Count,
    Frozen,
    GroupAlgorithm,
    GroupConfig,
    Positive,
    PositiveFloat,
    PpoConfig,
    TrackerName,
)
from veritune.errors import RecipeError
from veritune.problems import read_verified
from veritune.records import Checkpoint


class PolicyGradientArguments(Frozen):
    """What every policy gradient needs from the command line."""

    model: str
    """Folder of the policy that sampled the candidates; training resumes from its `trainer/`."""
    problems: str
    """Problems: .jsonl, .jsonl.zst or .parquet."""
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


def train_ppo(argv: Sequence[str]) -> int:
    """`veritune train ppo`."""
    arguments = parse(PpoArguments, argv, prog="veritune train ppo")
    from veritune.trainer import PpoTrainer

    return _train(arguments, lambda common: PpoTrainer(arguments, **common))


def train_group(argv: Sequence[str]) -> int:
    """`veritune train group`."""
    arguments = parse(GroupArguments, argv, prog="veritune train group")
    from veritune.trainer import GroupTrainer

    return _train(
        arguments,
        lambda common: GroupTrainer(arguments, max_tokens=arguments.max_tokens, **common),
    )


def _train(arguments: Any, trainer_of: Any) -> int:
    out = Path(arguments.out)
    if out.exists():
        raise RecipeError(f"--out: {out} exists; name a new folder")
    check_shard(arguments)
    from veritune.models import model_folder, policy_hash
    from veritune.trainer import Rollout, process_rank

    verified = read_verified(arguments.problems, arguments.candidates, arguments.verdicts)
    rollouts = [Rollout(problem=p, candidate=c, verdict=v) for p, c, v in verified]
    folders = [model_folder(path) for path in (arguments.model, arguments.reference) if path]
    policy, reference = (
        Checkpoint(path=str(folder), policy=policy_hash(folder))
        for folder in (folders[0], folders[-1])
    )
    steps: list[dict[str, Any]] = []
    with tracking(arguments) as tell:

        def on_step(step: dict[str, Any]) -> None:
            steps.append(step)
            tell(step)

        trainer = trainer_of(
            {
                "reference": reference,
                "temperature": arguments.temperature,
                "seed": arguments.seed,
                "on_step": on_step,
            }
        )
        trained = trainer.update(policy, rollouts, out)
    if process_rank():
        return 0  # One of several processes under torchrun; the first one speaks.
    progress, last = TerminalProgress(), steps[-1]
    for warning in last.get("warnings", ()):
        progress.say(warning)
    progress.say(
        f"{len(steps)} steps on {len(rollouts)} candidates, mean reward {last['reward']:.3f};"
        f" {trained.path} holds policy {trained.policy}"
    )
    return 0
