"""Completion tokens a second of whole reinforcement-learning steps, generation included.

Ours is the run's own path: load the policy into the sampler, sample, verify, update, save the
checkpoint with its state and name it by content. With `--model`, whose moments are large, steps are
those between two checkpoints (`rounds.save_every`): the weights alone are written, for the sampler.
The peer is TRL on the same model folder, prompts, batch and threads, and writes nothing. Each
measurement is a process of its own, ours and the peer's in turn; the first steps are not timed.
What is compared is the ratio of medians, and the peak memory.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from veritune.benchmarks.benchmark_model import add_lora, add_model, put_adapter, put_model
from veritune.benchmarks.benchmark_options import OptionParser
from veritune.benchmarks.benchmark_process import in_turn, print_ratios

What = Literal["ppo", "group"]
# Enough that no prompt is trained on twice within the timed steps.
PROMPTS = 512


def compare(what: What, peer: str, argv: Sequence[str]) -> int:
    """Measure ours, and the peer's where a Python that has it is named."""
    parser = OptionParser(prog=f"veritune bench throughput --what {what}")
    parser.add_argument("--peer-python", help="a Python with TRL, to be measured in turn with ours")
    add_model(parser)
    add_lora(parser)
    parser.add_argument("--epochs", type=int, default=1, help="passes over a batch")
    parser.add_argument("--batch", type=int, default=32, help="completions a step")
    parser.add_argument("--tokens", type=int, default=50, help="most tokens of a completion")
    parser.add_argument("--steps", type=int, default=4, help="steps that are timed")
    parser.add_argument("--repeats", type=int, default=3, help="processes of each")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(list(argv))
    with tempfile.TemporaryDirectory() as folder:
        task = vars(options) | {"what": what, "folder": folder, "warm": 1}
        put_model(Path(folder), options.model, max_length=128)
        put_adapter(Path(folder), options.lora_rank)
        _prepare(Path(folder))
        python = options.peer_python
        peers = {f"TRL {peer}": [python, "-c", _peer(what)]} if python else {}
        found = in_turn("veritune.benchmarks.training_process", peers, task, options.repeats)
        print_ratios(found)
    return 0


def _prepare(folder: Path) -> None:
    """Prompts of 24 characters."""
    import random

    rng = random.Random(0)
    prompts = ["".join(rng.choices("0123456789+-*", k=23)) + "=" for _ in range(PROMPTS)]
    (folder / "prompts.json").write_text(json.dumps(prompts))


def _peer(what: What) -> str:
    return PEER_HEAD + {"ppo": PEER_PPO, "group": PEER_GROUP}[what] + PEER_TAIL


PEER_HEAD = """
import json, resource, sys, time, warnings
warnings.filterwarnings("ignore")
task = json.loads(sys.argv[1])
import torch, transformers
transformers.logging.set_verbosity_error()
torch.set_num_threads(task["threads"])
from datasets import Dataset
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback
folder, adapter = task["folder"], None
if task["lora_rank"]:
    from peft import LoraConfig
    adapter = LoraConfig(r=task["lora_rank"], lora_alpha=16, target_modules="all-linear",
                         task_type="CAUSAL_LM")
tokenizer = PreTrainedTokenizerFast.from_pretrained(folder + "/model", padding_side="left")
prompts = json.load(open(folder + "/prompts.json"))
load = lambda: AutoModelForCausalLM.from_pretrained(folder + "/model", dtype=torch.float32)
steps, counted, marks = task["warm"] + task["steps"], [], []
class Clock(TrainerCallback):
    def on_step_end(self, args, state, control, **more):
        marks.append((time.perf_counter(), time.process_time(), sum(counted)))
common = dict(output_dir=folder + "/peer", learning_rate=1e-5, report_to=[], use_cpu=True,
              bf16=False, save_strategy="no", logging_steps=10**9, disable_tqdm=True,
              per_device_train_batch_size=task["batch"], gradient_accumulation_steps=1,
              gradient_checkpointing=False)
"""
PEER_PPO = """
from trl.experimental.ppo import PPOConfig, PPOTrainer
from transformers import AutoModelForSequenceClassification, Qwen2Config
from transformers import Qwen2ForSequenceClassification
value = AutoModelForSequenceClassification.from_pretrained(folder + "/model", num_labels=1)
small = Qwen2Config(vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_labels=1,
                    num_hidden_layers=1, num_attention_heads=1, num_key_value_heads=1,
                    pad_token_id=tokenizer.pad_token_id)
data = Dataset.from_list([{"input_ids": tokenizer(p)["input_ids"]} for p in prompts])
config = PPOConfig(num_ppo_epochs=task["epochs"], num_mini_batches=1, stop_token="eos",
                   total_episodes=task["batch"] * steps, response_length=task["tokens"],
                   local_rollout_forward_batch_size=task["batch"], num_sample_generations=0,
                   temperature=1.0, **common)
class Counted(PPOTrainer):
    def log(self, metrics, *a, **k):
        pass
import trl.experimental.ppo.ppo_trainer as module
plain = module.truncate_response
def truncate(stop, pad, responses):
    out = plain(stop, pad, responses)
    counted.append(int((out != pad).sum()))
    return out
module.truncate_response = truncate
trainer = Counted(config, tokenizer, load(), load(), Qwen2ForSequenceClassification(small), data,
                  value, callbacks=[Clock()], peft_config=adapter)
"""
PEER_GROUP = """
from trl import GRPOConfig, GRPOTrainer
def reward(prompts, completions, completion_ids, **more):
    counted.append(sum(len(ids) for ids in completion_ids))
    return [sum(c.isdigit() for c in text) / 50 for text in completions]
data = Dataset.from_list([{"prompt": p} for p in prompts])
config = GRPOConfig(num_generations=8, max_completion_length=task["tokens"], max_steps=steps,
                    num_iterations=task["epochs"], temperature=1.0, **common)
trainer = GRPOTrainer(load(), reward, args=config, train_dataset=data, processing_class=tokenizer,
                      callbacks=[Clock()], peft_config=adapter)
"""
PEER_TAIL = """
trainer.train()
(began, idle, before), (ended, worked, after) = marks[task["warm"] - 1], marks[-1]
print()
print(json.dumps({"tokens": after - before, "seconds": ended - began, "cpu": worked - idle,
                  "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""
