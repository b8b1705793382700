"""The two policies of a policy-gradient run: the one that learns, and the frozen reference.

Where an adapter learns and the run started from its base, the reference is the same model with the
adapter off: there is no second model in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from safetensors.torch import load_file

from veritune.config import GroupConfig, RlConfig
from veritune.errors import ModelError
from veritune.models import (
    WEIGHTS,
    HeldPolicy,
    SavedLayout,
    adapter_base,
    adapter_off,
    give_memory_back,
    in_pieces,
    load_policy,
    model_folder,
)
from veritune.records import Checkpoint
from veritune.trainer import processes, sharding
from veritune.trainer.learner import Learner, open_learner
from veritune.trainer.precision import computing, resolve
from veritune.trainer.rollouts import micro_batches
from veritune.trainer.rows import TokenRow
from veritune.trainer.scoring import score

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Policies:
    """Kept in memory between rounds; read from disk where a round begins from elsewhere.

    `dtype` is what the reference computes in and checkpoints are written in.
    """

    def __init__(self, config: RlConfig, reference: Checkpoint, temperature: float, dtype: str):
        self._config, self._temperature, self._dtype = config, temperature, dtype
        self._reference = reference
        self._precision = resolve(config.precision)
        self._frozen: PreTrainedModel | None = None
        self._teacher: PreTrainedModel | None = None
        self._base_is_reference: bool | None = None
        self._learner: Learner | None = None
        self._at = ""
        self._layout: SavedLayout | None = None

    def take(self, checkpoint: Checkpoint) -> Learner:
        """The learner that stands at `checkpoint`; until it is saved again it is on no disk."""
        processes.join()
        if self._learner is None or self._at != checkpoint.policy:
            self._learner = None  # Its memory is needed for the next one.
            give_memory_back()
            self._learner = open_learner(checkpoint, self._reference, self._config)
        elif self._config.offload:
            self._learner.move_idle(self._learner.model.device)
        self._at = ""
        return self._learner

    def save(
        self, learner: Learner, out: Path, *, resumable: bool = True, on_disk: bool = True
    ) -> Checkpoint:
        """Write the learner after a round; what is not resumable has no moments.

        What is not wanted `on_disk` is named alone, where its name is known without writing it.
        """
        learner.counters.iteration += 1
        saved = self._write(learner, out, resumable=resumable, on_disk=on_disk)
        if self._config.offload:
            learner.move_idle("cpu")
            give_memory_back(cycles=False)
        return saved

    def _write(self, learner: Learner, out: Path, *, resumable: bool, on_disk: bool) -> Checkpoint:
        if not on_disk and self._layout is not None:
            name = self._layout.name(learner.model)
            if name is not None:
                self._at = name
                return Checkpoint(path=str(out), policy=name)
        saved = learner.save(out, self._dtype, resumable=resumable)
        self._at = saved.policy
        alone = processes.size() == 1 and not in_pieces(learner.model)
        if self._layout is not None or not on_disk:
            self._layout = SavedLayout.of(saved, learner.model) if alone else None
        return saved

    def held(self) -> HeldPolicy | None:
        """What was saved last; None while it is trained, and where a process has pieces of it."""
        learner = self._learner
        if learner is None or not self._at or in_pieces(learner.model):
            return None
        return HeldPolicy(self._at, learner.model, learner.tokenizer)

    def reference_logprobs(
        self,
        learner: Learner,
        rows: Sequence[TokenRow],
        width: int,
        temperature: float | None = None,
    ) -> torch.Tensor:
        """(rows, width): the reference's log-probabilities."""
        # Found out once: it reads the adapter's weights.
        if self._base_is_reference is None:
            self._base_is_reference = is_its_base(learner.model, self._reference)
        if self._base_is_reference:
            with adapter_off(learner.model):
                return self.logprobs(learner.model, rows, width, temperature)
        if self._frozen is None:
            self._frozen, _ = self._open_frozen(self._reference.path)
        return self._asked(self._frozen, rows, width, temperature)

    def teacher_logprobs(
        self, learner: Learner, rows: Sequence[TokenRow], width: int
    ) -> torch.Tensor:
        """(rows, width): the teacher's log-probabilities. Raises `ModelError` for other tokens."""
        assert isinstance(self._config, GroupConfig) and self._config.teacher is not None
        if self._teacher is None:
            self._teacher, tokenizer = self._open_frozen(self._config.teacher)
            if tokenizer.get_vocab() != learner.tokenizer.get_vocab():
                raise ModelError(
                    f"trainer.teacher {self._config.teacher}: its tokenizer has other tokens than"
                    " the policy's; name a model of the same family"
                )
        return self._asked(self._teacher, rows, width)

    def _open_frozen(self, path: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
        """A model that only scores, and its tokenizer."""
        frozen, tokenizer = load_policy(path, dtype=self._dtype)
        frozen.requires_grad_(False)
        if self._config.shard:
            sharding.shard(frozen)
        return frozen, tokenizer

    def _asked(
        self,
        frozen: PreTrainedModel,
        rows: Sequence[TokenRow],
        width: int,
        temperature: float | None = None,
    ) -> torch.Tensor:
        """As `logprobs`; a model on a GPU leaves it to others until it is asked again."""
        on_gpu = torch.cuda.is_available() and not in_pieces(frozen)
        if not on_gpu:
            return self.logprobs(frozen, rows, width, temperature)
        module: torch.nn.Module = frozen  # Whose types transformers does not keep.
        module.cuda()
        found = self.logprobs(frozen, rows, width, temperature)
        module.cpu()
        torch.cuda.empty_cache()
        return found

    def logprobs(
        self,
        model: PreTrainedModel,
        rows: Sequence[TokenRow],
        width: int,
        temperature: float | None = None,
    ) -> torch.Tensor:
        """(rows, width): a model's log-probabilities, without gradient; each process its share."""
        config, out = self._config, torch.zeros(len(rows), width)
        warm = self._temperature if temperature is None else temperature
        parts = list(micro_batches(range(len(rows)), rows, config.micro_batch_size))
        with torch.no_grad(), computing(self._precision, model.device):
            for part, counts in processes.turns(parts, equal=in_pieces(model)):
                chosen = [rows[i] for i in part]
                scores = score(model, chosen, width, warm, fp32=config.fp32_head)
                if counts:
                    out[part] = scores.logprobs.float().cpu()
        sharding.put_back(model)
        # Each process has filled its rows, and zeros stand in the others.
        processes.sum_tensors(out)
        return out


def is_its_base(model: PreTrainedModel, reference: Checkpoint) -> bool:
    """Whether `reference` is `model` without its adapter, or with one that changes nothing yet."""
    if not hasattr(model, "peft_config"):
        return False
    (adapter,) = cast("PeftModel", model).peft_config.values()
    base = model_folder(str(adapter.base_model_name_or_path)).resolve()
    folder = model_folder(reference.path)
    named = adapter_base(folder)
    if named is None:
        return folder.resolve() == base
    return model_folder(named).resolve() == base and _changes_nothing(folder)


def _changes_nothing(adapter: Path) -> bool:
    """Whether an adapter's up-projections are zero, as they are before it has learned."""
    for file in (file for pattern in WEIGHTS for file in adapter.glob(pattern)):
        if file.suffix != ".safetensors":
            return False
        for name, value in load_file(file).items():
            zero = "lora_B" in name or "lora_embedding_A" in name
            if "lora_" not in name or (zero and bool(value.any())):
                return False
    return True
