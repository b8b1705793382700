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
from veritune.verifiers.custom import calls
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

    own = Own(**json.loads(sys.argv[1]))
    try:
        opened = Opened(own)
    except BaseException as error:
        reply({"refused": _what(error, own)})
        return
    reply({"ready": True})
    with suppress(BrokenPipeError):
        for line in requests:
            request = json.loads(line)
            reply({"id": request["id"], "verdict": _verdict(opened, own, request)})
    opened.close()


def _verdict(opened: Opened, own: Own, request: OwnRequest) -> dict[str, object]:
    candidate = Candidate.from_json(request["candidate"])
    try:
        verdict = opened.verify(problem_from_json(request["problem"]), candidate)
    except BaseException as error:  # also SystemExit: whatever own code does, it is its error
        verdict = error_verdict(candidate, _what(error, own))
    return verdict.to_json()


def _what(error: BaseException, own: Own) -> str:
    """The exception, and the line where it was raised, or whose result it is about."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    ours = last.filename == calls.__file__
    where = f"{os.path.basename(last.filename)}, line {last.lineno}"
    return f"{type(error).__name__}: {error} ({os.path.basename(own.path) if ours else where})"


if __name__ == "__main__":
    main()
