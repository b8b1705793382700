"""Log-probabilities, entropies and losses over a vocabulary, a chunk of logits at a time.

    log p(y) = z_y - log sum_j exp z_j          d log p(y) / d z_j = [j = y] - p_j
    H = log sum_j exp z_j - sum_j p_j z_j       d H / d z_j = -p_j (log p_j + H)

with z = logits / temperature. The gradient is made of logits that are computed again
(`ChunkedScores`), or made at once where the loss is a weighted sum (`ChunkedLoss`), as in Liger's
kernels (Hsu et al. 2024, arXiv 2410.10989).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from veritune.models.forward import OutputHead
from veritune.models.linear import OneDnnLinear, product

# Id of a token that carries no loss, as torch's cross entropy has it: log-probability 0.
IGNORED = -100
# Logits at once: 134 MB in float32, 220 tokens at a vocabulary of 152k, 680 at 49k.
CHUNK = 1 << 25


def chunk_size() -> int:
    """Logits that are in memory at once, at most."""
    return CHUNK


class HeadProduct:
    """How a product with the output embeddings is computed; no tensor of the graph."""

    def __init__(self, head: OutputHead, dtype: torch.dtype) -> None:
        self.head, self.dtype = head, dtype

    def parts(self, tokens: int) -> Iterator[slice]:
        """Tokens in chunks."""
        # One token at least, whatever the vocabulary.
        size = max(1, CHUNK // int(self.head.weight.shape[0]))
        for start in range(0, tokens, size):
            yield slice(start, start + size)

    def logits(self, hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """(chunk, vocabulary), at least float32."""
        out = linear(self.head, hidden, weight, bias)
        return out.to(torch.promote_types(out.dtype, torch.float32))


class ScoresContext(Protocol):
    """Of torch: what `ChunkedScores` keeps in it from one pass to the other."""

    saved_tensors: tuple[Tensor, Tensor, Tensor | None, Tensor, Tensor, Tensor]
    needs_input_grad: tuple[bool, ...]
    temperature: float
    entropy: bool
    way: HeadProduct

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """They are `saved_tensors` in the backward pass."""
        ...


class LossContext(Protocol):
    """Of torch: what `ChunkedLoss` keeps in it from one pass to the other."""

    needs_input_grad: tuple[bool, ...]
    found: tuple[Tensor | None, ...]


class ChunkedScores(torch.autograd.Function):
    """Log-probabilities and entropies; the backward pass computes each chunk's logits again."""

    @staticmethod
    def forward(
        ctx: ScoresContext,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        ids: Tensor,
        temperature: float,
        entropy: bool,
        way: HeadProduct,
    ) -> tuple[Tensor, Tensor]:
        with torch.autocast(hidden.device.type, enabled=False):
            w, b = weight.to(way.dtype), None if bias is None else bias.to(way.dtype)
            total, logprobs, spread = [], [], []
            for part in way.parts(len(ids)):
                logits = way.logits(hidden[part].to(way.dtype), w, b).div_(temperature)
                norm = logits.logsumexp(-1)
                total.append(norm)
                logprobs.append(_kept(_at(logits, ids[part]) - norm, ids[part]))
                if entropy:
                    p = (logits - norm[:, None]).exp_()
                    spread.append(norm - p.mul_(logits).sum(-1))
        norms, entropies = torch.cat(total), torch.cat(spread) if entropy else torch.cat(total) * 0
        ctx.save_for_backward(hidden, weight, bias, ids, norms, entropies)
        ctx.temperature, ctx.entropy, ctx.way = temperature, entropy, way
        return torch.cat(logprobs), entropies

    @staticmethod
    @once_differentiable
    def backward(
        ctx: ScoresContext, of_logprobs: Tensor, of_entropy: Tensor
    ) -> tuple[Tensor | None, ...]:
        hidden, weight, bias, ids, norms, entropies = ctx.saved_tensors
        way, temperature = ctx.way, ctx.temperature
        gradient = _Gradient(hidden, weight, bias, way, ctx.needs_input_grad)
        of_logprobs = _kept(of_logprobs, ids)
        for part in way.parts(len(ids)):
            z = gradient.logits(part).div_(temperature).sub_(norms[part][:, None])
            p = z.exp()
            g = of_logprobs[part]
            if ctx.entropy:
                z.add_(entropies[part][:, None]).mul_(of_entropy[part][:, None]).add_(g[:, None])
                d = p.mul_(z).neg_()
            else:
                d = p.mul_(-g[:, None])
            # The gradient of z_y; IGNORED has weight 0 and takes part at any place.
            d.scatter_add_(1, ids[part].clamp(min=0)[:, None], g[:, None])
            gradient.add(part, d.div_(temperature))
        return *gradient.found(), None, None, None, None


class ChunkedLoss(torch.autograd.Function):
    """The weighted sum; its gradient is ready when it is, but for what it is multiplied by."""

    @staticmethod
    def forward(
        ctx: LossContext,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        ids: Tensor,
        weights: Tensor,
        way: HeadProduct,
    ) -> Tensor:
        gradient = _Gradient(hidden, weight, bias, way, ctx.needs_input_grad)
        # What carries no loss must not carry nan into the sum either.
        counted = _kept(weights.to(hidden.device), ids)
        loss = counted.new_zeros((), dtype=torch.promote_types(hidden.dtype, torch.float32))
        for part in way.parts(len(ids)):
            logits = gradient.logits(part)
            norm, g = logits.logsumexp(-1), counted[part].to(logits.dtype)
            loss += (g * (norm - _at(logits, ids[part]))).sum()
            d = logits.sub_(norm[:, None]).exp_().mul_(g[:, None])
            d.scatter_add_(1, ids[part].clamp(min=0)[:, None], -g[:, None])
            gradient.add(part, d)
        ctx.found = gradient.found()  # Nobody else holds it: its memory becomes the gradient's.
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: LossContext, of_loss: Tensor) -> tuple[Tensor | None, ...]:
        found, ctx.found = ctx.found, ()
        return *(None if x is None else x.mul_(of_loss) for x in found), None, None, None


class _Gradient:
    """Adds up what chunks of logits' gradients make of hidden states and output embeddings."""

    def __init__(
        self,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        way: HeadProduct,
        needed: tuple[bool, ...],
    ) -> None:
        self._way, self._hidden = way, hidden
        self._weight = weight.to(way.dtype)
        self._bias = None if bias is None else bias.to(way.dtype)
        self._of_hidden = torch.empty_like(hidden) if needed[0] else None
        self._of_weight = torch.zeros_like(weight) if needed[1] else None
        self._of_bias = torch.zeros_like(bias) if bias is not None and needed[2] else None

    def logits(self, part: slice) -> Tensor:
        """Of a chunk, before any temperature."""
        with torch.autocast(self._hidden.device.type, enabled=False):
            hidden = self._hidden[part].to(self._way.dtype)
            return self._way.logits(hidden, self._weight, self._bias)

    def add(self, part: slice, of_logits: Tensor) -> None:
        """The gradient of a chunk's logits."""
        with torch.autocast(self._hidden.device.type, enabled=False):
            d, dtype = of_logits.to(self._way.dtype), self._way.dtype
            if self._of_hidden is not None:
                self._of_hidden[part] = _product(self._way.head, d, self._weight)
            if self._of_weight is not None:
                rows = self._hidden[part].to(dtype)
                if dtype == self._of_weight.dtype:
                    self._of_weight.addmm_(d.t(), rows)
                else:
                    self._of_weight.add_(d.t() @ rows)
            if self._of_bias is not None:
                self._of_bias.add_(of_logits.sum(0))

    def found(self) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """Of hidden states, output embeddings and their bias."""
        return self._of_hidden, self._of_weight, self._of_bias


def linear(head: OutputHead, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x weight^T + bias, by oneDNN where the head's own product is."""
    if isinstance(head, OneDnnLinear) and x.dtype == torch.float32 and x.device.type == "cpu":
        return product(x, weight, bias)
    return torch.nn.functional.linear(x, weight, bias)


def _product(head: OutputHead, x: Tensor, weight: Tensor) -> Tensor:
    """x weight."""
    return linear(head, x, weight.t(), None)


def _at(logits: Tensor, ids: Tensor) -> Tensor:
    return logits.gather(1, ids.clamp(min=0)[:, None])[:, 0]


def _kept(values: Tensor, ids: Tensor) -> Tensor:
    return values.masked_fill(ids == IGNORED, 0.0)
