"""The process that own verifiers run in: requests come as lines of JSON, and so do replies.

`{"ready": true}` or `{"refused": why}` comes first. What own code prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import TypedDict

from veritune.records import Candidate, problem_from_json
from veritune.verifiers.custom.calls import Opened, Own, error_verdict


class OwnRequest(TypedDict):
    """One candidate to verify, as records in JSON."""

    id: int
    problem: dict[str, object]
    candidate: dict[str, object]


def main() -> None:
    """Serve one own verifier until the input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def reply(message: Mapping[str, object]) -> None:
        replies.write(json.dumps(message) + "\n")
        replies.flush()

    try:
        opened = Opened(Own(**json.loads(sys.argv[1])))
    except BaseException as error:
        reply({"refused": _what(error)})
        return
    reply({"ready": True})
    with suppress(BrokenPipeError):
        for line in requests:
            request = json.loads(line)
            reply({"id": request["id"], "verdict": _verdict(opened, request)})
    opened.close()


def _verdict(opened: Opened, request: OwnRequest) -> dict[str, object]:
    candidate = Candidate.from_json(request["candidate"])
    try:
        verdict = opened.verify(problem_from_json(request["problem"]), candidate)
    except BaseException as error:  # also SystemExit: whatever own code does, it is its error
        verdict = error_verdict(candidate, _what(error))
    return verdict.to_json()


def _what(error: BaseException) -> str:
    """The exception, and the line of own code where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    where = f" ({os.path.basename(last.filename)}, line {last.lineno})" if last else ""
    return f"{type(error).__name__}: {error}{where}"


if __name__ == "__main__":
    main()
