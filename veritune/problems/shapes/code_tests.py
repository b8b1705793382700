"""Tests as data sets write them: asserts, check functions, cases of input and output, suites."""

from __future__ import annotations

import ast
import base64
import builtins
import io
import json
import pickle
import re
import zlib
from typing import Never

from veritune.errors import RecordError
from veritune.problems.cells import is_empty, opened
from veritune.problems.shapes.row import UncheckableError
from veritune.records import (
    AssertTests,
    CallCase,
    CallTests,
    CheckTests,
    PytestTests,
    StdioCase,
    StdioTests,
    Tests,
)

INPUT = ("input", "inputs", "stdin", "args", "test_input")
OUTPUT = ("output", "outputs", "expected_output", "expected", "stdout", "answer", "test_output")
# How LiveCodeBench, APPS and TACO say that cases are calls.
FUNCTIONAL = ("functional", "function_call", "call_based", "call")
# pytest's functions and unittest's classes, wherever they stand in the text.
SUITE = re.compile(r"^\s*(?:async\s+)?def test_|^\s*class \w+\(.*TestCase\)", re.MULTILINE)
# HumanEval's form.
CHECK = re.compile(r"^def check\(", re.MULTILINE)
# Input and output, as the row has them.
Case = tuple[object, object]


def from_program(text: str, entry_point: str | None, setup: str = "") -> Tests:
    """Tests that are Python: a check function, a suite, asserts, or statements that assert."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if SUITE.search(text):
        return suite(text)
    if CHECK.search(text):
        name = entry_point or checked_name(text)
        if name is None:
            raise RecordError("entry_point: missing; the tests call check(candidate)")
        return _checking(text, name)
    tree = _parsed(text)
    if all(isinstance(node, ast.Assert | ast.Import | ast.ImportFrom) for node in tree.body):
        return AssertTests(code=text.strip(), setup=setup)
    name = entry_point or called(text)
    if name is None:
        raise RecordError("entry_point: missing; the tests are statements that call it")
    return CheckTests(entry_point=name, code=_in_a_function(f"{setup}\n{text}", name))


def suite(text: str) -> PytestTests:
    """A suite of pytest or unittest on what stands in `solution.py`."""
    ahead = "" if re.search(r"\bsolution\b", text) else "from solution import *\n"
    return PytestTests(files={"test_solution.py": ahead + text})


def from_asserts(asserts: list[str], setup: str = "", visible: int | None = None) -> AssertTests:
    """A list of asserts; one may begin with statements of its own."""
    lines = [line.replace("\r\n", "\n").replace("\r", "\n").strip() for line in asserts]
    code = "\n".join(lines)
    _parsed(code)
    return AssertTests(code=code, setup=setup, visible=visible)


def called(text: str) -> str | None:
    """The function that an assert calls first and that is no builtin."""
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.Assert):
            found = [call.func for call in ast.walk(node.test) if isinstance(call, ast.Call)]
            names = [name.id for name in found if isinstance(name, ast.Name)]
            if ours := [name for name in names if not hasattr(builtins, name)]:
                return ours[0]
    return None


def checked_name(text: str) -> str | None:
    """What a test program calls its check function with, at its end."""
    for node in _parsed(text).body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _calls_check(node):
            given = node.value.args
            return given[0].id if given and isinstance(given[0], ast.Name) else None
    return None


def first_assert(text: str) -> str:
    """The first assert, as it is written."""
    found = next(node for node in _parsed(text).body if isinstance(node, ast.Assert))
    return ast.get_source_segment(text, found) or ast.unparse(found)


def _checking(text: str, entry_point: str) -> CheckTests:
    """A check function; data sets that run it themselves also call it, which we do.

    LeetCodeDataset's entry points are `Solution().method`: the class is what we ask for.
    """
    tree = _parsed(text)
    kept = [node for node in tree.body if not _calls_check(node)]
    if len(kept) < len(tree.body):
        text = ast.unparse(ast.Module(body=kept, type_ignores=[]))
    method = re.fullmatch(r"(\w+)\(\)\.(\w+)", entry_point)
    if method:
        text += (
            f"\n\n_check = check\n\n\ndef check(candidate):\n    _check(candidate().{method[2]})\n"
        )
        entry_point = method[1]
    return CheckTests(entry_point=entry_point, code=text)


def _calls_check(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check"
    )


def _in_a_function(text: str, name: str) -> str:
    """Statements that test `name`, as the body of a check function; imports stay ahead of it."""
    body = _parsed(text).body
    ahead = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    rest = [node for node in body if node not in ahead]
    given = ast.parse(f"{name} = candidate").body
    function = ast.parse("def check(candidate):\n    pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = [*given, *rest]
    return ast.unparse(ast.Module(body=[*ahead, function], type_ignores=[]))


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UncheckableError(f"tests: not Python that can be read ({error})") from None


def cases_of(value: object) -> tuple[list[Case], str | None, bool]:
    """The cases of a column, the function that they call, and whether they call one."""
    value = opened(unpacked(value))
    if isinstance(value, dict):
        inputs, outputs = _first(value, INPUT), _first(value, OUTPUT)
        inputs, outputs = opened(inputs), opened(outputs)
        if not isinstance(inputs, list) or not isinstance(outputs, list):
            raise RecordError(f"tests: expected inputs and outputs (keys: {', '.join(value)})")
        if len(inputs) != len(outputs):
            raise RecordError(f"tests: {len(inputs)} inputs and {len(outputs)} outputs")
        name = value.get("fn_name") or None
        if name and all(isinstance(one, list) and len(one) == 1 for one in outputs):
            outputs = [one[0] for one in outputs]  # APPS and TACO wrap what functions return.
        return list(zip(inputs, outputs, strict=True)), name, name is not None
    if not isinstance(value, list):
        raise RecordError(f"tests: expected cases (got {str(value)[:60]!r})")
    cases, name, functional = [], None, False
    for one in value:
        one = opened(one)
        if not isinstance(one, dict):
            raise RecordError(f"tests: expected cases with input and output (got {one!r})"[:200])
        kind = str(one.get("testtype", one.get("type", "")))
        inner = opened(one.get("metadata"))
        inner = inner if isinstance(inner, dict) else {}
        name = name or one.get("fn_name") or inner.get("func_name")
        functional = functional or kind in FUNCTIONAL or "args" in one or name is not None
        cases.append((_first(one, INPUT, ""), _first(one, OUTPUT, "")))
    return cases, name, functional


def _first(value: dict[str, object], names: tuple[str, ...], default: object = None) -> object:
    return next((value[name] for name in names if name in value), default)


def stdio(cases: list[Case], visible: int | None = None, checker: str | None = None) -> StdioTests:
    """Runs of a whole program."""
    if not cases:
        raise UncheckableError("tests: no case")
    read = tuple(StdioCase(input=_lines(given), output=_lines(wanted)) for given, wanted in cases)
    return StdioTests(cases=read, visible=visible, checker=checker)


def _lines(value: object) -> str:
    """Standard input or output; APPS also has lists of lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_lines(one) for one in value)
    return str(value)


def calls(cases: list[Case], name: str, *, method: bool, visible: int | None = None) -> Tests:
    """Calls of a function, or with `method` of one of the class Solution.

    Arguments are a list, a line of JSON each (LiveCodeBench), or a dict of names.
    """
    read = [_call(given, wanted) for given, wanted in cases]
    if not read:
        raise UncheckableError("tests: no case")
    if not method:
        return CallTests(entry_point=name, cases=tuple(read), visible=visible)
    lines = [f"assert Solution().{name}({_arguments(c)}) == {c.expected!r}" for c in read]
    return AssertTests(code="\n".join(lines), visible=visible)


def _call(given: object, wanted: object) -> CallCase:
    expected = _json(wanted) if isinstance(wanted, str) else wanted
    if isinstance(given, str):
        return CallCase(args=[_json(line) for line in given.splitlines()], expected=expected)
    if isinstance(given, dict):
        return CallCase(args=[], kwargs=given, expected=expected)
    return CallCase(args=given if isinstance(given, list) else [given], expected=expected)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _arguments(case: CallCase) -> str:
    named = [f"{name}={value!r}" for name, value in case.kwargs.items()]
    return ", ".join([*map(repr, case.args), *named])


class _TextOnly(pickle.Unpickler):
    """Reads a pickled text and nothing else: no class or function can be named."""

    def find_class(self, module: str, name: str) -> Never:
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")


def unpacked(value: object) -> object:
    """LiveCodeBench's private cases: JSON, pickled as a text, zlib, base64."""
    if not isinstance(value, str) or is_empty(value) or value.lstrip()[:1] in "[{":
        return value
    try:
        # At most 256 MiB: a few bytes can stand for far more.
        packed = zlib.decompressobj().decompress(base64.b64decode(value, validate=True), 1 << 28)
        text = _TextOnly(io.BytesIO(packed)).load()
    except (ValueError, zlib.error, pickle.UnpicklingError, EOFError, IndexError, KeyError):
        return value
    return text if isinstance(text, str) else value
