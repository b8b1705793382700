"""Loading a tokenizer that gives back the text it was given, or none at all."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import TYPE_CHECKING

from veritune.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# transformers' names for a tokenizer that is only what its tokenizer.json says.
PLAIN = ("PreTrainedTokenizerFast", "TokenizersBackend")
# Where loaders that rebuild a tokenizer for the wrong model lose text.
PROBES = ("a b", " a", "a  b", "\na\n\n b", "a\n  b ", string.printable[:95])
# How vocabularies of bytes and of sentence pieces write the blank and the newline.
DISGUISES = {" ": (" ", "\u0120", "\u2581"), "\n": ("\n", "\u010a", "<0x0A>")}


def load_tokenizer(folder: Path, vocabulary: int) -> PreTrainedTokenizerBase:
    """The tokenizer saved in `folder` for a model of `vocabulary` tokens.

    transformers rebuilds a tokenizer of one's own saved beside a Qwen2 or Llama config as that
    model's class, which silently drops blanks and newlines; such a one is loaded from its own
    tokenizer.json. Raises `ModelError` where text or ids are lost all the same.
    """
    # As it was declared first; the other way is for folders that declare nothing useful.
    attempts = [_plain, _auto] if _declares_plain(folder) else [_auto, _plain]
    complaint = ""
    for attempt in attempts:
        try:
            tokenizer = attempt(folder)
        except Exception as error:
            complaint = (
                complaint or f"cannot be loaded ({str(error).strip().partition(chr(10))[0]})"
            )
            continue
        fault = tokenizer_fault(tokenizer, vocabulary) or ids_fault(tokenizer, folder)
        if fault is None:
            return tokenizer
        complaint = fault
    raise ModelError(f"{folder}: the tokenizer {complaint}; save the model with its own tokenizer")


def load_reading_tokenizer(folder: Path, vocabulary: int) -> PreTrainedTokenizerBase:
    """As `load_tokenizer`, for a model that only reads: text may be lost, as in Llama's and
    Mistral's own, which drop a blank at the start."""
    try:
        return load_tokenizer(folder, vocabulary)
    except ModelError:
        attempt = _plain if _declares_plain(folder) else _auto
    try:
        tokenizer = attempt(folder)
    except Exception as error:
        cause = str(error).strip().partition(chr(10))[0]
        raise ModelError(f"{folder}: the tokenizer cannot be loaded ({cause})") from None
    if len(tokenizer) > vocabulary:
        raise ModelError(f"{folder}: the tokenizer has more tokens than the model; copy it again")
    return tokenizer


def tokenizer_fault(tokenizer: PreTrainedTokenizerBase, vocabulary: int) -> str | None:
    """Why a tokenizer must not be used, or None."""
    alphabet = _alphabet(tokenizer)
    for probe in PROBES:
        text = "".join(c for c in probe if c in alphabet)
        if not text:
            continue
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        outside = [id for id in ids if not 0 <= id < vocabulary]
        if outside:
            return f"yields id {outside[0]} outside the model's vocabulary of {vocabulary}"
        back = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
        if back != text:
            return f"loses text: {text[:20]!r} comes back as {back[:20]!r}"
    return None


def ids_fault(tokenizer: PreTrainedTokenizerBase, folder: Path) -> str | None:
    """Why a tokenizer is not the one that its folder's tokenizer.json describes, or None.

    A class that rebuilds it from other files may number or cut the same text in another way.
    """
    from tokenizers import Tokenizer

    file = folder / "tokenizer.json"
    if not file.is_file():
        return None
    written = Tokenizer.from_file(str(file))
    written.no_truncation()
    alphabet = _alphabet(tokenizer)
    for probe in PROBES:
        text = "".join(c for c in probe if c in alphabet)
        ids = tokenizer(text, add_special_tokens=False)["input_ids"] if text else []
        if text and ids != written.encode(text, add_special_tokens=False).ids:
            return f"gives other ids than its tokenizer.json says, of {text[:20]!r} first"
    return None


def _alphabet(tokenizer: PreTrainedTokenizerBase) -> set[str]:
    """The printable characters that some token of the vocabulary writes."""
    written = "".join(tokenizer.get_vocab())
    return {
        c
        for c in string.printable[:95] + "\n"
        if any(form in written for form in DISGUISES.get(c, (c,)))
    }


def _declares_plain(folder: Path) -> bool:
    try:
        declared = json.loads((folder / "tokenizer_config.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(declared, dict) and declared.get("tokenizer_class") in PLAIN


def _plain(folder: Path) -> PreTrainedTokenizerBase:
    from transformers import PreTrainedTokenizerFast

    found: PreTrainedTokenizerBase = PreTrainedTokenizerFast.from_pretrained(folder)
    return found


def _auto(folder: Path) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    found: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder)
    return found
