"""What requests hold, read strictly: what is not right is refused, and its key is named."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from veritune.records import first_problem
from veritune.text import parse_json

B = TypeVar("B", bound=BaseModel)
Number = Annotated[int, Field(ge=0, lt=2**63)]


class RequestBody(BaseModel):
    """Base of all bodies: no unknown keys, no number for a text."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class VerifyBody(RequestBody):
    """One candidate, and its problem: a row of any known layout, or a known problem's id."""

    text: str
    problem: dict[str, object] | None = None
    problem_id: str | None = None
    index: Number = 0
    finish_reason: Literal["stop", "length"] | None = None


class BatchBody(RequestBody):
    """Several candidates; the verdicts come in their order."""

    items: Annotated[list[VerifyBody], Field(min_length=1)]


class RunCodeBody(RequestBody):
    """SandboxFusion's request: a program, and what it reads. Files are base64, by name."""

    code: str
    language: str = "python"
    stdin: str | None = ""
    compile_timeout: Annotated[float, Field(gt=0)] = 10.0
    run_timeout: Annotated[float, Field(gt=0)] = 10.0
    memory_limit_MB: int = -1
    files: dict[str, str | None] = {}
    fetch_files: list[str] = []


class OpenRlhfBody(RequestBody):
    """OpenRLHF's remote reward: prompts with responses, the prompts, what they are checked by."""

    query: list[str]
    prompts: list[str]
    labels: list[str | int | float | dict[str, object] | None]


def read_body(data: bytes, shape: type[B]) -> B:
    """The body in its shape; raises 422 with one line."""
    try:
        return shape.model_validate(parse_json(data))
    except ValidationError as error:
        raise HTTPException(422, first_problem(error)) from None
    except ValueError as error:
        raise HTTPException(422, f"body: {error}") from None
