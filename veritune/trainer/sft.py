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
        from veritune.trainer.optimization import Optimization

        config = self._config
        data = tokenize(batch, tokenizer)
        optimization = Optimization(
            model,
            learning_rate=config.learning_rate,
            weight_decay=config.weight_decay,
            clip=config.clip,
            warmup=config.warmup,
            updates=config.updates,
        )
        model.train()
        pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
        stream = batches(data, config.batch_size, config.updates, self._seed, pad)
        for ids, labels, mask in stream:
            started = time.perf_counter()
            where = model.device
            with optimization.forward():
                total = completion_loss(model, ids.to(where), labels.to(where), mask.to(where))
                loss = total / optimization.count(int((labels != IGNORED).sum()))
            loss.backward()
            norm = optimization.update()
            self._on_step(
                {
                    "step": optimization.done,
                    "loss": loss.item(),
                    "grad_norm": norm,
                    "learning_rate": optimization.learning_rate,
                    "tokens_per_second": int(mask.sum()) / (time.perf_counter() - started),
                }
            )
        model.eval()


def completion_loss(
    model: Any, ids: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    """Summed negative log-likelihood of the labelled tokens, in nats.

    `ids`, `labels` and `mask` are (batch, length); a label of -100 carries no loss. Position t
    predicts the label at t + 1.
    """
    import torch

    logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1).float(),
        labels[:, 1:].flatten(),
        ignore_index=IGNORED,
        reduction="sum",
    )
