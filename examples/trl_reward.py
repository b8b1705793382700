"""Our verifiers as a reward in TRL's GRPOTrainer.

    pip install trl datasets
    python examples/trl_reward.py

The model is a tiny one that knows nothing, so that this ends in seconds. For a model of yours, give
its name as `model` and leave `processing_class` out.
"""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Any

from veritune.config import ScratchConfig
from veritune.integrations import trl
from veritune.models import build_scratch


def train(folder: str, max_steps: int = 2) -> list[dict[str, Any]]:
    """What TRL logged of every step."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    # The reward reads what a completion is checked by from the row: here its column `answer`.
    rows = [{"prompt": f"{a}+{b}=", "answer": str(a + b)} for a in range(5) for b in range(5)]
    model, tokenizer = build_scratch(ScratchConfig(layers=1, width=32, heads=2), seed=0)
    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=trl.reward(),
        train_dataset=Dataset.from_list(rows),
        args=GRPOConfig(
            output_dir=folder,
            max_steps=max_steps,
            num_generations=4,
            per_device_train_batch_size=8,
            max_completion_length=8,
            logging_steps=1,
            report_to=[],
            use_cpu=True,
            bf16=False,
            save_strategy="no",
            gradient_checkpointing=False,
        ),
    )
    trainer.train()
    return [row for row in trainer.state.log_history if "reward" in row]


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        for row in train(place):
            print(f"reward {float(row['reward']):.3f}, loss {float(row['loss']):.4f}")
