"""The reasoning part of a model's text, told from its answer part.

Reasoning models think in a block of their own before they answer: `<think>...</think>` and its
relatives, `[THINK]`, `<|begin_of_thought|>`, or the channels of gpt-oss. What is thought is no
answer. The rule: the answer begins behind the last thing that ends a thought; a thought that is not
ended has no answer behind it. A closing tag whose opening one is missing ends a thought that the
prompt's template opened.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Of Qwen, DeepSeek, GLM, Seed, MiniMax, LongCat and others, who follow them.
NAMES = (
    r"(?:seed:|mm:|longcat_)?(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad)"
)
# A tag behind one of these is spoken of, or stands in a program's string.
QUOTES = "'\"`\u201c\u2018"
OPENING = (
    rf"<{NAMES}>|<\|?begin_of_thought\|?>|<\|?START_THINKING\|?>|\[THINK\]|\u25c1think\u25b7"
    r"|<unused94>(?:thought)?|<\|channel>(?:thought|analysis)?"
)
CLOSING = (
    rf"</{NAMES}>|<\|?end_of_thought\|?>|<\|?END_THINKING\|?>|\[/THINK\]|\u25c1/think\u25b7"
    r"|<unused95>|<channel\|>"
)
TAG = re.compile(rf"(?P<opening>{OPENING})|(?P<closing>{CLOSING})", re.IGNORECASE)
FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
PROMPT_END = re.compile(rf"(?:{OPENING})\s*\Z", re.IGNORECASE)
# Characters at the end of a prompt in which an opening tag is looked for.
LONGEST_TAG = 40
# The head of a message of gpt-oss: its channel is analysis, commentary or final.
CHANNEL = re.compile(
    r"<\|channel\|>\s*+(\w++)(?:(?!<\|channel\|>).){0,200}?<\|message\|>", re.DOTALL
)
# gpt-oss' first head without its special tokens: `analysisWe need ...`.
STRIPPED = re.compile(r"\A\s*analysis(?=[A-Z])")
# The same heads where the decoder left out special tokens: `analysisWe ...assistantfinal42`.
FINAL_STRIPPED = "assistantfinal"
# What stands behind one of these is not the model's answer, but a turn of somebody else.
END_OF_TURN = re.compile(
    r"<\|(?:im_start|im_end|endoftext|end_of_text|eot_id|eom_id|end|return|call|start|"
    r"start_header_id|END_OF_TURN_TOKEN|end_of_solution)\|>"
    r"|</s>|<end_of_turn>|<eos>|<turn\|>|<\uff5cend\u2581of\u2581sentence\uff5c>|\[/?INST\]"
)
SKIPPED = re.compile(rf"\s*+(?:{END_OF_TURN.pattern})")


class Split(NamedTuple):
    """A text in two: what was thought, and the answer (None if the thought never ended)."""

    reasoning: str
    answer: str | None


def split_thinking(text: str, *, opened: bool = False) -> Split:
    """The two parts of a text; together they are the text.

    `opened` says that the prompt ended with an opening tag, so that the text begins in a thought.
    """
    start = answer_start(text, opened=opened)
    return Split(text, None) if start is None else Split(text[:start], text[start:])


def answer_start(text: str, *, opened: bool = False) -> int | None:
    """The offset at which the answer begins; None where a thought is not ended."""
    start: int | None = None if opened else 0
    if not _may_have_tags(text) and not text.lstrip().startswith("analysis"):
        return start
    at, inside = 0, False  # up to where fences were counted, and whether one is open there
    for match in TAG.finditer(text):
        if text[match.start() - 1 : match.start()] in tuple(QUOTES):
            continue
        if start is not None:
            fences = len(FENCE.findall(text, at, match.start()))
            at, inside = match.start(), inside ^ (fences % 2 == 1)
            if inside:
                continue  # A program of the answer's.
        start = match.end() if match.lastgroup == "closing" else None
        at, inside = match.end(), False
    if "<|channel|>" in text:
        return _final_channel(text)
    if STRIPPED.match(text):
        final = text.rfind(FINAL_STRIPPED)
        return None if final < 0 else final + len(FINAL_STRIPPED)
    return start


def _may_have_tags(text: str) -> bool:
    """Whether a text has what every tag has: most have none of it, and that is seen quickly."""
    return "<" in text or "\u25c1" in text or ("[" in text and "think]" in text.lower())


def mentions_thinking(template: str) -> bool:
    """Whether a chat template has a place for thoughts."""
    return TAG.search(template) is not None or "<|channel|>" in template


def is_mark(token: str) -> bool:
    """Whether a token sets a thought apart."""
    return TAG.fullmatch(token.strip()) is not None or token == "<|channel|>"


def opens_thinking(prompt: str) -> bool:
    """Whether a prompt ends with an opening tag."""
    return PROMPT_END.search(prompt, max(0, len(prompt) - LONGEST_TAG)) is not None


def first_turn(text: str) -> str:
    """The text up to the token that ends the model's turn; such tokens at its start are skipped."""
    if "<" not in text and "[" not in text:
        return text
    start = 0
    while (begin := SKIPPED.match(text, start)) is not None:
        start = begin.end()
    end = END_OF_TURN.search(text, start)
    return text[start : end.start()] if end else text[start:]


def _final_channel(text: str) -> int | None:
    """Where the last message in the channel `final` begins; None where there is none behind."""
    start: int | None = None
    for match in CHANNEL.finditer(text):
        start = match.end() if match[1] == "final" else None
    return start
