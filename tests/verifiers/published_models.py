"""Tiny process reward models in the forms in which real ones are published.

Each is written with transformers alone, and `expected` holds what its published code computes, step
by step and one solution at a time: nothing of ours is used here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

QUESTION = "Ann has 3 apples and buys 4 more. How many?"
STEPS = ["She has 3 apples.", "3 + 4 = 7, so she has 7.", "The answer is 7."]
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WORDS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<extra_0>"]


@dataclass(frozen=True)
class Published:
    """A saved model, the name of its convention, and its own numbers for some steps."""

    convention: str
    save: Callable[[Path], None]
    expected: Callable[[Path, str, list[str]], list[float]]
    shows_itself: bool


def tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner, clean_up_tokenization_spaces=False, eos_token=WORDS[0]
    )
    made.add_special_tokens({"additional_special_tokens": WORDS[1:]})
    made.chat_template = CHAT
    return made


def config(architecture: str, **more: Any) -> Any:
    from transformers import LlamaConfig, Qwen2Config

    kind = Qwen2Config if architecture == "qwen2" else LlamaConfig
    return kind(
        vocab_size=264,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=1,
        num_key_value_heads=1,
        tie_word_embeddings=False,
        **more,
    )


def save(model: Any, folder: Path) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)  # so that chances differ from step to step
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)


def save_trl(folder: Path) -> None:
    from transformers import Qwen2ForTokenClassification

    torch.manual_seed(0)
    save(Qwen2ForTokenClassification(config("qwen2", num_labels=2)), folder)


def save_causal(folder: Path) -> None:
    from transformers import LlamaForCausalLM

    torch.manual_seed(1)
    save(LlamaForCausalLM(config("llama")), folder)


def save_qwen(folder: Path) -> None:
    """A Qwen2 trunk with `score` = linear, ReLU, linear, named as in Qwen's own class."""
    from transformers import Qwen2Model

    torch.manual_seed(2)
    save(Qwen2Model(config("qwen2", num_labels=2)), folder)
    score = torch.nn.Sequential(torch.nn.Linear(32, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    add_tensors(folder, {f"score.{k}": v for k, v in score.state_dict().items()})
    name = "Qwen2ForProcessRewardModel"
    rename(folder, name, auto=f"modeling_qwen2_rm.{name}")


def save_skywork(folder: Path) -> None:
    """A causal LM with `v_head.summary`, as TRL's value-head wrapper saves it."""
    from transformers import Qwen2ForCausalLM

    torch.manual_seed(3)
    save(Qwen2ForCausalLM(config("qwen2")), folder)
    summary = torch.nn.Linear(32, 1)
    add_tensors(folder, {f"v_head.summary.{k}": v for k, v in summary.state_dict().items()})
    rename(folder, "Qwen2ForPrmModel")


def add_tensors(folder: Path, more: dict[str, torch.Tensor]) -> None:
    file = folder / "model.safetensors"
    old = {k if "." in k and k.startswith(("model.", "lm_head.")) else f"model.{k}": v
           for k, v in load_file(file).items()}  # fmt: skip
    save_file(old | {k: v.detach().contiguous() for k, v in more.items()}, file, {"format": "pt"})


def rename(folder: Path, architecture: str, auto: str | None = None) -> None:
    path = folder / "config.json"
    values = json.loads(path.read_text()) | {"architectures": [architecture]}
    if auto:
        values["auto_map"] = {"AutoModel": auto}
    path.write_text(json.dumps(values))


def hidden(folder: Path, ids: list[int]) -> torch.Tensor:
    from transformers import Qwen2Model

    model = Qwen2Model.from_pretrained(folder).eval()
    with torch.no_grad():
        out: torch.Tensor = model(torch.tensor([ids])).last_hidden_state[0]
    return out


def trl_numbers(folder: Path, question: str, steps: list[str]) -> list[float]:
    """PRMTrainer.tokenize_row, then the classifier's softmax where its labels stand."""
    from transformers import Qwen2ForTokenClassification

    made, model = tokenizer(), Qwen2ForTokenClassification.from_pretrained(folder).eval()
    ids, ends = made(question, add_special_tokens=False)["input_ids"], []
    for step in steps:
        ids += made(step, add_special_tokens=False)["input_ids"] + made.encode("\n")
        ends.append(len(ids) - 1)
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    return logits.softmax(-1)[ends, 1].tolist()


def shepherd_numbers(folder: Path, question: str, steps: list[str]) -> list[float]:
    """The card of math-shepherd-mistral-7b-prm."""
    from transformers import LlamaForCausalLM

    made, model = tokenizer(), LlamaForCausalLM.from_pretrained(folder).eval()
    output = "\n".join(f"Step {i}: {step} ки" for i, step in enumerate(steps, 1))
    pair = [made.encode("+")[-1], made.encode("-")[-1]]
    ids = torch.tensor([made.encode(f"{question} {output}")])
    with torch.no_grad():
        scores = model(ids).logits[:, :, pair].softmax(-1)[:, :, 0]
    return scores[ids == made.encode("ки")[-1]].tolist()


def rlhflow_numbers(folder: Path, question: str, steps: list[str]) -> list[float]:
    """prm_evaluate.py: a forward pass a step, at the place before the assistant's `+`."""
    from transformers import LlamaForCausalLM

    made, model = tokenizer(), LlamaForCausalLM.from_pretrained(folder).eval()
    pair = [made.encode("+")[-1], made.encode("-")[-1]]
    chat: list[dict[str, str]] = []
    found = []
    for number, step in enumerate(steps):
        text = question + " " + step if number == 0 else step
        chat += [{"role": "user", "content": text}, {"role": "assistant", "content": "+"}]
        ids = made.encode(made.apply_chat_template(chat, tokenize=False))
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, -4, pair]  # + <|im_end|> newline
        found.append(logits.softmax(-1)[0].item())
    return found


def qwen_numbers(folder: Path, question: str, steps: list[str]) -> list[float]:
    """The card of Qwen2.5-Math-PRM-7B."""
    made = tokenizer()
    system = "Please reason step by step, and put your final answer within \\boxed{}."
    messages = [
        {"role": "system", "content": system},
        {"role": "user", "content": question},
        {"role": "assistant", "content": "<extra_0>".join(steps) + "<extra_0>"},
    ]
    ids = made.encode(made.apply_chat_template(messages, tokenize=False))
    score = {k: v for k, v in load_file(folder / "model.safetensors").items() if "score" in k}
    inner = hidden(folder, ids) @ score["score.0.weight"].T + score["score.0.bias"]
    logits = inner.relu() @ score["score.2.weight"].T + score["score.2.bias"]
    separator = made.encode("<extra_0>")[0]
    return logits.softmax(-1)[[at for at, id in enumerate(ids) if id == separator], 1].tolist()


def skywork_numbers(folder: Path, question: str, steps: list[str]) -> list[float]:
    """io_utils.prepare_input and the model's `return_probs`."""
    made = tokenizer()
    ids, flags = made.encode(question + "\n"), []
    for step in steps:
        ids += [*made.encode(step), made.encode("\n")[-1]]
        flags.append(len(ids) - 1)
    tensors = load_file(folder / "model.safetensors")
    head = tensors["v_head.summary.weight"], tensors["v_head.summary.bias"]
    values = (hidden(folder, ids) @ head[0].T + head[1])[:, 0].sigmoid()
    return values[flags].tolist()


PUBLISHED = [
    Published("trl", save_trl, trl_numbers, True),
    Published("math-shepherd", save_causal, shepherd_numbers, False),
    Published("rlhflow", save_causal, rlhflow_numbers, False),
    Published("qwen", save_qwen, qwen_numbers, True),
    Published("skywork", save_skywork, skywork_numbers, True),
]
