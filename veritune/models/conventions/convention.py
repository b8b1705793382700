"""What one convention consists of, and what all of them share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from veritune.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# classes: softmax over two classes of a head, the second is right; tokens: softmax over the logits
# of two tokens of the vocabulary; value: the sigmoid of one number.
Readout = Literal["classes", "tokens", "value"]
# Token ids, and the place in them where each step's chance is read.
Laid = tuple[list[int], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The strings of a convention: what ends a step, and what stands around it."""

    # Ends every step.
    tag: str = ""
    # The token of a right step, and of a wrong one.
    good: str = ""
    bad: str = ""
    # Stands before a step; {k} is its number.
    before: str = ""
    # The chat's system message.
    system: str = ""


# From (tokenizer, texts, problem, steps), steps stripped of white space around them.
LayOut = Callable[["PreTrainedTokenizerBase", Texts, str, Sequence[str]], Laid]


@dataclass(frozen=True, slots=True)
class Convention:
    """One way in which process reward models are published; `source` is whose code it follows."""

    name: str
    readout: Readout
    lay_out: LayOut
    texts: Texts
    source: str
    # tokens: the ids of a right step's token and a wrong one's.
    pair: Callable[[PreTrainedTokenizerBase, Texts], tuple[int, int]] | None = None


def pair_alone(tokenizer: PreTrainedTokenizerBase, texts: Texts) -> tuple[int, int]:
    """The last token of each text by itself."""
    good, bad = (
        tokenizer.encode(text, add_special_tokens=False)[-1] for text in (texts.good, texts.bad)
    )
    return good, bad


def only_token(tokenizer: PreTrainedTokenizerBase, text: str) -> int:
    """The id of a text that must be one token."""
    ids = tokenizer.encode(text, add_special_tokens=False)
    # Its place is looked for by id: several ids could stand anywhere.
    if len(ids) != 1:
        raise ModelError(
            f"reward model: {text!r} is {len(ids)} tokens of its tokenizer and must be one; name"
            " another convention or tag"
        )
    return int(ids[0])


def places_of(ids: Sequence[int], tag: int, steps: int) -> list[int]:
    """Where the tag stands, once a step."""
    places = [at for at, id in enumerate(ids) if id == tag]
    if len(places) != steps:
        raise ModelError(
            f"reward model: {steps} steps, but its tag stands {len(places)} times in the tokens;"
            " name another convention or tag"
        )
    return places


def chat_ids(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[dict[str, str]], *, open_turn: bool
) -> list[int]:
    """The ids of a chat; `open_turn`: with what begins the assistant's next turn."""
    if tokenizer.chat_template is None:
        raise ModelError(
            "reward model: its tokenizer has no chat template, which its convention needs"
        )
    text = tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=open_turn
    )
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return ids
