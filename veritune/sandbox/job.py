"""Jobs and replies as the in-sandbox host reads and writes them."""

from __future__ import annotations

import hmac
import json
import math
import re
import secrets
import signal
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, get_args

from veritune.errors import SandboxFailureError
from veritune.once import once_each
from veritune.records import TestOutcome
from veritune.replies import ReplyLostError, check_id
from veritune.sandbox.limits import Limits
from veritune.sandbox.protocol import ExecResult, Graded, Job, Program, Shared
from veritune.sandbox.runner.host.report import GRADER_GRACE_SECONDS
from veritune.sandbox.runner.wire import frames
from veritune.sandbox.slot import ENVIRONMENT

if TYPE_CHECKING:
    from veritune.sandbox.runner.wire import messages
    from veritune.sandbox.runner.wire.messages import HostReply, SuiteReport

OUTCOMES = frozenset(get_args(TestOutcome))
# A program that looks for its own file finds one. Looked for here: in the candidate's process,
# whose memory is copied page by page as it is touched, it would cost every candidate more.
OWN_FILE = re.compile(r"__file__|argv|inspect|linecache|open\(|subprocess|multiprocessing")
# Problems whose tests are kept as JSON: more are hardly ever at work at a time.
MOST_TESTS = 16


def encode(job: Job, limits: Limits) -> tuple[bytes, str]:
    """The frame for one job, and the nonce that its reply and its own claim must carry."""
    nonce = secrets.token_hex(16)
    grader, stdin = b"", b""
    if isinstance(job, Graded):
        suite = job.tests["type"] == "pytest"
        spec = _spec(limits, "answer", suite=suite)
        payload: Mapping[str, object] = _payload(job, limits)
        grader = _grader(job, limits)
    elif isinstance(job, Shared):
        spec = _spec(limits, "shared")
        payload = {"sources": list(job.sources), "tests": job.tests, "nonce": nonce}
    else:
        spec = _spec(limits, "program", address_space=not job.argv)
        payload, stdin = _program(job), job.stdin.encode(errors="surrogatepass")
    parts = (nonce.encode(), spec, frames.dumps(payload), grader, stdin)
    return frames.framed(frames.joined(parts)), nonce


def _payload(job: Graded, limits: Limits) -> messages.Payload:
    """What the candidate's process gets."""
    payload: messages.Payload = {"sources": list(job.sources), "numpy": job.numpy}
    if job.mirror:
        payload["mirror"] = True
    if job.tree:
        payload["tree"] = True
    if job.tests["type"] == "pytest":
        payload["suite"] = True
        payload["wall_seconds"] = limits.wall_seconds
    if job.files:
        payload["files"] = dict(job.files)
    if job.int_digits is not None:
        payload["int_digits"] = job.int_digits
    if job.aliases:
        payload["aliases"] = list(job.aliases)
    if OWN_FILE.search(job.sources[-1][1]):
        payload["own_file"] = True
    if any("__code__" in text for _, text in job.sources):
        payload["exact"] = True
    return payload


def _grader(job: Graded, limits: Limits) -> bytes:
    """What the grader gets, as JSON."""
    more: dict[str, object] = {"numpy": job.numpy, "mirror": job.mirror, "tree": job.tree}
    more["cpu_seconds"] = int(limits.cpu_seconds * 2 + GRADER_GRACE_SECONDS)
    if job.tests["type"] == "pytest":
        more["suite"], more["wall_seconds"] = True, limits.wall_seconds
    # Of one problem's tests, which are long, once; what is added, which is not, each time.
    return _tests(job.tests)[:-1] + b"," + frames.dumps(more)[1:]


@once_each(MOST_TESTS)
def _tests(tests: messages.GraderJob) -> bytes:
    return frames.dumps(tests)


@lru_cache(maxsize=16)
def _spec(
    limits: Limits, mode: messages.Mode, *, suite: bool = False, address_space: bool = True
) -> bytes:
    rules: messages.Rules = {
        "cpu_seconds": math.ceil(limits.cpu_seconds) + 1,
        "memory_bytes": limits.memory_mb << 20,
        "processes": limits.processes,
        "file_bytes": limits.file_mb << 20,
        "files": limits.files,
        "address_space": address_space,
    }
    spec: messages.Spec = {
        "mode": mode,
        "suite": suite,
        "cpu_seconds": limits.cpu_seconds,
        "wall_seconds": limits.wall_seconds,
        "idle_seconds": limits.idle_seconds,
        "memory_bytes": limits.memory_mb << 20,
        "output_bytes": limits.output_kb << 10,
        "confinement": rules,
    }
    return frames.dumps(spec)


def _program(job: Program) -> messages.ProgramPayload:
    files = {name: data.hex() for name, data in job.files.items()}
    if job.argv:
        return {"files": files, "argv": list(job.argv), "environment": ENVIRONMENT}
    return {
        "files": files,
        "source": job.source,
        "args": list(job.args),
        "int_digits": job.int_digits,
        "own_file": OWN_FILE.search(job.source) is not None,
    }


def decode(data: bytes, nonce: str) -> ExecResult:
    """The result in one reply; `SandboxFailureError` where it reports a failure of its own."""
    reply = _own_reply(data, nonce)
    end = reply["end"]
    if end["failure"]:
        raise SandboxFailureError(f"the sandbox could not confine a candidate: {end['failure']}")
    report = _claim(reply["claim"], nonce) if "claim" in reply else reply.get("grader")
    if report is not None and "broken" in report:
        raise SandboxFailureError(f"the grader failed: {report['broken'].strip()[-500:]}")
    killed = "" if end["killed"] == "stopped" else end["killed"]
    if "grader" in reply and report is None:
        killed = killed or _end_of_grader(reply)
    return ExecResult(
        code=end["code"],
        killed="output" if reply["over"] == "output" else killed,
        stdout=reply["stdout"],
        stderr=reply["stderr"],
        cpu_ms=end["cpu_ms"],
        wall_ms=end["wall_ms"],
        peak_memory_mb=round(end["peak_kb"] / 1024, 1),
        report=report,
    )


def _own_reply(data: bytes, id: str | None) -> HostReply:
    try:
        reply: HostReply = frames.loads(data)
        check_id(reply, id)
    except (frames.BrokenFrameError, ReplyLostError) as error:
        raise SandboxFailureError(f"the sandbox: {error}") from None
    return reply


def _end_of_grader(reply: HostReply) -> str:
    """The limit of its own that the grader passed: what drives it there is what it was sent."""
    if reply["over"] == "wall time":
        return "wall time"
    if reply["grader_code"] == -signal.SIGXCPU:
        return "cpu time"
    raise SandboxFailureError(f"the grader ended without a report (code {reply['grader_code']})")


def _claim(text: str, nonce: str) -> SuiteReport | None:
    """What a process reported about itself, or None where it is no report with the nonce.

    It may be forged: nothing in it makes a slot be replaced, or has a shape that was not checked.
    """
    try:
        claim = json.loads(text)
        if not hmac.compare_digest(claim["nonce"], nonce):
            return None
        broken = [["tests", "infrastructure", claim.get("broken", "")[-500:]]]
        tests = [[_text(part) for part in test] for test in claim.get("tests", broken)]
        if any(len(test) != 3 or test[1] not in OUTCOMES for test in tests):
            return None
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    return {"tests": tests, "lost": "", "unsupported": ""}


def _text(part: str) -> str:
    return part.encode(errors="replace").decode()[:1000]
