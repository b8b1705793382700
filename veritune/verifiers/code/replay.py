"""A failing test once more, in a sandbox of its own, to see which line is to blame.

What it says moves a step's label and nothing else: the outcome stands before. The candidate could
forge it, since it runs in the same process, and would only blame itself.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from veritune.errors import SandboxFailureError
from veritune.sandbox import Program, Sandbox

STUCK_SECONDS = 1.0
"""Wall time after which a program that passed its limit is asked where it is."""
STUCK = re.compile(r'File "candidate\.py", line (\d+)')

SCRIPT = """
import ast, faulthandler, json, sys
job = json.loads(JOB)
seen = {"returned": None, "raised": None}
def watch(frame, event, arg):
    if event == "return" and frame.f_code.co_filename == "candidate.py":
        back = frame.f_back
        if back is None or back.f_code.co_filename != "candidate.py":
            seen["returned"] = frame.f_lineno
def report(error):
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "candidate.py":
            line = trace.tb_lineno
        trace = trace.tb_next
    seen["raised"] = line
space = {"__name__": "__main__" if job["whole"] else "solution"}
if job["stuck"]:
    faulthandler.dump_traceback_later(job["stuck"], exit=True)
try:
    for name, text in job["sources"]:
        exec(compile(text, name, "exec"), space)
    if not job["stuck"]:
        sys.setprofile(watch)
    if "args" in job:
        result = space[job["entry_point"]](*job["args"], **job["kwargs"])
    for statement in ast.parse(job.get("tests", "")).body:
        exec(compile(ast.Module([statement], []), "tests.py", "exec"), space)
    if "check" in space and job.get("entry_point"):
        space["check"](space[job["entry_point"]])
except BaseException as error:
    sys.setprofile(None)
    report(error)
sys.setprofile(None)
print(chr(10) + job["mark"] + json.dumps(seen), flush=True)
"""


async def replay(
    sandbox: Sandbox, sources: tuple[tuple[str, str], ...], tests: dict[str, Any], failing: int
) -> dict[str, int | None]:
    """Lines of `solution.py`: the one that "raised", or "returned" last, in the failing test."""
    mark = secrets.token_hex(8)
    result = await _run(sandbox, _job(sources, tests, failing) | {"mark": mark, "stuck": 0})
    for line in reversed(result[0].splitlines()):
        if line.startswith(mark):
            found = json.loads(line.removeprefix(mark))
            return {name: _line(found.get(name)) for name in ("raised", "returned")}
    return {"raised": None, "returned": None}


async def stuck_line(
    sandbox: Sandbox, sources: tuple[tuple[str, str], ...], tests: dict[str, Any], failing: int
) -> int | None:
    """The innermost line of `solution.py` on which a program that does not end is found."""
    job = _job(sources, tests, failing) | {"mark": "", "stuck": STUCK_SECONDS}
    found = STUCK.search((await _run(sandbox, job))[1])
    return int(found.group(1)) if found else None


async def _run(sandbox: Sandbox, job: dict[str, Any]) -> tuple[str, str]:
    source = f"JOB = {json.dumps(json.dumps(job))}\n{SCRIPT}"
    try:
        result = await sandbox.run(Program(source=source, stdin=job["stdin"]))
    except SandboxFailureError:
        return "", ""
    return result.stdout, result.stderr


def _job(
    sources: tuple[tuple[str, str], ...], tests: dict[str, Any], failing: int
) -> dict[str, Any]:
    named = [(name.replace("solution", "candidate"), text) for name, text in sources]
    job: dict[str, Any] = {"sources": named, "whole": tests["type"] == "stdio", "stdin": ""}
    if tests["type"] == "stdio":
        return job | {"stdin": tests["cases"][failing]["input"]}
    if tests["type"] == "calls":
        case = tests["cases"][failing]
        given = {"args": case["args"], "kwargs": case.get("kwargs", {})}
        return job | {"entry_point": tests["entry_point"]} | given
    code = f"{tests.get('setup', '')}\n{tests['code']}"
    return job | {"tests": code, "entry_point": tests.get("entry_point")}


def _line(value: object) -> int | None:
    return value if type(value) is int else None
