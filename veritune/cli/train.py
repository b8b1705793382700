"""`veritune train sft --model M --problems P.jsonl --candidates C.jsonl --out DIR`; others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from veritune.cli.arguments import check_shard, parse
from veritune.cli.console import TerminalProgress
from veritune.cli.tracking import tracking
from veritune.cli.train_adapter import make_adapter, merge
from veritune.cli.train_pairs import train_dpo, train_reward
from veritune.cli.train_rl import train_group, train_ppo
from veritune.config import Count, SftConfig, TrackerName
from veritune.errors import RecipeError, RecordError
from veritune.files import read_records
from veritune.problems import read_pairs
from veritune.records import Candidate, Checkpoint, Verdict
from veritune.use import use_of

if TYPE_CHECKING:
    from veritune.trainer import Example


class TrainArguments(SftConfig):
    """Fine-tune a model on the candidates that passed."""

    model: str
    """Hugging Face folder or hub name to start from."""
    problems: str
    """Problems: .jsonl, .jsonl.zst or .parquet."""
    candidates: str
    """Candidates of those problems."""
    out: str
    """Folder of the trained model; it must not exist."""
    verdicts: str | None = None
    """Verdicts on the candidates: trained on are those that passed, were not truncated and are not
    flagged as cheats. Left out: all are."""
    seed: Count = 0
    """The order of the examples follows from this."""
    tracker: TrackerName | None = None
    """Where the steps' measurements go. Left out: nowhere."""


HELP = """  sft      fine-tune on candidates, those that passed where there are verdicts
  reward   train a reward model: preference, outcome or process
  dpo      direct preference optimisation on pairs
  ppo      one round of PPO on candidates and their verdicts
  group    one round of RLOO, GRPO or Dr. GRPO on them
  adapter  put a fresh LoRA adapter on a model
  merge    write an adapter and its base as one model

veritune train sft --help explains each."""


def main(argv: Sequence[str]) -> int:
    """Train on existing files."""
    commands = {
        "sft": train_sft,
        "reward": train_reward,
        "dpo": train_dpo,
        "ppo": train_ppo,
        "group": train_group,
        "adapter": make_adapter,
        "merge": merge,
    }
    usage = f"veritune train {'|'.join(commands)} ..."
    if argv and argv[0] in ("-h", "--help"):
        print(f"usage: {usage}\n\n{HELP}")
        return 0
    if not argv or argv[0] not in commands:
        raise RecipeError(f"name the trainer first: {usage}")
    return commands[argv[0]](argv[1:])


def train_sft(argv: Sequence[str]) -> int:
    """`veritune train sft`."""
    arguments = parse(TrainArguments, argv, prog="veritune train sft")
    out = Path(arguments.out)
    if out.exists():
        raise RecipeError(f"--out: {out} exists; name a new folder")
    check_shard(arguments)
    from veritune.models import model_folder, policy_hash
    from veritune.trainer import SftTrainer

    examples = read_examples(arguments)
    folder = model_folder(arguments.model)
    progress = TerminalProgress()
    with (
        progress.phase("train", arguments.max_steps) as advance,
        tracking(arguments) as tell,
    ):

        def on_step(step: dict[str, Any]) -> None:
            tell(step)
            advance(1, loss=step["loss"])

        trainer = SftTrainer(arguments, seed=arguments.seed, on_step=on_step)
        start = Checkpoint(path=str(folder), policy=policy_hash(folder))
        trained = trainer.update(start, examples, out)
    progress.say(
        f"trained on {len(examples)} examples; {trained.path} holds policy {trained.policy}"
    )
    return 0


def read_examples(arguments: TrainArguments) -> list[Example]:
    """The candidates to train on, each with its problem."""
    from veritune.trainer import Example

    pairs = read_pairs(arguments.problems, arguments.candidates)
    if arguments.verdicts is not None:
        verdicts = read_records(arguments.verdicts, Verdict)
        known = {(v.problem_id, v.index): v for v in verdicts}
        pairs = [(p, c) for p, c in pairs if _learnable(c, known.get((c.problem_id, c.index)))]
        if not pairs:
            raise RecordError(
                f"{arguments.verdicts}: no candidate passed that may be trained on (whole, and not"
                " flagged as a cheat); nothing to train on"
            )
    return [Example(problem=problem, candidate=candidate) for problem, candidate in pairs]


def _learnable(candidate: Candidate, verdict: Verdict | None) -> bool:
    if verdict is None:
        return False
    use = use_of(verdict, truncated=candidate.truncated)
    return use.solved and use.imitate
