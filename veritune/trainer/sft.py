"""Supervised fine-tuning: maximum likelihood of completions, given their prompts.

Maximises  sum over examples (x, y) of  sum over t of  log pi(y_t | x, y_<t),
as the mean over the batch's completion tokens (the prompt and padding carry no loss), with AdamW
(Loshchilov & Hutter 2019, arXiv 1711.05101), linear warm-up, linear decay to zero and clipping of
the global gradient norm. Over verified candidates this is rejection-sampling fine-tuning (RFT,
arXiv 2308.01825) and the improve step of ReST-EM (arXiv 2312.06585).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from veritune.config import SftConfig
from veritune.models import load_policy, save_policy
from veritune.models.forward import keeping
from veritune.records import Checkpoint
from veritune.trainer.batches import IGNORED, Tokens, padded, tokenize
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
        shard: bool = False,
        on_step: Callable[[Step], None] = lambda step: None,
    ) -> None:
        """With `shard` each of several processes holds a piece of the model only (FSDP)."""
        self._shard = shard
        self._config, self._seed, self._dtype, self._on_step = config, seed, dtype, on_step

    def update(self, checkpoint: Checkpoint, batch: Sequence[Example], out: Path) -> Checkpoint:
        """Train on `batch` from `checkpoint`; the same inputs and seed give the same weights.

        Killed and started again it resumes from its last saved state, to the same weights.
        """
        from veritune.trainer import processes, sharding
        from veritune.trainer.fitting import finish, state_folder

        processes.join()
        model, tokenizer = load_policy(checkpoint.path, dtype=self._dtype)
        if self._shard:
            sharding.shard(model)
        self.fit(model, tokenizer, batch, state=state_folder(out))
        if self._shard:
            first = processes.rank() == 0
            start = load_policy(checkpoint.path, dtype=self._dtype, device="cpu") if first else None
            model = sharding.gather(model, start and start[0])
        return finish(out, lambda: save_policy(model, tokenizer, out))

    def fit(
        self, model: Any, tokenizer: Any, batch: Sequence[Example], *, state: Path | None = None
    ) -> None:
        """Train `model` in place."""
        from veritune.trainer.fitting import FitTask, fit
        from veritune.trainer.packing import packed_loss

        config = self._config

        def loss(rows: Sequence[Tokens]) -> tuple[torch.Tensor, dict[str, float]]:
            if config.packing:
                return packed_loss(model, rows, config.packing), {}
            return completion_loss(model, rows), {}

        task = FitTask(
            rows=tokenize(batch, tokenizer),
            loss=loss,
            weight=lambda row: row.weight * row.completion,
            length=lambda row: len(row.ids),
        )
        fit(model, task, config, seed=self._seed, on_step=self._on_step, state=state)


def completion_loss(model: Any, rows: Sequence[Tokens]) -> torch.Tensor:
    """Weighted sum over rows of the negative log-likelihood of completion tokens, in nats."""
    import torch

    weights = torch.tensor([row.weight for row in rows], device=model.device)
    return -(completion_logprobs(model, rows) * weights).sum()


def completion_logprobs(model: Any, rows: Sequence[Tokens]) -> torch.Tensor:
    """(rows,): the log-probability of each completion given its prompt, in nats.

    Position t predicts the token at t + 1. Rows of unlike length, and rows of one prompt, lie in
    one line without padding where the model's attention can be told so (`layout`).
    """
    import torch

    from veritune.models.value import reading_at
    from veritune.trainer.layout import packed

    layout = packed(model, rows)
    if layout is None:
        return _padded_logprobs(model, rows)
    with reading_at(model, layout.states):
        logits = model(**layout.inputs, use_cache=False).logits[0]
    # The state behind a row's last token predicts nothing.
    labels = [id for row in rows for id in (*row.ids[row.prompt :], IGNORED)]
    each = torch.nn.functional.cross_entropy(
        logits.float(),
        torch.tensor(labels, device=logits.device),
        ignore_index=IGNORED,
        reduction="none",
    )
    return -torch.stack([part.sum() for part in each.split([n + 1 for n in layout.lengths])])


def _padded_logprobs(model: Any, rows: Sequence[Tokens]) -> torch.Tensor:
    """The same of padded rows.

    Logits are computed from the first completion on. Padding stands behind the rows' ends, where
    causal attention hides it: there is no mask, and attention takes its fastest path.
    """
    import torch

    ids, labels = (tensor.to(model.device) for tensor in padded(rows))
    first = min(row.prompt for row in rows) - 1
    kept = ids.shape[1] - first
    logits = model(input_ids=ids, use_cache=False, **keeping(model, kept)).logits
    each = torch.nn.functional.cross_entropy(
        logits[:, -kept:-1].flatten(0, 1).float(),
        labels[:, first + 1 :].flatten(),
        ignore_index=IGNORED,
        reduction="none",
    )
    return -each.view(len(rows), -1).sum(1)
