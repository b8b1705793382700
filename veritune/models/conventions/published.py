"""A published process reward model: its trunk, what reads a chance from it, and its layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import torch

from veritune.errors import ModelError
from veritune.models.conventions.convention import Convention, Laid, Readout, Texts
from veritune.models.conventions.weights import tensors
from veritune.models.hub import model_folder
from veritune.models.tokenizers import load_reading_tokenizer
from veritune.models.transformers_logging import silence_transformers

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# From hidden states (places, hidden size) to chances (places,) in float32.
Read = Callable[[torch.Tensor], torch.Tensor]
# Tokens computed at once, padding among them.
MOST_TOKENS = 16384


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """Gives the chance of every step; `name` is the last part of where it was loaded from."""

    name: str
    convention: Convention
    texts: Texts
    trunk: PreTrainedModel
    read: Read
    tokenizer: PreTrainedTokenizerBase
    kind: Literal["published"] = "published"

    def chances(self, posed: Sequence[tuple[str, Sequence[str]]]) -> list[list[float]]:
        """The chance that each step is right, for every (problem, steps), in their order."""
        laid = [
            laid_out(self.tokenizer, self.convention, self.texts, problem, steps)
            for problem, steps in posed
        ]
        found: list[list[float]] = [[] for _ in laid]
        order = sorted((i for i in range(len(laid)) if laid[i][1]), key=lambda i: len(laid[i][0]))
        for part in _batches(order, [len(ids) for ids, _ in laid]):
            for i, chances in zip(part, self._batch([laid[i] for i in part]), strict=True):
                found[i] = chances
        return found

    def _batch(self, laid: Sequence[Laid]) -> list[list[float]]:
        """Padding stands behind the rows' ends, where causal attention hides it."""
        longest = max(len(ids) for ids, _ in laid)
        rows = [[*ids, *[0] * (longest - len(ids))] for ids, _ in laid]
        with torch.inference_mode():
            ids = torch.tensor(rows, device=self.trunk.device)
            hidden = self.trunk(input_ids=ids, use_cache=False).last_hidden_state
            at = [(row, place) for row, (_, places) in enumerate(laid) for place in places]
            row, place = torch.tensor(at, device=hidden.device).unbind(1)
            chances = self.read(hidden[row, place]).tolist()
        found = []
        for _, places in laid:
            found.append(chances[: len(places)])
            chances = chances[len(places) :]
        return found


def laid_out(
    tokenizer: PreTrainedTokenizerBase,
    convention: Convention,
    texts: Texts,
    problem: str,
    steps: Sequence[str],
) -> Laid:
    """Token ids and places of a solution; no steps have none.

    What the solution must not say itself is taken out of it: tags, and tokens of the template.
    """
    if not steps:
        return [], []
    own = {token for token in tokenizer.all_special_tokens if len(token) > 2}
    if texts.tag.strip():
        own.add(texts.tag)
    clean = [_without(step, own).strip() for step in steps]
    return convention.lay_out(tokenizer, texts, _without(problem, own), clean)


def load_published(
    path: str | Path,
    convention: Convention,
    texts: Texts,
    *,
    dtype: str = "float32",
    device: str | None = None,
) -> PublishedModel:
    """Load a folder or hub name as a convention says; `ModelError` where it does not fit."""
    folder = model_folder(path)
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    with silence_transformers():
        model = _load(folder, convention.readout, getattr(torch, dtype))
        model = torch.nn.Module.to(model, place).eval()
        tokenizer = load_reading_tokenizer(
            folder, cast("torch.nn.Embedding", model.get_input_embeddings()).num_embeddings
        )
    read = _reader(folder, convention, model, texts, tokenizer)
    trunk = model.base_model if convention.readout == "tokens" else model
    return PublishedModel(folder.resolve().name, convention, texts, trunk, read, tokenizer)


def _load(folder: Path, readout: Readout, dtype: torch.dtype) -> PreTrainedModel:
    from transformers import AutoModel, AutoModelForCausalLM

    kind = AutoModelForCausalLM if readout == "tokens" else AutoModel
    try:
        loaded: object = kind.from_pretrained(
            folder, dtype=dtype, trust_remote_code=False, output_loading_info=True
        )
        model, report = cast("tuple[PreTrainedModel, dict[str, set[str]]]", loaded)
    except Exception as error:
        cause = str(error).strip().partition("\n")[0][:200]
        raise ModelError(f"{folder}: cannot be loaded ({cause})") from None
    if lost := sorted(report["missing_keys"]):
        raise ModelError(f"{folder}: weights lack {len(lost)} tensors, {lost[0]} first")
    return model


def _reader(
    folder: Path,
    convention: Convention,
    model: PreTrainedModel,
    texts: Texts,
    tokenizer: PreTrainedTokenizerBase,
) -> Read:
    readout = convention.readout
    if readout == "tokens":
        assert convention.pair is not None
        return _token_reader(model, convention.pair(tokenizer, texts))
    head = _head(folder, "score." if readout == "classes" else "v_head.summary.", model.device)
    if readout == "classes":
        return lambda hidden: head(hidden.float()).softmax(-1)[:, 1]
    return lambda hidden: head(hidden.float())[:, 0].sigmoid()


def _token_reader(model: PreTrainedModel, pair: tuple[int, int]) -> Read:
    output = model.get_output_embeddings()
    weight = output.weight[list(pair)].detach().float()
    bias = None if output.bias is None else output.bias[list(pair)].detach().float()
    return lambda hidden: torch.nn.functional.linear(hidden.float(), weight, bias).softmax(-1)[:, 0]


def _head(folder: Path, prefix: str, device: torch.device) -> torch.nn.Sequential:
    """A stack of linear layers, with a ReLU between them where there are several, in float32."""
    parts = tensors(folder, prefix)
    names = sorted({name.rpartition(".")[0] for name in parts})
    layers: list[torch.nn.Module] = []
    for name in names:
        weight = parts[f"{name}.weight" if name else "weight"]
        bias = parts.get(f"{name}.bias" if name else "bias")
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
        layer.load_state_dict({"weight": weight} | ({} if bias is None else {"bias": bias}))
        # As the published heads are: linear, ReLU, linear.
        layers += [torch.nn.ReLU(), layer] if layers else [layer]
    if not layers:
        raise ModelError(f"{folder}: no head ({prefix}*) in its weights; name another convention")
    return torch.nn.Sequential(*layers).float().to(device)


def _batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Runs of `order`, which is by length, of at most `MOST_TOKENS` tokens with their padding."""
    parts: list[list[int]] = []
    for i in order:
        if parts and (len(parts[-1]) + 1) * lengths[i] <= MOST_TOKENS:
            parts[-1].append(i)
        else:
            parts.append([i])
    return parts


def _without(text: str, parts: set[str]) -> str:
    for part in parts:
        text = text.replace(part, "")
    return text
