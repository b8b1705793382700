"""What an OpenAI-compatible server answers, checked before anything is made of it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from veritune.errors import EndpointError
from veritune.records import first_problem
from veritune.text import writable

# A field of a reply has the name of the type.
ByteString = bytes


class Reply(BaseModel):
    """Base: types are checked strictly, and what is not needed may be anything."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class Model(Reply):
    """One model that the server lists."""

    id: str
    owned_by: object = None


class Models(Reply):
    """The models that the server lists."""

    data: list[Model]


class Said(Reply):
    """A message; a model that only thinks or calls tools says nothing.

    vLLM and SGLang give what was thought apart, under one of two names.
    """

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None

    @property
    def thought(self) -> str:
        """What was thought, with its tags; empty where nothing was told apart."""
        told = self.reasoning_content or self.reasoning
        if not told:
            return ""
        return f"<think>\n{told}\n</think>\n\n" if self.content else f"<think>\n{told}"


class Ending(Reply):
    """How a completion ended; some servers do not say."""

    finish_reason: str | None = None

    @property
    def reason(self) -> Literal["stop", "length"] | None:
        """As our candidates note it; None where the server does not say."""
        if self.finish_reason is None:
            return None
        return "stop" if self.finish_reason == "stop" else "length"


class TextChoice(Ending):
    """A completion as text."""

    text: str | None


class ChatChoice(Ending):
    """A completion as a message."""

    message: Said


class TopLogprob(Reply):
    """A token that could have stood there."""

    token: str
    logprob: float


class SaidToken(TopLogprob):
    """A token of a message, with the likeliest in its place.

    `bytes` say what a token is that holds a part of a character; some servers give none.
    """

    bytes: list[Annotated[int, Field(ge=0, le=255)]] | None = None
    top_logprobs: list[TopLogprob] = []

    @property
    def spelled(self) -> ByteString:
        """Its bytes in the reply."""
        return self.token.encode() if self.bytes is None else ByteString(self.bytes)


class SaidLogprobs(Reply):
    """The tokens of a message; some servers give none."""

    content: list[SaidToken] | None = None


class JudgeChoice(ChatChoice):
    """A message with what its tokens' log-probabilities were, if asked for."""

    logprobs: SaidLogprobs | None = None


class TokenUsage(Reply):
    """What a request cost, in tokens."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class JudgeReply(Reply):
    """A reply to one question, with its cost where the server says it."""

    choices: Annotated[list[JudgeChoice], Field(min_length=1)]
    usage: TokenUsage | None = None


class PooledRow(Reply):
    """Numbers at every token or step of one input."""

    data: list[list[float]]


class Pooled(Reply):
    """What vLLM's pooling endpoint answers."""

    data: Annotated[list[PooledRow], Field(min_length=1)]


class TokenLogprobs(Reply):
    """A log-probability a token."""

    token_logprobs: list[float]


class TokenChoice(Ending):
    """A completion as tokens, as vLLM gives them."""

    token_ids: list[Annotated[int, Field(ge=0, lt=2**31)]]
    logprobs: TokenLogprobs


class Logprob(Reply):
    """One entry of vLLM's prompt log-probabilities."""

    logprob: float


class PromptChoice(Reply):
    """vLLM's scores of a prompt; the first token has none."""

    prompt_logprobs: list[dict[str, Logprob] | None]


class Completion(Reply):
    """A reply with choices, which are read by the route that was asked."""

    choices: Annotated[list[object], Field(min_length=1)]


R = TypeVar("R", bound=Reply)


def read_reply(kind: type[R], value: object, where: str) -> R:
    """The reply in its shape; raises `EndpointError` naming the key that is missing or wrong."""
    try:
        return TypeAdapter(kind).validate_python(_mended(value))
    except ValidationError as error:
        raise EndpointError(f"{where}: not an OpenAI-compatible reply: {first_problem(error)}") \
            from None  # fmt: skip


def _mended(value: object) -> object:
    """Texts made writable; a server may cut a character in two."""
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, dict):
        return {writable(key): _mended(inner) for key, inner in value.items()}
    return [_mended(inner) for inner in value] if isinstance(value, list) else value
