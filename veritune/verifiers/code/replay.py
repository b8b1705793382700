"""The failing call once more, in a sandbox of its own, to see which line is to blame.

The process that runs the candidate gets the call's arguments and nothing else of the tests: those
are read in another one. What it says moves a step's label and never the outcome; a candidate could
forge it, and would only blame itself.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import TypedDict

from veritune.errors import SandboxFailureError
from veritune.records import (
    AssertTests,
    CallTests,
    CheckTests,
    PytestTests,
    SplitTests,
    StdioTests,
    TestVerdict,
)
from veritune.sandbox import Program, Sandbox
from veritune.verifiers.code import reading

# Wall time after which a program that passed its limit is asked where it is.
STUCK_SECONDS = 1.0
# A line of the traceback that a program prints when it is asked where it is.
STUCK = re.compile(r'File "candidate\.py", line (\d{1,9})\b')
PLACE = re.compile(r"(?:case|assert) (\d{1,9})$")
LINE = re.compile(r"line (\d{1,9}): ")
# What a suite's failing test called last, as its reason ends.
CALLED = re.compile(r" \(in ([^\W\d]\w{0,99})\((.*)\)\)\Z", re.DOTALL)
# It only explains a failure: the verdict stands already.
MOST_CPU_SECONDS, MOST_WALL_SECONDS = 2.0, 10.0
# Problems whose calls are kept: a group's candidates fail the same tests.
MOST_KNOWN = 1_000
_known: dict[tuple[str, str, str | None], list[tuple[int, str, str]]] = {}


class ReplayJob(TypedDict):
    """What the candidate's process gets: its texts, and what to run: all, or calls by name."""

    sources: list[tuple[str, str]]
    whole: bool
    stdin: str
    calls: list[tuple[str, str]]


class CallsJob(TypedDict):
    """What the process that reads the tests' calls gets."""

    tests: str
    entry_point: str | None
    stdin: str


# Prints [place, name, arguments as a literal] of every call whose arguments are literals; the place
# is the number of the assert, or the line in a check function.
CALLS = """
import ast, builtins, json
job = json.loads(JOB)
found, number = [], 0
for statement in ast.parse(job["tests"]).body:
    number += isinstance(statement, ast.Assert)
    for call in ast.walk(statement):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        name, words = call.func.id, call.keywords
        if hasattr(builtins, name) or any(word.arg is None for word in words):
            continue
        named = ast.Dict([ast.Constant(w.arg) for w in words], [w.value for w in words])
        given = ast.Tuple([ast.List(call.args, ast.Load()), named], ast.Load())
        try:
            ast.literal_eval(given)
        except Exception:
            continue
        place = call.lineno if job["entry_point"] else number
        name = job["entry_point"] if name == "candidate" and job["entry_point"] else name
        found.append([place, name, ast.unparse(given), [call.lineno, call.col_offset]])
found.sort(key=lambda call: call.pop())
print(chr(10) + job["mark"] + json.dumps(found), flush=True)
"""
SCRIPT = """
import json, sys
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
    import faulthandler
    faulthandler.dump_traceback_later(job["stuck"], exit=True)
try:
    for name, text in job["sources"]:
        exec(compile(text, name, "exec"), space)
    if not job["stuck"]:
        sys.setprofile(watch)
    for name, given in job["calls"]:
        args, kwargs = eval(given, {})
        space[name](*args, **kwargs)
except BaseException as error:
    sys.setprofile(None)
    report(error)
sys.setprofile(None)
print(chr(10) + job["mark"] + json.dumps(seen), flush=True)
"""


async def replay(
    sandbox: Sandbox,
    sources: tuple[tuple[str, str], ...],
    tests: SplitTests | StdioTests | PytestTests,
    failing: TestVerdict,
) -> dict[str, int | None]:
    """Lines of `solution.py`: the one that "raised", or "returned" last, in the failing test."""
    job = await _job(sandbox, sources, tests, failing)
    found = None if job is None else await _marked(sandbox, SCRIPT, {**job, "stuck": 0})
    seen = found if isinstance(found, dict) else {}
    return {name: _line(seen.get(name)) for name in ("raised", "returned")}


async def stuck_line(
    sandbox: Sandbox,
    sources: tuple[tuple[str, str], ...],
    tests: SplitTests | StdioTests | PytestTests,
    failing: TestVerdict,
) -> int | None:
    """The innermost line of `solution.py` on which a program that does not end is found."""
    job = await _job(sandbox, sources, tests, failing)
    if job is None:
        return None
    out = await _run(sandbox, SCRIPT, {**job, "mark": "", "stuck": STUCK_SECONDS})
    found = STUCK.search(out[1])
    return int(found.group(1)) if found else None


async def _job(
    sandbox: Sandbox,
    sources: tuple[tuple[str, str], ...],
    tests: SplitTests | StdioTests | PytestTests,
    failing: TestVerdict,
) -> ReplayJob | None:
    """What the candidate's process gets: its own text, and the failing test's inputs."""
    named = [(name.replace("solution", "candidate"), text) for name, text in sources]
    job: ReplayJob = {"sources": named, "whole": False, "stdin": "", "calls": []}
    place = _place(failing)
    at = (place or 1) - 1
    if isinstance(tests, StdioTests | CallTests) and not 0 <= at < len(tests.cases):
        return None
    if isinstance(tests, StdioTests):
        return {**job, "whole": True, "stdin": tests.cases[at].input}
    if isinstance(tests, CallTests):
        given = repr((tests.cases[at].args, tests.cases[at].kwargs))
        return {**job, "calls": [(tests.entry_point, given)]}
    if isinstance(tests, PytestTests):
        called = CALLED.search(failing.reason)
        if called is None:
            return None
        given = f"(lambda *args, **words: (args, words))({called[2]})"
        return {**job, "calls": [(called[1], given)]}
    calls = await _calls(sandbox, tests)
    here = [(name, given) for where, name, given in calls if place in (None, where)]
    return {**job, "calls": here} if here else None


def _place(failing: TestVerdict) -> int | None:
    """The number of the failing case or assert, or the failing line of a check function."""
    found = PLACE.match(failing.name) or LINE.match(failing.reason)
    return int(found.group(1)) if found else None


async def _calls(sandbox: Sandbox, tests: AssertTests | CheckTests) -> list[tuple[int, str, str]]:
    """The calls of the tests whose arguments are literals, in order; read once a problem."""
    key = (reading.setup(tests), tests.code, reading.entry_point(tests))
    if key not in _known:
        calls = await _read_calls(sandbox, tests)
        if calls is None:
            return []
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[key] = calls
    return _known[key]


async def _read_calls(
    sandbox: Sandbox, tests: AssertTests | CheckTests
) -> list[tuple[int, str, str]] | None:
    ahead, name = reading.setup(tests), reading.entry_point(tests)
    text = f"{ahead}\n{tests.code}" if ahead else tests.code
    job: CallsJob = {"tests": text, "entry_point": name, "stdin": ""}
    found = await _marked(sandbox, CALLS, job)
    return [(at, name, given) for at, name, given in found] if isinstance(found, list) else None


async def _marked(sandbox: Sandbox, script: str, job: Mapping[str, object]) -> object:
    """What the script printed behind its mark; None where it did not come so far."""
    mark = secrets.token_hex(8)
    printed, _ = await _run(sandbox, script, {**job, "mark": mark})
    for line in reversed(printed.splitlines()):
        if line.startswith(mark):
            try:
                found: object = json.loads(line.removeprefix(mark))
                return found
            except (ValueError, RecursionError):
                return None
    return None


async def _run(sandbox: Sandbox, script: str, job: Mapping[str, object]) -> tuple[str, str]:
    source = f"JOB = {json.dumps(json.dumps(job))}\n{script}"
    limits = replace(
        sandbox.limits,
        cpu_seconds=min(MOST_CPU_SECONDS, sandbox.limits.cpu_seconds),
        wall_seconds=min(MOST_WALL_SECONDS, sandbox.limits.wall_seconds),
    )
    try:
        result = await sandbox.run(Program(source=source, stdin=str(job["stdin"])), limits)
    except SandboxFailureError:
        return "", ""
    return result.stdout, result.stderr


def _line(value: object) -> int | None:
    return value if type(value) is int else None
