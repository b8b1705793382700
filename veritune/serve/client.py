"""A client of the service, for Python."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import urllib3

from veritune.errors import EndpointError, InputError
from veritune.records import CodeProblem, MathProblem, Problem, Verdict
from veritune.text import finite_float

# A problem, a row of any known layout, or the id of one that the service knows.
Posed = Problem | Mapping[str, object] | str
# Of these a client may send the same again: too busy, restarting, or behind a proxy that is.
AGAIN = (429, 502, 503)


class ServiceClient:
    """Asks a service for verdicts; thread-safe. Verifying twice is harmless, so that requests are
    sent again where they were refused for a while, or the connection was lost."""

    def __init__(
        self, url: str, *, token: str | None = None, seconds: float = 330.0, retries: int = 10
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        again = urllib3.Retry(
            total=retries,
            status_forcelist=AGAIN,
            allowed_methods=None,
            # 0.5 s, 1 s, 2 s ... where the service does not say when.
            backoff_factor=0.5,
            backoff_jitter=0.5,
            backoff_max=30,
            respect_retry_after_header=True,
            raise_on_status=False,
        )
        timeout = urllib3.Timeout(connect=10.0, read=seconds)
        self._pool = urllib3.PoolManager(maxsize=64, retries=again, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.clear()

    def verify(self, problem: Posed, text: str) -> Verdict:
        """The verdict on one candidate."""
        return Verdict.from_json(self._post("/verify", _item(problem, text)))

    def verify_batch(self, items: Sequence[tuple[Posed, str]]) -> list[Verdict]:
        """The verdicts on several candidates, in their order."""
        body = {"items": [_item(problem, text) for problem, text in items]}
        verdicts = self._post("/verify/batch", body).get("verdicts")
        if not isinstance(verdicts, list) or len(verdicts) != len(items):
            raise EndpointError(f"{self._url}: replied with other verdicts than were asked for")
        return [Verdict.from_json(one) for one in verdicts]

    def run_code(self, code: str, stdin: str = "") -> dict[str, object]:
        """Run a Python program, and return SandboxFusion's reply."""
        return self._post("/run_code", {"code": code, "language": "python", "stdin": stdin})

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        """Raises `InputError` for what the service refuses, `EndpointError` for all else."""
        try:
            reply = self._pool.request(
                "POST", f"{self._url}{path}", body=json.dumps(body), headers=self._headers
            )
            found = json.loads(reply.data, parse_float=finite_float)
        except urllib3.exceptions.HTTPError as error:
            raise EndpointError(f"{self._url}: does not answer ({error})") from None
        except ValueError:
            raise EndpointError(f"{self._url}: replied with something else than JSON") from None
        if not isinstance(found, dict):
            raise EndpointError(f"{self._url}: replied with something else than an object")
        if reply.status == 200:
            return found
        said = found.get("error")
        if reply.status in (401, 413, 415, 422):
            raise InputError(f"{self._url}{path}: {said}")
        raise EndpointError(f"{self._url}{path}: {reply.status}: {said}")


def _item(problem: Posed, text: str) -> dict[str, object]:
    if isinstance(problem, str):
        return {"problem_id": problem, "text": text}
    row = problem.to_json() if isinstance(problem, MathProblem | CodeProblem) else dict(problem)
    return {"problem": row, "text": text}
