"""`veritune bench throughput --what sft`: tokens a second of SFT, beside TRL's SFTTrainer.

Both train the same model (a Qwen2 of 3.4 million parameters, or `--model`) from the same folder on
the same token ids, for one epoch; every measurement is a process of its own, ours and the peer's in
turn. Tokens are those of prompts and completions; padding does not count. The first step is not
timed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from veritune.benchmarks.benchmark_model import add_model, put_model, random_rows
from veritune.benchmarks.benchmark_options import OptionParser
from veritune.benchmarks.benchmark_process import in_turn, print_ratios
from veritune.errors import RecipeError

# Tokens of a row: of equal ones, and the least and most of ragged ones, which have about the same
# mean.
EQUAL, SHORTEST, LONGEST = 74, 12, 400


def main(argv: Sequence[str]) -> int:
    """Measure ours, and TRL's where a Python has it; print medians and their ratio."""
    options = _options(argv)
    peer = options.peer_python or (sys.executable if find_spec("trl") else None)
    with tempfile.TemporaryDirectory() as folder:
        for lengths in ("equal", "mixed"):
            task = vars(options) | {"folder": folder, "rows": f"{lengths}.json"}
            task["micro_batch"] = options.micro_batch if lengths == "mixed" else 0
            put_model(Path(folder), options.model, max_length=512)
            _prepare(Path(folder), lengths, options.batch * options.steps)
            peers = {"TRL SFTTrainer": [peer, "-c", PEER]} if peer else {}
            found = in_turn("veritune.benchmarks.throughput_sft", peers, task, options.repeats)
            print_ratios(found, f"{lengths} lengths  ")
    return 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = OptionParser(prog="veritune bench throughput --what sft")
    add_model(parser)
    parser.add_argument("--peer-python", help="a Python with TRL; this one where it has it")
    parser.add_argument("--batch", type=int, default=32, help="examples a step")
    parser.add_argument("--micro-batch", type=int, default=8, help="ours, on mixed lengths")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=3, help="processes of each")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(list(argv))
    if options.steps < 2:
        raise RecipeError("--steps: give at least 2, since the first step is not timed")
    return options


def _prepare(folder: Path, lengths: str, count: int) -> None:
    """`count` rows of token ids: all of 74, or from 12 to 400 with a long tail."""
    rng = random.Random(0)
    sizes = [
        EQUAL if lengths == "equal" else min(LONGEST, SHORTEST + int(rng.expovariate(1 / 62)))
        for _ in range(count)
    ]
    rows = random_rows(folder, sizes)
    (folder / f"{lengths}.json").write_text(json.dumps(rows))


def run(task: dict[str, Any]) -> dict[str, float]:
    """Our side: one epoch."""
    import resource
    import time

    import torch

    from veritune.config import SftConfig
    from veritune.models import load_policy
    from veritune.records import Candidate, MathProblem, MathReference, MetricsRow
    from veritune.trainer import Example, SftTrainer

    torch.set_num_threads(task["threads"])
    folder = Path(task["folder"])
    model, tokenizer = load_policy(folder / "model")
    rows = json.loads((folder / task["rows"]).read_text())
    examples = []
    for i, ids in enumerate(rows):
        prompt = str(tokenizer.decode(ids[:4], clean_up_tokenization_spaces=False))
        problem = MathProblem(id=str(i), prompt=prompt, reference=MathReference(answer=""))
        candidate = Candidate(problem_id=str(i), index=0, text="", token_ids=ids[4:])
        examples.append(Example(problem=problem, candidate=candidate))
    marks: list[tuple[float, float]] = []
    config = SftConfig(
        max_steps=task["steps"],
        batch_size=task["batch"],
        micro_batch_size=task["micro_batch"],
        learning_rate=1e-5,
        warmup_steps=0,
        save_every=0,
    )

    def on_step(step: MetricsRow) -> None:
        marks.append((time.perf_counter(), time.process_time()))

    SftTrainer(config, seed=0, on_step=on_step).fit(model, tokenizer, examples)
    return {
        "tokens": sum(map(len, rows)) * (task["steps"] - 1) / task["steps"],
        "seconds": marks[-1][0] - marks[0][0],
        "cpu": marks[-1][1] - marks[0][1],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


PEER = """
import json, resource, sys, time, warnings
warnings.filterwarnings("ignore")
task = json.loads(sys.argv[1])
import torch, transformers
transformers.logging.set_verbosity_error()
torch.set_num_threads(task["threads"])
from datasets import Dataset
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback
from trl import SFTConfig, SFTTrainer
folder = task["folder"]
tokenizer = PreTrainedTokenizerFast.from_pretrained(folder + "/model")
model = AutoModelForCausalLM.from_pretrained(folder + "/model", dtype=torch.float32)
rows = json.load(open(folder + "/" + task["rows"]))
data = Dataset.from_list([{"input_ids": r, "labels": [-100] * 4 + r[4:]} for r in rows])
marks = []
class Clock(TrainerCallback):
    def on_step_end(self, args, state, control, **more):
        marks.append((time.perf_counter(), time.process_time()))
config = SFTConfig(output_dir=folder + "/peer", learning_rate=1e-5, report_to=[], use_cpu=True,
                   bf16=False, save_strategy="no", logging_steps=10**9, disable_tqdm=True,
                   per_device_train_batch_size=task["batch"], gradient_accumulation_steps=1,
                   gradient_checkpointing=False, num_train_epochs=1, max_length=None,
                   dataset_kwargs={"skip_prepare_dataset": True})
trainer = SFTTrainer(model=model, args=config, train_dataset=data, processing_class=tokenizer,
                     callbacks=[Clock()])
trainer.train()
print(json.dumps({"tokens": sum(map(len, rows)) * (task["steps"] - 1) / task["steps"],
                  "seconds": marks[-1][0] - marks[0][0], "cpu": marks[-1][1] - marks[0][1],
                  "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))))
