"""The weights of a Qwen2- or Llama-shaped model, arranged for decoding on a CPU.

What depends on the weights alone is done once: query, key and value projections stand as one
matrix; the attention scale is folded into the queries; and the two halves that the rotary embedding
turns together stand side by side, so that turning them is one complex product. Outputs stand in
blocks, a head's or `WIDTH`. All other matrices are read where the model has them: a copy would cost
a short round more than its tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast

import torch

from veritune.models import packed, prefers_onednn, product
from veritune.sampler.decoder import TILE

if TYPE_CHECKING:
    from torch import Tensor

MODELS = {"qwen2", "llama"}
# Those whose turns follow from the position alone; others change with the length of the text.
ROTATIONS = {"default", "linear", "llama3"}
# Outputs of a block of a matrix, where that divides them.
WIDTH = 64
# Rows that matrix products may come in multiples of, where that gives the same bits.
TILES = (4, 8)
# What is tried: blocks of a matrix, those of a packed one, and rows at most.
TRIED, TRIED_PACKED, MANY = 8, 64, 256


class Rotary(Protocol):
    """The module of transformers that gives cosines and sines."""

    def __call__(self, x: Tensor, position_ids: Tensor, /) -> tuple[Tensor, Tensor]:
        """Of positions [1, length]: [1, length, head size] each, in the type of `x`."""
        ...


class Affine(Protocol):
    """A linear layer, or a norm: what it multiplies by and adds."""

    weight: Tensor
    bias: Tensor | None


class Linear(Protocol):
    """A linear map by blocks of outputs."""

    def __call__(self, x: Tensor) -> Tensor:
        """[blocks, rows, width] from [rows, in]."""
        ...


@dataclass(frozen=True, slots=True)
class MklLinear:
    """`weight` [blocks, in, width], `bias` [blocks, 1, width].

    Cores share a product by its outputs, and each reads its part of the weights alone: by rows, as
    MKL shares a product of few rows, every core reads them all.
    """

    weight: Tensor
    bias: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        """[blocks, rows, width] from [rows, in]."""
        spread = x.expand(len(self.weight), -1, -1)
        if self.bias is None:
            return torch.bmm(spread, self.weight)
        return torch.baddbmm(self.bias, spread, self.weight)


@dataclass(frozen=True, slots=True)
class PackedLinear:
    """`weight` [blocks x width, in], packed for oneDNN; `bias` [blocks x width]."""

    weight: Tensor
    bias: Tensor | None
    width: int

    def __call__(self, x: Tensor) -> Tensor:
        """[blocks, rows, width] from [rows, in]; a row's blocks lie beside each other."""
        blocks: Tensor = product(x, self.weight, self.bias).unflatten(1, (-1, self.width))
        return blocks.transpose(0, 1)


@dataclass(frozen=True, slots=True)
class TransformerBlock:
    """One transformer block; the blocks of `qkv` are its heads, those of queries first.

    `norm` and `mlp_norm` are what the norms before attention and MLP multiply by.
    """

    norm: Tensor
    qkv: Linear
    out: Linear
    mlp_norm: Tensor
    gate: Linear
    up: Linear
    down: Linear


@dataclass(frozen=True, slots=True)
class Weights:
    """A whole model; `rotate` is the model's own module that gives cosines and sines.

    `head` has the vocabulary's outputs, and some more that fill its last block. In products of
    multiples of `tile` rows, a row's result is the same to the bit whatever their number; `packed`
    are those that come by oneDNN.
    """

    embedding: Tensor
    blocks: list[TransformerBlock]
    norm: Tensor
    head: Linear
    tile: int
    packed: bool
    heads: int
    kv_heads: int
    head_size: int
    epsilon: float
    rotate: Rotary

    def tiled(self, rows: int) -> int:
        """How many rows to compute for `rows`: with those that fill the last tile."""
        tile = self.tile
        if self.packed and rows >= 4 * tile:
            # Each number of rows is a kernel of its own, to be made and kept: the fewer, the more
            # rows there are to share the cost of some that are for nothing.
            tile = min(TILE, 1 << (rows // 2).bit_length() - 1)
        return -(-rows // tile) * tile

    def rotations(self, length: int) -> Tensor:
        """complex64 [length, head size / 2]: the turn at each position."""
        positions = torch.arange(length)[None]
        cosine, sine = self.rotate(self.embedding[:1, None], positions)
        half = self.head_size // 2
        return torch.complex(cosine[0, :, :half], sine[0, :, :half])


class LoraLinear(Protocol):
    """A linear layer of PEFT's around the one that it adapts; what `_linear` reads of it."""

    base_layer: Affine
    active_adapters: list[str]
    lora_variant: Mapping[str, object]
    lora_bias: Mapping[str, bool]

    def get_delta_weight(self, adapter: str, /) -> Tensor:
        """[out, in]: what an adapter adds to the weight."""
        ...


def is_supported(model: Any) -> bool:
    """Whether `arrange` covers the model: exactly these shapes, in float32 on a CPU.

    It may have plain LoRA on its linear layers, all of float32 too.
    """
    config = model.config
    layers: list[LoraLinear] = [one for one in model.modules() if hasattr(one, "base_layer")]
    windows = set(getattr(config, "layer_types", None) or ["full_attention"])
    return (
        config.model_type in MODELS
        and config.hidden_act == "silu"
        and windows == {"full_attention"}
        and model.dtype == torch.float32
        and model.device.type == "cpu"
        and model.model.rotary_emb.rope_type in ROTATIONS
        and all(_is_plain_lora(layer) for layer in layers)
    )


def _is_plain_lora(layer: LoraLinear) -> bool:
    """Whether it adds the product of two matrices to a linear layer, and nothing else."""
    linear = isinstance(layer.base_layer, torch.nn.Linear)
    return linear and not any(layer.lora_variant) and not any(layer.lora_bias.values())


def arrange(model: Any) -> Weights:
    """The weights of a supported transformers model, which must stay as they are meanwhile."""
    config, core = model.config, model.model
    attention = core.layers[0].self_attn
    size, heads = attention.head_dim, config.num_attention_heads
    blocks = [_block(layer, heads, config.num_key_value_heads, size) for layer in core.layers]
    head, first = _head(*_linear(model.lm_head)), blocks[0]
    linears = [first.qkv, first.out, first.gate, first.up, first.down, head]
    return Weights(
        embedding=core.embed_tokens.weight.detach(),
        blocks=blocks,
        norm=core.norm.weight.detach(),
        head=head,
        tile=max(_tile_of(linear) for linear in linears),
        packed=isinstance(head, PackedLinear),
        heads=heads,
        kv_heads=config.num_key_value_heads,
        head_size=size,
        epsilon=config.rms_norm_eps,
        rotate=core.rotary_emb,
    )


def unmap(model: torch.nn.Module) -> None:
    """Have the weights in memory of their own: one that is left in a file keeps all of it."""
    # Kernels round by alignment, too, which a file gives to none.
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()


def _block(layer: Any, heads: int, kv_heads: int, size: int) -> TransformerBlock:
    attention, mlp = layer.self_attn, layer.mlp
    query = _paired(attention.q_proj, heads, size, attention.scaling)
    key = _paired(attention.k_proj, kv_heads, size, 1.0)
    value = _linear(attention.v_proj)
    return TransformerBlock(
        norm=layer.input_layernorm.weight.detach(),
        qkv=_blocks(*_stack([query, key, value]), size),
        out=_blocks(*_linear(attention.o_proj)),
        mlp_norm=layer.post_attention_layernorm.weight.detach(),
        gate=_blocks(*_linear(mlp.gate_proj)),
        up=_blocks(*_linear(mlp.up_proj)),
        down=_blocks(*_linear(mlp.down_proj)),
    )


def _blocks(weight: Tensor, bias: Tensor | None, width: int | None = None) -> Linear:
    """`weight` [out, in] and `bias` [out] in blocks of `width` outputs."""
    width = width or _width(len(weight))
    if prefers_onednn():
        return PackedLinear(packed(weight), bias, width)
    cut = weight.unflatten(0, (-1, width)).mT  # No copy, and no slower for it.
    return MklLinear(cut, None if bias is None else bias.view(-1, 1, width))


def _tile_of(linear: Linear) -> int:
    """The least of `TILES` of which products of so many rows have the bits of those of more."""
    assert isinstance(linear, MklLinear | PackedLinear)
    biased, threads = linear.bias is not None, torch.get_num_threads()
    if isinstance(linear, MklLinear):
        blocks, inputs, width = linear.weight.shape
        return _tile_for(MklLinear, min(blocks, TRIED), inputs, width, biased, threads)
    outputs, inputs = linear.weight.shape
    blocks = min(outputs // linear.width, TRIED_PACKED)
    return _tile_for(PackedLinear, blocks, inputs, linear.width, biased, threads)


@cache
def _tile_for(
    kind: type[Linear], blocks: int, inputs: int, width: int, biased: bool, threads: int
) -> int:
    """Found out on this machine, once: in which order a sum is added up follows from the library,
    the shapes and the number of threads."""
    weight = torch.linspace(-9, 9, blocks * width * inputs).sin_().view(-1, inputs)
    linear = _blocks(weight, torch.ones(len(weight)) if biased else None, width)
    assert isinstance(linear, kind)
    # Rows are alike, so that any place in any number of them must give the same.
    rows = torch.linspace(-5, 5, inputs).cos_().repeat(MANY, 1)
    whole = linear(rows)[:, -1:]
    for tile in TILES:
        counts = [*range(tile, 2 * TILE + 1, tile), MANY - tile, MANY]
        if all(bool((linear(rows[:count]) == whole).all()) for count in counts):
            return tile
    return TILE


def _head(weight: Tensor, bias: Tensor | None) -> Linear:
    """In blocks of `WIDTH` outputs; those behind the vocabulary's end are 0."""
    if missing := -len(weight) % WIDTH:
        weight = torch.nn.functional.pad(weight, (0, 0, 0, missing))
        bias = None if bias is None else torch.nn.functional.pad(bias, (0, missing))
    return _blocks(weight, bias)


def _width(outputs: int) -> int:
    return WIDTH if outputs % WIDTH == 0 else outputs


def _linear(module: Affine | LoraLinear) -> tuple[Tensor, Tensor | None]:
    """Weight and bias, an adapter's product added as PEFT would."""
    if isinstance(base := getattr(module, "base_layer", None), torch.nn.Linear):
        adapted = cast("LoraLinear", module)
        weight, bias = _linear(cast("Affine", base))
        for adapter in adapted.active_adapters:
            weight = weight + adapted.get_delta_weight(adapter)
        return weight, bias
    plain = cast("Affine", module)
    return plain.weight.detach(), None if plain.bias is None else plain.bias.detach()


def _paired(
    module: Affine | LoraLinear, heads: int, size: int, scale: float
) -> tuple[Tensor, Tensor | None]:
    """A query or key projection with entries i and i + size / 2 of each head side by side."""
    # transformers turns entry i with i + size / 2; side by side they are one complex number.
    order = torch.arange(heads * size).view(heads, 2, size // 2).transpose(1, 2).reshape(-1)
    weight, bias = _linear(module)
    return weight[order] * scale, None if bias is None else bias[order] * scale


def _stack(parts: list[tuple[Tensor, Tensor | None]]) -> tuple[Tensor, Tensor | None]:
    weight = torch.cat([weight for weight, _ in parts])
    if all(bias is None for _, bias in parts):
        return weight, None
    biases = [w.new_zeros(len(w)) if bias is None else bias for w, bias in parts]
    return weight, torch.cat(biases)
