"""SandboxFusion's `/run_code`, so that its users can move: Python programs, run in our sandbox."""

from __future__ import annotations

import base64
from dataclasses import replace

from veritune.errors import SandboxFailureError
from veritune.sandbox import ExecResult, Program, Sandbox
from veritune.serve.bodies import RunCodeBody

TOO_LONG = ("cpu time", "wall time")
Reply = dict[str, object]


async def run_code(sandbox: Sandbox, asked: RunCodeBody) -> Reply:
    """Run the program under its limits, or under the service's where those are lower."""
    program = _program(asked)
    most = sandbox.limits
    seconds = min(asked.run_timeout, most.wall_seconds)
    memory = most.memory_mb
    if asked.memory_limit_MB > 0:
        memory = min(asked.memory_limit_MB, memory)
    limits = replace(
        most,
        wall_seconds=seconds,
        cpu_seconds=min(seconds, most.cpu_seconds),
        idle_seconds=min(seconds, most.idle_seconds),
        memory_mb=memory,
    )
    try:
        return _reply(await sandbox.run(program, limits))
    except SandboxFailureError as error:
        return {**_shape("SandboxError", None), "message": str(error)}


def _program(asked: RunCodeBody) -> Program:
    files = {name: base64.b64decode(text or "") for name, text in asked.files.items()}
    return Program(source=asked.code, stdin=asked.stdin or "", files=files)


def _reply(result: ExecResult) -> Reply:
    ended = "TimeLimitExceeded" if result.killed in TOO_LONG else "Finished"
    said = f"\nended at its limit: {result.killed}" if result.killed else ""
    run = {
        "status": ended,
        "execution_time": result.wall_ms / 1000,
        "return_code": None if ended == "TimeLimitExceeded" else result.code,
        "stdout": result.stdout,
        "stderr": result.stderr + said,
    }
    passed = ended == "Finished" and result.code == 0 and not result.killed
    return _shape("Success" if passed else "Failed", run)


def _shape(status: str, run: dict[str, object] | None) -> Reply:
    return {
        "status": status,
        "message": "",
        "compile_result": None,
        "run_result": run,
        "executor_pod_name": None,
        "files": {},
    }
