"""From a model's hidden states to log-probabilities, entropies and losses over its vocabulary.

The logits of 8,192 tokens over a vocabulary of 152k take 5 GB in float32, and a loss over them
keeps several such tensors. Here no more than `CHUNK` of them are in memory at once (`chunks`);
fewer are computed by torch as it would alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from veritune.models import chunks
from veritune.models.chunks import IGNORED, ChunkedLoss, ChunkedScores, HeadProduct, linear
from veritune.models.forward import OutputHead, in_pieces, output_head
from veritune.models.linear import OneDnnLinear
from veritune.models.value import reading_at

if TYPE_CHECKING:
    pass

# Largest gap between a model's logits and its head's product that rounding explains.
SAME = 1e-3
# Where a model keeps what was found out about its head.
PLAIN_HEAD = "_veritune_plain_head"
EntropyUse = Literal["monitored", "trained"]


@dataclass(frozen=True, slots=True)
class States:
    """Hidden states (states, hidden size), as the output embeddings read them.

    `logits` (states, vocabulary) are the model's own where it makes more of its states than a
    product with its output embeddings; they are computed from `head` where that is all.
    """

    hidden: Tensor
    head: OutputHead
    logits: Tensor | None
    fp32: bool = False

    def whole(self) -> Tensor:
        """(states, vocabulary): all logits, in memory at once."""
        if self.logits is not None:
            return self.logits
        if not self.fp32:
            logits: Tensor = self.head(self.hidden[None])[0]
            return logits
        with torch.autocast(self.hidden.device.type, enabled=False):
            return linear(self.head, *_of_type(self.hidden, self.head, self._dtype()))

    @property
    def fits(self) -> bool:
        """Whether all logits may be in memory at once."""
        if self.logits is not None:
            return True
        return bool(self.hidden.shape[0] * self.head.weight.shape[0] <= chunks.CHUNK)

    @property
    def product(self) -> HeadProduct:
        """The product with the output embeddings, in the precision that holds here."""
        return HeadProduct(self.head, self._dtype())

    def _dtype(self) -> torch.dtype:
        kind = self.hidden.device.type
        if self.fp32:
            return torch.promote_types(self.hidden.dtype, torch.float32)
        if torch.is_autocast_enabled(kind):
            return torch.get_autocast_dtype(kind)
        return self.hidden.dtype


def read_states(
    model: torch.nn.Module, inputs: Mapping[str, object], states: Tensor, *, fp32: bool = False
) -> States:
    """Call `model` on `inputs` and keep its hidden states at places of the flattened rows.

    With `fp32` the output embeddings are multiplied in float32 under any autocast.
    """
    if not is_plain_head(model):
        with reading_at(model, states) as seen:
            logits = model(**inputs, use_cache=False).logits[0]
        return States(seen[0], output_head(model), logits)
    with reading_at(model, states, bare=True) as seen:
        empty = model(**inputs, use_cache=False).logits
    # Sharded parameters are gathered again for what hangs on the model's own output.
    hidden = seen[0] + empty.sum() if in_pieces(model) else seen[0]
    return States(hidden, output_head(model), None, fp32)


def is_plain_head(model: torch.nn.Module) -> bool:
    """Whether the logits are the product of hidden states and output embeddings, and no more.

    Found out once, on two tokens: some models scale or bound their logits, and an adapter may lie
    on the output embeddings.
    """
    known: bool | None = getattr(model, PLAIN_HEAD, None)
    if known is None:
        known = _try_head(model)
        setattr(model, PLAIN_HEAD, known)
    return known


def _try_head(model: torch.nn.Module) -> bool:
    head = output_head(model)
    if type(head) not in (torch.nn.Linear, OneDnnLinear):
        return False
    # Any two tokens do: whatever is made of the product is made of all of them.
    places = torch.arange(2, device=head.weight.device)
    with torch.no_grad(), torch.random.fork_rng():
        with reading_at(model, places) as seen:
            logits = model(input_ids=places[None], use_cache=False).logits[0]
        product_alone = head(seen[0])
    # Relative to the largest logit, since rounding is.
    scale = float(logits.abs().max())
    return bool((logits - product_alone).abs().max() <= SAME * max(scale, 1.0))


def token_scores(
    states: States, ids: Tensor, *, temperature: float = 1.0, entropy: EntropyUse | None = None
) -> tuple[Tensor, Tensor | None]:
    """(log-probabilities of `ids`, entropies) (states,), in nats, under logits / temperature.

    An entropy that is only monitored has no gradient. The log-probability of an id `IGNORED` is 0.
    """
    if not states.fits:
        logprobs, every = ChunkedScores.apply(  # type: ignore[no-untyped-call]
            states.hidden,
            states.head.weight,
            states.head.bias,
            ids,
            temperature,
            entropy is not None,
            states.product,
        )
        shown = every.detach() if entropy == "monitored" else every
        return logprobs, shown if entropy else None
    logits = states.whole()
    return logprobs_of(logits, ids, temperature), (
        entropies(logits if entropy == "trained" else logits.detach(), temperature)
        if entropy
        else None
    )


def weighted_loss(states: States, ids: Tensor, weights: Tensor) -> Tensor:
    """- sum over states of weight x log p(id), in nats; the gradient is made on the way."""
    if states.fits or not torch.is_grad_enabled():
        logprobs, _ = token_scores(states, ids)
        return -(logprobs * weights).sum()
    found: Tensor = ChunkedLoss.apply(  # type: ignore[no-untyped-call]
        states.hidden, states.head.weight, states.head.bias, ids, weights, states.product
    )
    return found


def logprobs_of(
    logits: Float[Tensor, "*tokens vocabulary"], ids: Int[Tensor, "*tokens"], temperature: float
) -> Float[Tensor, "*tokens"]:
    """log softmax(logits / temperature) at `ids`: (..., vocabulary) and (...) to (...)."""
    flat = cross_entropy(
        _scaled(logits, temperature).flatten(0, -2),
        ids.flatten(),
        ignore_index=IGNORED,
        reduction="none",
    )
    return -flat.view(ids.shape)


def entropies(
    logits: Float[Tensor, "*tokens vocabulary"], temperature: float
) -> Float[Tensor, "*tokens"]:
    """Entropy in nats of softmax(logits / temperature): (..., vocabulary) to (...)."""
    logp = torch.log_softmax(_scaled(logits, temperature), -1)
    return -(logp.exp() * logp).sum(-1)


def _scaled(logits: Tensor, temperature: float) -> Tensor:
    precise = logits.to(torch.promote_types(logits.dtype, torch.float32))
    return precise if temperature == 1.0 else precise / temperature


def _of_type(
    hidden: Tensor, head: OutputHead, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor | None]:
    bias = None if head.bias is None else head.bias.to(dtype)
    return hidden.to(dtype), head.weight.to(dtype), bias
