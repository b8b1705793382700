"""`veritune train reward` and `veritune train dpo`: what learns from preferences or verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from veritune.cli.arguments import check_shard, parse
from veritune.cli.console import TerminalProgress
from veritune.cli.posing import pose_rows
from veritune.cli.tracking import tracking
from veritune.config import (
    CandidateColumnsConfig,
    Count,
    DpoConfig,
    Frozen,
    PairConfig,
    PromptConfig,
    RewardConfig,
    TrackerName,
)
from veritune.errors import RecipeError, RecordError
from veritune.problems import read_verified
from veritune.records import Checkpoint, MetricsRow, OnStep, VerifiedCandidate, number

if TYPE_CHECKING:
    from veritune.rounds import Advance
    from veritune.trainer import PreferencePair


class DataArguments(Frozen):
    """Where the examples are."""

    model: str
    """Hugging Face folder or hub name to start from."""
    out: str
    """Folder of the result; it must not exist."""
    preferences: str | None = None
    """Human preferences: jsonl of prompt, chosen, rejected. Or give the three files below."""
    problems: str | None = None
    """Problems: a file, folder or hub name, in any known layout."""
    columns: CandidateColumnsConfig = CandidateColumnsConfig()
    candidates: str | None = None
    """Candidates of those problems."""
    verdicts: str | None = None
    """Verdicts on the candidates."""
    seed: Count = 0
    """The order of the examples follows from this."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """What the result is written in; weights are trained in float32."""
    tracker: TrackerName | None = None
    """Where the steps' measurements go. Left out: nowhere."""

    @model_validator(mode="after")
    def _one_source(self) -> DataArguments:
        files = (self.problems, self.candidates, self.verdicts)
        if (self.preferences is None) != all(files) or (self.preferences and any(files)):
            raise ValueError("give --preferences, or --problems, --candidates and --verdicts")
        if self.preferences is not None and self.columns.maps_any:
            raise ValueError("--columns map those of --problems, not of --preferences")
        return self


class RewardArguments(RewardConfig, PairConfig, DataArguments):
    """Train a reward model: on preferences, on answers (outcome) or on steps (process)."""

    kind: Literal["preference", "outcome", "process"]
    """preference: which of two is better; outcome: is the answer right; process: is each step."""

    @model_validator(mode="after")
    def _kind_fits(self) -> RewardArguments:
        if self.preferences is not None and self.kind != "preference":
            raise ValueError(f"--kind {self.kind} learns from verdicts, not from --preferences")
        return self


class DpoArguments(DpoConfig, PairConfig, DataArguments):
    """Direct preference optimisation on preferences, or on passed against rejected candidates."""

    prompt: PromptConfig = PromptConfig()


def train_reward(argv: Sequence[str]) -> int:
    """`veritune train reward`."""
    arguments = parse(RewardArguments, argv, prog="veritune train reward")
    start, progress = _start(arguments), TerminalProgress()
    from veritune.trainer import RewardTrainer

    with (
        progress.phase("train", arguments.max_steps) as advance,
        tracking(arguments) as tell,
    ):
        trainer = RewardTrainer(
            arguments, seed=arguments.seed, dtype=arguments.dtype, on_step=_shown(advance, tell)
        )
        out = Path(arguments.out)
        if arguments.kind == "preference":
            trained = trainer.preference(start.path, _pairs(arguments, arguments), out)
        else:
            verified = _verified(arguments)
            trained = trainer.from_verdicts(start.path, arguments.kind, verified, out)
    progress.say(f"{trained.path} holds the {arguments.kind} reward model {trained.policy}")
    return 0


def train_dpo(argv: Sequence[str]) -> int:
    """`veritune train dpo`."""
    arguments = parse(DpoArguments, argv, prog="veritune train dpo")
    start, progress = _start(arguments), TerminalProgress()
    from veritune.trainer import DpoTrainer

    pairs = _pairs(arguments, arguments, arguments.prompt)
    with (
        progress.phase("train", arguments.max_steps) as advance,
        tracking(arguments) as tell,
    ):
        trainer = DpoTrainer(
            arguments,
            arguments,
            seed=arguments.seed,
            dtype=arguments.dtype,
            on_step=_shown(advance, tell),
        )
        trained = trainer.prefer(start, pairs, Path(arguments.out))
    progress.say(f"trained on {len(pairs)} pairs; {trained.path} holds policy {trained.policy}")
    return 0


def _start(arguments: RewardArguments | DpoArguments) -> Checkpoint:
    check_shard(arguments)
    if Path(arguments.out).exists():
        raise RecipeError(f"--out: {arguments.out} exists; name a new folder")
    from veritune.models import model_folder, policy_hash

    folder = model_folder(arguments.model)
    return Checkpoint(path=str(folder), policy=policy_hash(folder))


def _verified(arguments: DataArguments) -> list[VerifiedCandidate]:
    assert arguments.problems and arguments.candidates and arguments.verdicts
    return read_verified(
        arguments.problems, arguments.candidates, arguments.verdicts, arguments.columns
    )


def _pairs(
    arguments: DataArguments, pairing: PairConfig, prompt: PromptConfig | None = None
) -> list[PreferencePair]:
    """Pairs of the files that are named; those of verdicts as `prompt` puts their problems."""
    from veritune.trainer import read_pairs_file, verdict_pairs

    if arguments.preferences is not None:
        return read_pairs_file(arguments.preferences)
    rows = _verified(arguments)
    if prompt is not None:
        rows = pose_rows(rows, prompt, arguments.model, TerminalProgress())
    pairs = verdict_pairs(
        rows,
        max_per_problem=pairing.pairs,
        seed=arguments.seed,
        steps=pairing.steps,
    )
    if not pairs:
        raise RecordError(
            f"{arguments.verdicts}: no problem has both a passed and a rejected candidate"
        )
    return pairs


def _shown(advance: Advance, tell: OnStep) -> OnStep:
    """Shows the loss, and the share of examples that come out right."""

    def on_step(step: MetricsRow) -> None:
        tell(step)
        advance(1, loss=number(step, "loss"), accuracy=number(step, "accuracy"))

    return on_step
