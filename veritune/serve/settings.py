"""How the service is run."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import Field, model_validator

from veritune.config import ColumnsConfig, Positive, PositiveFloat, VerifierConfig


class ServeSettings(VerifierConfig):
    """Verify candidates over HTTP."""

    problems: str | None = None
    """Problems that requests may name by problem_id: a file, folder or hub name in any known
    layout. Left out: every request brings its own."""
    columns: ColumnsConfig = ColumnsConfig()
    host: str = "127.0.0.1"
    """Address to listen on; other than loopback only with a token."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0 takes a free one, which is printed."""
    token_file: str | None = None
    """File with the bearer token that requests must send; or it is in VERITUNE_SERVE_TOKEN."""
    # Some thousand candidates wait a few seconds for the verdicts of simple ones.
    capacity: Positive = 1024
    """Most candidates that wait or are verified; beyond, requests are refused with 429."""
    max_batch: Positive = 512
    """Most candidates of one request."""
    max_body_mb: PositiveFloat = 8.0
    """Largest body of a request."""
    # A full house of large ones would fill the memory.
    max_bodies_mb: PositiveFloat = 256.0
    """Largest size of all of them together."""
    body_seconds: PositiveFloat = 20.0
    """A request whose body takes longer is refused with 408."""
    request_seconds: PositiveFloat = 300.0
    """A request that takes longer, waiting included, is ended with 504."""
    grace_seconds: Positive = 60
    """On SIGTERM, how long requests under way may take before they are ended."""

    @model_validator(mode="after")
    def _columns_are_of_a_file(self) -> ServeSettings:
        if self.problems is None and self.columns != ColumnsConfig():
            raise ValueError("columns: map those of a file; give --problems")
        return self


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
