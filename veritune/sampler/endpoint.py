"""HTTP to an OpenAI-compatible server: every request ends, and passing trouble is waited out."""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping

from veritune.errors import EndpointError, InputError
from veritune.text import finite_float

# With the waits below a minute to a minute and a half: a server that is started again is back.
ATTEMPTS = 8
# Seconds before the second attempt, and at most; each waits twice as long as the one before.
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
# Seconds without a byte; long answers of a busy server come whole at their end.
ANSWER_SECONDS = 600.0
# Bytes.
LONGEST_ANSWER = 1 << 28
# Answers that may be others in a while.
PASSING = {408, 409, 425, 429, 500, 502, 503, 504}


class Endpoint:
    """One server; its methods may be called from several threads at once."""

    def __init__(
        self,
        url: str,
        first_delay: float,
        *,
        key: str = "sampler.url",
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`key` is what the address is called in a recipe; `say` is told of the first trouble."""
        if not _is_address(url):
            raise InputError(f"{key}: give an http:// or https:// address (got {url!r})")
        self.url, self._first_delay = url.rstrip("/"), first_delay
        self.closing = threading.Event()
        # Taken by the first request in trouble: hundreds may be at the same time.
        self._say, self._untold = say, threading.Lock()
        self._headers = {"Content-Type": "application/json"}
        if secret := os.environ.get("OPENAI_API_KEY"):
            self._headers["Authorization"] = f"Bearer {secret}"

    @property
    def root(self) -> str:
        """The address without `/v1`, where vLLM has routes of its own."""
        return self.url.removesuffix("/v1")

    def ask(self, url: str, body: Mapping[str, object] | None = None) -> object:
        """The JSON answer to a GET, or to a POST of `body`; tried again while trouble may pass.

        Raises `EndpointError` where it does not.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._ask_once(url, body)
            except urllib.error.HTTPError as error:
                complaint = f"answers {error.code}: {_message(error)}"
                delay = _asked_delay(error)
                if error.code not in PASSING:
                    break
            except (OSError, http.client.HTTPException, ValueError) as error:
                complaint = f"cannot be used ({getattr(error, 'reason', None) or error})"
                delay = 0.0
            waits = [self._wait(later) for later in range(attempt, ATTEMPTS)]
            if waits and self._untold.acquire(blocking=False):
                self._say(f"{url}: {complaint}; trying for {max(sum(waits), delay):.0f} s more")
            # Up to half as long again by chance, so that many clients do not come back together.
            own = self._wait(attempt)
            if attempt == ATTEMPTS or self.closing.wait(max(own * random.uniform(1, 1.5), delay)):
                break
        raise EndpointError(f"{url}: {complaint} (attempt {attempt} of {ATTEMPTS})")

    def _wait(self, attempt: int) -> float:
        """Seconds after an attempt that failed, at least."""
        return min(self._first_delay * 2.0 ** (attempt - 1), LONGEST_DELAY)

    def close(self) -> None:
        """Make no further attempts, until `closing` is cleared."""
        self.closing.set()

    def _ask_once(self, url: str, body: Mapping[str, object] | None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, self._headers)
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            text = answer.read(LONGEST_ANSWER)
        if len(text) == LONGEST_ANSWER:
            raise ValueError(f"an answer of more than {LONGEST_ANSWER} bytes")
        return _parsed(text) if text.strip() else None


def _is_address(url: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port  # Raises where it is no port.
    except ValueError:
        return False
    plain = url.isprintable() and " " not in url
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain and port != 0


def _parsed(text: bytes | str) -> object:
    """JSON; raises `ValueError` however it is broken."""
    try:
        found: object = json.loads(text, parse_float=finite_float)
        return found
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _message(error: urllib.error.HTTPError) -> str:
    """What the server says is wrong, in one line."""
    text = error.read(4000).decode(errors="replace")
    try:
        said = _parsed(text)
        said = said.get("error", said) if isinstance(said, dict) else None
        if said is not None:
            text = str(said.get("message", said) if isinstance(said, dict) else said)
    except ValueError:
        pass
    return " ".join(text.split())[:200] or error.reason


def _asked_delay(error: urllib.error.HTTPError) -> float:
    try:
        return min(float(error.headers.get("Retry-After", 0)), 2 * LONGEST_DELAY)
    except ValueError:
        return 0.0
