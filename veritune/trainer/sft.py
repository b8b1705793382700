"""Supervised fine-tuning: maximum likelihood of completions, given their prompts.

Maximises  sum over examples (x, y) of  sum over t of  log pi(y_t | x, y_<t),
as the mean over the batch's completion tokens (the prompt and padding carry no loss), with AdamW
(Loshchilov & Hutter 2019, arXiv 1711.05101), linear warm-up, linear decay to zero and clipping of
the global gradient norm. Over verified candidates this is rejection-sampling fine-tuning (RFT,
arXiv 2308.01825) and the improve step of ReST-EM (arXiv 2312.06585).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from veritune.config import SftConfig
from veritune.errors import TrainingError
from veritune.models import load_policy, save_policy
from veritune.records import Checkpoint
from veritune.trainer.batches import IGNORED, batches, tokenize
from veritune.trainer.protocol import Example

if TYPE_CHECKING:
    import torch

Step = dict[str, Any]


class SftTrainer:
    """Trains a copy of the policy and saves it as a normal Hugging Face folder."""

    def __init__(
        self,
        config: SftConfig,
        *,
        seed: int,
        dtype: str = "float32",
        on_step: Callable[[Step], None] = lambda step: None,
    ) -> None:
        self._config, self._seed, self._dtype, self._on_step = config, seed, dtype, on_step

    def update(self, checkpoint: Checkpoint, batch: Sequence[Example], out: Path) -> Checkpoint:
        """Train on `batch` from `checkpoint`; the same inputs and seed give the same weights."""
        model, tokenizer = load_policy(checkpoint.path, dtype=self._dtype)
        self.fit(model, tokenizer, batch)
        return save_policy(model, tokenizer, out)

    def fit(self, model: Any, tokenizer: Any, batch: Sequence[Example]) -> None:
        """Train `model` in place."""
        import torch

        config = self._config
        data = tokenize(batch, tokenizer)
        optimizer = torch.optim.AdamW(
            model.parameters(),
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=True,
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate)
        model.train()
        pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
        stream = batches(data, config.batch_size, config.updates, self._seed, pad)
        for step, (ids, labels, mask) in enumerate(stream, 1):
            started = time.perf_counter()
            where = model.device
            loss = completion_loss(model, ids.to(where), labels.to(where), mask.to(where))
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip)
            if not torch.isfinite(norm):
                raise TrainingError(
                    f"step {step}: the loss is not finite; lower trainer.learning_rate"
                )
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            self._on_step(
                {
                    "step": step,
                    "loss": loss.item(),
                    "grad_norm": norm.item(),
                    "learning_rate": schedule.get_last_lr()[0],
                    "tokens_per_second": int(mask.sum()) / (time.perf_counter() - started),
                }
            )
        model.eval()

    def _rate(self, step: int) -> float:
        """Share of the peak learning rate: linear warm-up, then linear decay to zero."""
        config = self._config
        if step < config.warmup:
            return (step + 1) / (config.warmup + 1)
        left = max(config.updates - config.warmup, 1)
        return max(config.updates - step, 0) / left


def completion_loss(
    model: Any, ids: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    """Mean negative log-likelihood of the labelled tokens, in nats.

    `ids`, `labels` and `mask` are (batch, length); a label of -100 carries no loss. Position t
    predicts the label at t + 1.
    """
    import torch

    logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=IGNORED
    )
