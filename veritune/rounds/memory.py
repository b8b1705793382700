"""How much memory each phase of a round takes at most, before anything runs.

    sampling   the engine's weights and KV cache, beside what the trainer keeps between rounds
    scoring    log-probabilities of old policy and reference: no gradients
    training   float32 weights, gradients and two moments, 16 bytes a trained weight (Rajbhandari et
               al. 2020, arXiv 1910.02054), and activations

Figures are of one process, in bytes; under torchrun every GPU holds as much. With
`rounds.overlap` the sampler has its memory while training runs, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from veritune.config import DpoConfig, FitConfig, PpoConfig, Recipe, RlConfig, SftConfig, StepConfig
from veritune.errors import RecipeError
from veritune.models import ModelSizes, read_sizes
from veritune.problems import shown
from veritune.records import Problem

# Tokens of a prompt where the problems are not at hand.
PROMPT_TOKENS = 512
# Tokens of a completion where the recipe leaves its length to the model.
ANSWER_TOKENS = 2_048
# A chunk of float32 logits, its softmax and its gradient (`models.chunks`).
LOGITS = 3 * 4 * (1 << 25)
# The native sampler's KV cache at most (`sampler.policy`).
NATIVE_CACHE = 4 << 30
GB = 1e9
DTYPE_BYTES = {"float32": 4, "bfloat16": 2, "bf16": 2}
LESS_CACHE = "lower sampler.gpu_memory_utilization or sampler.max_num_seqs, or use model.lora.rank"
LESS_TRAINED = (
    "use model.lora.rank, a smaller trainer.micro_batch_size or trainer.activation_checkpointing"
)


@dataclass(frozen=True, slots=True)
class PhaseMemory:
    """A phase's parts by name, in bytes."""

    phase: str
    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        """Of all parts, in bytes."""
        return sum(self.parts.values())

    def line(self) -> str:
        """The figures for a person, in GB."""
        parts = ", ".join(f"{name} {size / GB:.1f}" for name, size in self.parts.items())
        return f"{self.phase:<9} {self.total / GB:6.1f} GB: {parts}"


def memory_lines(recipe: Recipe, problems: Sequence[Problem] = ()) -> list[str]:
    """What a dry run says of memory; raises `RecipeError` where a phase cannot fit this GPU."""
    if recipe.model.path is None:
        return []
    sizes, gpu = read_sizes(recipe.model.path), gpu_memory()
    prompt = prompt_tokens(problems)
    phases = estimate(recipe, sizes, prompt=prompt, gpu=gpu)
    if gpu is not None:
        check(phases, gpu)
    said = f"{sizes.parameters / GB:.2f} billion weights, prompts up to {prompt} tokens"
    where = "no GPU here" if gpu is None else f"this GPU has {gpu / GB:.0f} GB"
    return [f"memory at most ({said}; {where}):", *(phase.line() for phase in phases)]


def prompt_tokens(problems: Sequence[Problem]) -> int:
    """Tokens of the longest prompt, taken for two characters each, and its template's."""
    return max((len(shown(p)) // 2 + 64 for p in problems), default=PROMPT_TOKENS)


def gpu_memory() -> int | None:
    """Bytes of the first GPU; None where there is none."""
    import torch

    if not torch.cuda.is_available():
        return None
    return int(torch.cuda.get_device_properties(0).total_memory)


def check(phases: list[PhaseMemory], gpu: float) -> None:
    """Raise `RecipeError` where a phase takes more than `gpu` bytes."""
    for phase in phases:
        if phase.total > gpu:
            fix = LESS_CACHE if phase.phase == "sampling" else LESS_TRAINED
            raise RecipeError(f"memory: {phase.line()}, and this GPU has {gpu / GB:.0f} GB; {fix}")


def estimate(
    recipe: Recipe, sizes: ModelSizes, *, prompt: int = PROMPT_TOKENS, gpu: float | None = None
) -> list[PhaseMemory]:
    """The phases that the recipe has; with `gpu` bytes vLLM takes the share that it is given."""
    trained, row = trainable(recipe, sizes), prompt + (recipe.sampler.max_tokens or ANSWER_TOKENS)
    kept, sampling = _kept(recipe, sizes, trained), _sampling(recipe, sizes, row, gpu)
    phases = [PhaseMemory("sampling", sampling | _beside_sampling(recipe, kept))]
    if recipe.rounds.overlap:
        kept |= {"sampler": sum(sampling.values())}
    if isinstance(recipe.trainer, RlConfig):
        tokens = recipe.trainer.micro_batch_size * row
        layer = tokens * _layer_bytes(sizes, _computed(recipe.trainer))
        phases.append(PhaseMemory("scoring", kept | {"activations": layer, "logits": LOGITS}))
    return [*phases, PhaseMemory("training", _training(recipe, sizes, trained, row) | kept)]


def trainable(recipe: Recipe, sizes: ModelSizes) -> int:
    """Weights that are trained: all, or those of the adapter."""
    rank = recipe.model.lora.rank
    return rank * sizes.linear if rank else sizes.parameters


def _sampling(recipe: Recipe, sizes: ModelSizes, row: int, gpu: float | None) -> dict[str, float]:
    sampler, each = recipe.sampler, DTYPE_BYTES[recipe.model.dtype]
    if sampler.type == "server":
        return {}
    weights = {"weights": float(each * sizes.parameters)}
    cached = 2 * sizes.layers * sizes.keys * each * row
    if sampler.type == "vllm" and gpu is not None:
        share = sampler.gpu_memory_utilization * gpu
        if share < weights["weights"] + cached:
            raise RecipeError(
                f"memory: vLLM gets {share / GB:.0f} GB, and the weights and one sequence take"
                f" {(weights['weights'] + cached) / GB:.1f}; raise sampler.gpu_memory_utilization"
            )
        return weights | {"KV cache": share - weights["weights"]}
    rows = min(sampler.max_num_seqs, recipe.rounds.prompts * sampler.n)
    most = NATIVE_CACHE if sampler.type == "native" else rows * cached
    return weights | {"KV cache": float(min(rows * cached, most))}


def _kept(recipe: Recipe, sizes: ModelSizes, trained: int) -> dict[str, float]:
    """What a policy-gradient trainer has in memory from its first round on, between steps too."""
    config = recipe.trainer
    if not isinstance(config, RlConfig):
        return {}
    found = _weights(recipe, sizes, trained) | {"moments": 8.0 * trained}
    if config.kl_coef and not recipe.model.lora.rank:
        found["reference"] = float(DTYPE_BYTES[recipe.model.dtype] * sizes.parameters)
    if isinstance(config, PpoConfig) and config.critic != "shared":
        found["critic"] = 16.0 * sizes.parameters
    return found


def _beside_sampling(recipe: Recipe, kept: Mapping[str, float]) -> dict[str, float]:
    """What of it stays where the sampler is."""
    config = recipe.trainer
    offloaded = isinstance(config, RlConfig) and config.offload
    away = ("moments", "critic") if offloaded else ()
    return {name: size for name, size in kept.items() if name not in away}


def _weights(recipe: Recipe, sizes: ModelSizes, trained: int) -> dict[str, float]:
    """The trainer's own: float32 where they are trained, else what is computed in."""
    base = _computed(recipe.trainer) if recipe.model.lora.rank else 4
    return {"float32 weights": float(base * sizes.parameters + 4 * trained * bool(base != 4))}


def _training(recipe: Recipe, sizes: ModelSizes, trained: int, row: int) -> dict[str, float]:
    config = recipe.trainer
    each, tokens = _computed(config), _tokens(recipe, row)
    layers = each * sizes.hidden * tokens * sizes.layers if config.activation_checkpointing else 0
    at_once = 1 if config.activation_checkpointing else sizes.layers
    found = _weights(recipe, sizes, trained) | {
        "gradients": 4.0 * trained,
        "moments": 8.0 * trained,
        "activations": float(layers + tokens * at_once * _layer_bytes(sizes, each)),
        "logits": float(LOGITS),
    }
    if each == 2 and not recipe.model.lora.rank:
        found["bf16 copies"] = 2.0 * sizes.parameters
    return found


def _tokens(recipe: Recipe, row: int) -> int:
    """Tokens that are computed at once, of rows of `row`."""
    config = recipe.trainer
    if isinstance(config, FitConfig):
        rows = config.micro_batch_size or config.batch_size
    else:
        rows = config.micro_batch_size
    if isinstance(config, DpoConfig):  # An example is a pair.
        rows *= 2
    if isinstance(config, SftConfig) and config.packing:
        return min(rows * row, max(config.packing, row))
    return rows * row


def _layer_bytes(sizes: ModelSizes, each: int) -> float:
    """What a layer keeps of a token for its backward pass, of a gated MLP and fused attention.

    The two norms keep their input, the normed input and their output in float32, and what a bf16
    product reads of it; then queries, keys, values and attention's output; then the MLP's two
    products, the activation and their product (as counted by Korthikanti et al. 2022, arXiv
    2205.05198, section 4.1).
    """
    norms = 2 * (12 + (each if each < 4 else 0)) * sizes.hidden
    return norms + each * (2 * sizes.queries + 2 * sizes.keys + 4 * sizes.inner)


def _computed(config: StepConfig) -> int:
    """Bytes of a number in the forward pass; auto is taken for a GPU's."""
    return DTYPE_BYTES["float32" if config.precision == "float32" else "bf16"]
