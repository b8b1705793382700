"""One optimizer step, the same for every trainer, and its state on disk.

Weights and moments are float32, whatever the forward pass computes in (`models.masters`).

AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101), linear warm-up, then a linear decay to zero or
a constant rate, clipping of the global gradient norm. A batch may be cut into parts: each part's
loss is a *sum* over tokens divided by the token count of the whole batch, over all parts and
processes, so that neither the cut nor the number of processes changes the gradient.

    with optimization.forward():
        loss = summed_loss(part) / optimization.count(tokens_of_the_whole_batch)
    loss.backward()          # once a part
    norm = optimization.update()
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from veritune.errors import ModelError, TrainingError
from veritune.models import check_folder, whole_folder
from veritune.trainer import processes, sharding
from veritune.trainer.precision import Computed, computing

Moments = dict[str, torch.Tensor]


class Optimization:
    """Steps the trainable parameters of `model`.

    `max_steps` is where a linear decay ends; None keeps the rate after the warm-up. `rates` gives
    parameters whose names begin with a prefix a peak learning rate of their own.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        *,
        learning_rate: float,
        weight_decay: float = 0.0,
        max_grad_norm: float = 1.0,
        warmup_steps: int = 0,
        max_steps: int | None = None,
        rates: Mapping[str, float] | None = None,
        precision: Computed = "float32",
    ) -> None:
        processes.join()
        self.done = 0
        self._named = {n: p for n, p in model.named_parameters() if p.requires_grad}
        if not self._named:
            raise TrainingError("the model has no parameter to train")
        self._max_grad_norm, self._warmup_steps, self._max_steps = (
            max_grad_norm,
            warmup_steps,
            max_steps,
        )
        self._precision = precision
        self._optimizer = torch.optim.AdamW(
            _groups(self._named, learning_rate, rates or {}), weight_decay=weight_decay, fused=True
        )
        self._peaks: list[float] = [group["lr"] for group in self._optimizer.param_groups]

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(iter(self._named.values())).device

    @property
    def sharded(self) -> bool:
        """Whether this process holds pieces of the parameters only."""
        return any(sharding.is_sharded(parameter) for parameter in self._named.values())

    @property
    def learning_rate(self) -> float:
        """Of the next update, for parameters without a rate of their own."""
        return self._peaks[0] * self.rate(self.done)

    def rate(self, step: int) -> float:
        """Share of the peak learning rate after `step` updates."""
        # From 1 / (n + 1), not from 0: a first step at rate 0 would be wasted.
        if step < self._warmup_steps:
            return (step + 1) / (self._warmup_steps + 1)
        if self._max_steps is None:
            return 1.0
        return max(self._max_steps - step, 0) / max(self._max_steps - self._warmup_steps, 1)

    def forward(self) -> AbstractContextManager[object]:
        """Around the forward pass: lower precision where the recipe asks for it."""
        return computing(self._precision, self.device)

    def count(self, tokens: float) -> float:
        """What to divide summed losses by: this process's `tokens` and everybody else's."""
        return processes.summed(tokens, self.device)

    def update(self, decay: float = 1.0) -> float:
        """Clip the accumulated gradient, step, forget it; returns its norm before clipping.

        The learning rate is multiplied by `decay`. Raises `TrainingError`, and changes nothing,
        where the gradient is not finite.
        """
        parameters = list(self._named.values())
        # Pieces were summed over processes as they were computed.
        processes.sum_gradients([p for p in parameters if not sharding.is_sharded(p)])
        norm = sharding.clip(parameters, self._max_grad_norm)
        # Before the step: weights that are not finite could not be taken back.
        if not torch.isfinite(norm):
            raise TrainingError(
                f"step {self.done + 1}: the loss is not finite; lower trainer.learning_rate"
            )
        for group, peak in zip(self._optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * (self.rate(self.done) * decay)
        self._optimizer.step()
        # The memory of gradients is free while the next batch is sampled.
        self._optimizer.zero_grad(set_to_none=True)
        self.done += 1
        return float(norm.item())

    def save(self, folder: Path, of: str = "") -> None:
        """Write parameters, moments, step and random state as a whole folder.

        `of` names what the training follows from: only the same one may resume from here.
        """
        tensors = dict(self._tensors())
        if processes.rank() == 0:
            tensors["random"] = torch.get_rng_state()
            with whole_folder(folder) as aside:
                contiguous = {name: value.contiguous() for name, value in tensors.items()}
                save_file(contiguous, aside / "state.safetensors")
                text = json.dumps({"done": self.done, "of": of})
                (aside / "state.json").write_text(text)
        processes.wait()

    def move(self, place: torch.device | str) -> None:
        """Have the moments at `place`; where the parameters are, before the next update."""
        for state in self._optimizer.state.values():
            for name, value in state.items():
                state[name] = value.to(place)

    def moments(self) -> Moments:
        """The optimizer's state by name, whole, on the first process; empty before any step."""
        return {n: t.cpu().contiguous() for n, t in self._tensors(parameters=False)}

    def resume(self, moments: Moments, done: int) -> None:
        """Continue after `done` updates from what `moments` gave. Raises `KeyError`."""
        by_name: dict[str, Moments] = {name: {} for name in self._named}
        for key, value in moments.items():
            kind, _, name = key.partition("/")
            by_name[name][kind] = sharding.like(value.clone(), self._named[name])
        self._put_moments(by_name)
        self.done = done

    def _tensors(self, *, parameters: bool = True) -> Iterator[tuple[str, torch.Tensor]]:
        """Parameters and moments, whole; other processes than the first only give theirs."""
        for name, parameter in self._named.items():
            own = {"parameter": parameter.detach()} if parameters else {}
            for key, value in (own | self._optimizer.state[parameter]).items():
                gathered = sharding.whole(value)
                if processes.rank() == 0:
                    yield f"{key}/{name}", gathered

    def restore(self, folder: Path, of: str = "") -> bool:
        """Resume from what `save` wrote, exactly; False where nothing is, or that of another."""
        if not (folder / "state.json").is_file():
            return False
        try:
            check_folder(folder)
        except ModelError as error:
            raise ModelError(
                f"{error}; remove {folder}, and the training begins again at its first step"
            ) from None
        saved = json.loads((folder / "state.json").read_text())
        # Another recipe or other data: those steps are not ours to resume from.
        if saved["of"] != of:
            return False
        tensors = load_file(folder / "state.safetensors")
        torch.set_rng_state(tensors.pop("random"))
        moments: dict[str, dict[str, torch.Tensor]] = {name: {} for name in self._named}
        for key, value in tensors.items():
            kind, _, name = key.partition("/")
            if name not in self._named or value.shape not in ((), self._named[name].shape):
                raise TrainingError(f"{folder}: of another model ({name}); remove the folder")
            moments[name][kind] = sharding.like(value, self._named[name])
        with torch.no_grad():
            for name, parameter in self._named.items():
                parameter.copy_(moments[name].pop("parameter"))
        self._put_moments(moments)
        self.done = int(saved["done"])
        return True

    def _put_moments(self, moments: Mapping[str, Mapping[str, torch.Tensor]]) -> None:
        names = {id(parameter): name for name, parameter in self._named.items()}
        groups = self._optimizer.param_groups
        order = [names[id(parameter)] for group in groups for parameter in group["params"]]
        state = self._optimizer.state_dict()
        state["state"] = {i: dict(moments[name]) for i, name in enumerate(order) if moments[name]}
        self._optimizer.load_state_dict(state)


def _groups(
    named: Mapping[str, torch.nn.Parameter], peak: float, rates: Mapping[str, float]
) -> list[dict[str, list[torch.nn.Parameter] | float]]:
    """Parameter groups: all that no prefix names, then those of each prefix; pieces apart."""

    def prefix_of(name: str) -> str | None:
        return next((prefix for prefix in rates if name.startswith(prefix)), None)

    parts: list[tuple[str | None, float]] = [(None, peak), *rates.items()]
    grouped: list[dict[str, list[torch.nn.Parameter] | float]] = [
        {
            "params": [
                p
                for name, p in named.items()
                if prefix_of(name) == prefix and sharding.is_sharded(p) is cut
            ],
            "lr": rate,
        }
        for prefix, rate in parts
        for cut in (False, True)
    ]
    return [group for group in grouped if group["params"]]
