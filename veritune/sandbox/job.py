"""Jobs and replies as the in-sandbox host reads and writes them."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

from veritune.errors import SandboxFailureError
from veritune.sandbox.limits import Limits
from veritune.sandbox.protocol import ExecResult, Judged, Program

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONUTF8": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


def encode(job: Program | Judged, limits: Limits) -> bytes:
    """The frame for one job."""
    judged = isinstance(job, Judged)
    frame: dict[str, Any] = {"spec": _spec(limits, "answer" if judged else "program")}
    if isinstance(job, Judged):
        frame["payload"] = json.dumps({"sources": job.sources, "numpy": job.numpy})
        frame["judge"] = {**job.tests, "numpy": job.numpy}
    else:
        frame["payload"] = json.dumps(_program(job))
        frame["stdin"] = job.stdin
    data = json.dumps(frame).encode()
    return len(data).to_bytes(4, "big") + data


def _spec(limits: Limits, mode: str) -> dict[str, Any]:
    return {
        "mode": mode,
        "cpu_seconds": limits.cpu_seconds,
        "wall_seconds": limits.wall_seconds,
        "memory_bytes": limits.memory_mb << 20,
        "output_bytes": limits.output_kb << 10,
        "confinement": {
            "cpu_seconds": math.ceil(limits.cpu_seconds) + 1,
            "memory_bytes": limits.memory_mb << 20,
            "processes": limits.processes,
            "file_bytes": limits.file_mb << 20,
            "files": limits.files,
        },
    }


def _program(job: Program) -> dict[str, Any]:
    files = {name: base64.b64encode(data).decode() for name, data in job.files.items()}
    if job.argv:
        return {"files": files, "argv": job.argv, "environment": ENVIRONMENT}
    return {"files": files, "source": job.source}


def decode(data: bytes) -> ExecResult:
    """The result in one reply; `SandboxFailureError` where it reports a failure of its own."""
    reply = json.loads(data)
    end = reply["end"]
    if end["failure"]:
        raise SandboxFailureError(f"the sandbox could not shut a candidate in: {end['failure']}")
    report = reply.get("judge")
    if report is not None and "broken" in report:
        raise SandboxFailureError(f"the judge broke: {report['broken'].strip()[-500:]}")
    killed = "" if end["killed"] == "stopped" else end["killed"]
    if "judge_code" in reply and report is None:
        # The judge has limits of its own; what drives it past them is the candidate's answers.
        killed = killed or "cpu time"
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
