"""What requests hold, read strictly: what is not right is refused, and its key is named."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from veritune.records import first_problem
from veritune.text import parse_json

B = TypeVar("B", bound=BaseModel)
# No path: what a program is given stands beside it.
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$")]
Base64 = Annotated[
    str, Field(pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$")
]
Number = Annotated[int, Field(ge=0, lt=2**63)]


class RequestBody(BaseModel):
    """Base of all bodies: no unknown keys, no number for a text."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class VerifyBody(RequestBody):
    """One candidate, and its problem: a row of any known layout, or a known problem's id."""

    text: Annotated[str, Field(examples=["so it is \\boxed{1/2}"])]
    problem: Annotated[
        dict[str, object] | None, Field(examples=[{"prompt": "1/2=", "answer": "0.5"}])
    ] = None
    problem_id: str | None = None
    index: Number = 0
    finish_reason: Literal["stop", "length"] | None = None


class BatchBody(RequestBody):
    """Several candidates; the verdicts come in their order."""

    items: Annotated[list[VerifyBody], Field(min_length=1)]


class RunCodeBody(RequestBody):
    """SandboxFusion's request: a program, and what it reads. Files are base64, by name."""

    code: str
    language: Literal["python", "python3"] = "python"
    stdin: str | None = ""
    compile_timeout: Annotated[float, Field(gt=0)] = 10.0
    run_timeout: Annotated[float, Field(gt=0)] = 10.0
    memory_limit_MB: int = -1
    files: dict[FileName, Base64 | None] = {}
    # What a program wrote is gone with its sandbox.
    fetch_files: Annotated[list[str], Field(max_length=0)] = []


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
