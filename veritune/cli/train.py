"""`veritune train sft --model M --problems P.jsonl --candidates C.jsonl --out DIR`; others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veritune.cli.arguments import check_shard, parse
from veritune.cli.console import TerminalProgress
from veritune.cli.posing import pose_rows
from veritune.cli.tracking import tracking
from veritune.cli.train_adapter import make_adapter, merge
from veritune.cli.train_pairs import train_dpo, train_reward
from veritune.cli.train_rl import train_group, train_ppo
from veritune.config import CandidateColumnsConfig, Count, PromptConfig, SftConfig, TrackerName
from veritune.errors import RecipeError
from veritune.records import Checkpoint, MetricsRow, number


class TrainArguments(SftConfig):
    """Fine-tune a model on the candidates that passed."""

    model: str
    """Hugging Face folder or hub name to start from."""
    problems: str
    """Problems: a file, folder or hub name, in any known layout."""
    columns: CandidateColumnsConfig = CandidateColumnsConfig()
    candidates: str
    """Candidates of those problems."""
    out: str
    """Folder of the trained model; it must not exist."""
    verdicts: str | None = None
    """Verdicts on the candidates: trained on are those that passed, were not truncated and are not
    flagged as cheats. Left out: all are."""
    seed: Count = 0
    """The order of the examples follows from this."""
    prompt: PromptConfig = PromptConfig()
    tracker: TrackerName | None = None
    """Where the steps' measurements go. Left out: nowhere."""


HELP = """  sft      fine-tune on candidates, those that passed where there are verdicts
  reward   train a reward model: preference, outcome or process
  dpo      direct preference optimisation on pairs
  ppo      one round of PPO on candidates and their verdicts
  group    one round of RLOO, GRPO or Dr. GRPO on them
  adapter  put a fresh LoRA adapter on a model
  merge    write an adapter and its base as one model

veritune train NAME --help explains each."""


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
    from veritune.trainer import Example, SftTrainer, read_examples

    folder = model_folder(arguments.model)
    progress = TerminalProgress()
    read = read_examples(
        arguments.problems, arguments.candidates, arguments.verdicts, arguments.columns
    )
    rows = [(one.problem, one.candidate) for one in read]
    posed = pose_rows(rows, arguments.prompt, arguments.model, progress)
    examples = [Example(problem=problem, candidate=candidate) for problem, candidate in posed]
    with (
        progress.phase("train", arguments.max_steps) as advance,
        tracking(arguments) as tell,
    ):

        def on_step(step: MetricsRow) -> None:
            tell(step)
            advance(1, loss=number(step, "loss"))

        trainer = SftTrainer(arguments, seed=arguments.seed, on_step=on_step)
        start = Checkpoint(path=str(folder), policy=policy_hash(folder))
        trained = trainer.update(start, examples, out)
    progress.say(
        f"trained on {len(examples)} examples; {trained.path} holds policy {trained.policy}"
    )
    return 0
