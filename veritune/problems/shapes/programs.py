"""Rows whose answer is a program that is run on tests."""

from __future__ import annotations

import re
from dataclasses import replace

from veritune.errors import RecordError
from veritune.problems.cells import opened
from veritune.problems.shapes import code_tests
from veritune.problems.shapes.prompts import Prompt, prompt_of, text_of
from veritune.problems.shapes.row import Row, UncheckableError
from veritune.records import (
    AssertTests,
    CallTests,
    CheckTests,
    CodeProblem,
    CodeReference,
    PytestTests,
    Tests,
)

PYTHON = ("python", "python3", "py", "py3")
# Columns of cases that a prompt may show, with those of the others.
CASES = (
    # visible cases, then all the others
    (("public_test_cases",), ("private_test_cases",)),
    (("public_tests",), ("private_tests", "generated_tests")),
    (("examples", "sample_io"), ("official_tests",)),
    (("demo_tests",), ("hidden_tests",)),
)
# What Codeforces' rows hold beside the description.
SECTIONS = (
    ("input_format", "Input"),
    ("input_specification", "Input"),
    ("output_format", "Output"),
    ("output_specification", "Output"),
    ("interaction_format", "Interaction"),
    ("note", "Note"),
)
# The number of the language in the rows of CodeContests.
PYTHON3_OF_CODE_CONTESTS = 3


def is_code(row: Row) -> bool:
    """Whether a row has tests."""
    some = any(row.has(name) for pair in CASES for names in pair for name in names)
    return (
        row.maps("tests")
        or is_cases(row.peek("ground_truth"))
        or row.has("inputs", "outputs")
        or (some and row.maps("prompt"))
    )


def is_cases(value: object) -> bool:
    """Whether a value is a list of cases, each with input and output."""
    value = opened(value)
    return isinstance(value, list) and all(
        isinstance(one, dict) and {"input", "output"} <= one.keys() for one in value
    )


def read_code(row: Row) -> CodeProblem:
    """Tests of any known form, with the prompt's code and the solution where there are some."""
    _refuse_what_cannot_run(row)
    suite = row.has("code_prompt") or row.has("skeleton")
    prompt, prompt_code = _suite_prompt(row) if suite else _prompt(row)
    solution = _solution(row)
    starter = row.take("starter_code")
    if not isinstance(starter, str) or row.has("prompt", "completion"):  # LeetCodeDataset's stands
        starter = ""  # in its question already
    tests = _tests(row, solution, starter)
    prompt, tests = with_name(_with_starter(prompt, starter), tests)
    return CodeProblem(
        id="",
        prompt=prompt,
        reference=CodeReference(tests=tests, solution=solution, prompt_code=prompt_code),
    )


def with_name(prompt: Prompt, tests: Tests) -> tuple[Prompt, Tests]:
    """A prompt that does not name what the tests call gets one of them, as MBPP's paper has it."""
    said = text_of(prompt)
    if isinstance(tests, AssertTests):
        name = code_tests.called(tests.code)
        if name is None or name in said:
            return prompt, tests
        first = code_tests.first_assert(tests.code)
        added = f"Your code should pass this test:\n{first}"
        return _added(prompt, added), replace(tests, visible=tests.visible or 1)
    if isinstance(tests, CallTests | CheckTests) and tests.entry_point not in said:
        return _added(prompt, f"Call it `{tests.entry_point}`."), tests
    if isinstance(tests, PytestTests):
        names = re.findall(
            r"^from solution import (?!\*)(.+)$", "".join(tests.files.values()), re.M
        )
        if names and not all(name.strip() in said for name in names[0].split(",")):
            return _added(prompt, f"Tests import these names: {names[0].strip()}."), tests
    return prompt, tests


def _added(prompt: Prompt, text: str) -> Prompt:
    if isinstance(prompt, str):
        return f"{prompt.rstrip()}\n{text}\n"
    last = prompt[-1]
    return [*prompt[:-1], {"role": last["role"], "content": f"{last['content'].rstrip()}\n{text}"}]


def _refuse_what_cannot_run(row: Row) -> None:
    language = row.take("language", "lang", "programming_language")
    if isinstance(language, str) and language.casefold() not in PYTHON:
        raise UncheckableError(f"language: {language}; only tests of Python programs can be read")
    name = row.values.get("task_id")
    if isinstance(name, str) and (found := re.match(r"(Java|JavaScript|CPP|Go|Rust)/", name)):
        raise UncheckableError(f"task_id: {found[1]}; only tests of Python programs can be read")
    checker = row.values.get("checker")
    if isinstance(checker, str) and "#include" in checker:
        raise UncheckableError("checker: is C++; only checkers in Python can be run")
    if row.has("input_file") or row.values.get("input_mode") == "file":
        raise UncheckableError("input_file: programs that read files cannot be run")


def _prompt(row: Row) -> tuple[Prompt, str]:
    """The prompt, and the code that an answer continues."""
    if row.has("query", "completion", "entry_point"):  # LeetCodeDataset: its prompt is imports
        return str(row.take("query")), str(row.take("prompt") or "")
    prompt, _ = prompt_of(row)
    given = row.take("prompt_code")
    if isinstance(given, str):
        return prompt, given
    if isinstance(prompt, str):
        sections = [(title, row.take(name)) for name, title in SECTIONS]
        parts = [f"{title}\n{text}" for title, text in sections if isinstance(text, str)]
        test = next(filter(None, map(row.peek, ("test", "tests"))), None)
        name = row.values.get("entry_point")
        if name is None and isinstance(test, str) and "check(" in test:
            name = code_tests.checked_name(test)
        continues = isinstance(name, str) and f"def {name}(" in prompt and "```" not in prompt
        return "\n\n".join([prompt, *parts]), prompt if continues else ""
    return prompt, ""


def _suite_prompt(row: Row) -> tuple[Prompt, str]:
    """BigCodeBench and ClassEval."""
    if (skeleton := row.take("skeleton")) is not None:
        return f"Write the whole class:\n\n```python\n{skeleton}\n```", ""
    asked, ahead = row.take("instruct_prompt"), row.take("complete_prompt")
    ahead = ahead if ahead is not None else row.take("code_prompt")
    return str(asked or ahead), str(ahead)


def _with_starter(prompt: Prompt, starter: str) -> Prompt:
    if not starter.strip() or starter.strip() in text_of(prompt):
        return prompt
    return _added(prompt, f"\nBegin with this code:\n```python\n{starter.rstrip()}\n```")


def _solution(row: Row) -> str | None:
    if row.has("query", "completion", "entry_point"):
        return str(row.take("completion"))
    value = opened(row.role("solution"))
    if isinstance(value, dict):  # CodeContests
        languages, texts = value.get("language", []), value.get("solution", [])
        pairs = zip(languages, texts, strict=False)
        value = [text for one, text in pairs if one in (PYTHON3_OF_CODE_CONTESTS, "PYTHON3")]
    if isinstance(value, list):
        texts = [one for one in value if isinstance(one, str) and one.strip()]
        value = texts[0] if texts else None
    if not isinstance(value, str) or not value.strip():
        return None
    lines = row.take("import_statement")
    ahead = "\n".join(lines) if isinstance(lines, list) else ""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"{ahead}\n{value}" if ahead else value


def _tests(row: Row, solution: str | None, starter: str) -> Tests:
    name, code = row.role("entry_point"), f"{starter}\n{solution or ''}"
    setup, ahead = _setup(row), row.take("import_prefix")
    if row.has("inputs", "outputs"):
        cases = {"inputs": row.take("inputs"), "outputs": row.take("outputs")}
        return _of_cases([], [cases], name, code)
    for shown, hidden in CASES:
        first = [one for one in map(row.take, shown) if one is not None]
        rest = [one for one in map(row.take, hidden) if one is not None]
        if first or rest:
            return _of_cases(first, rest, name, code, _checker(row))
    if is_cases(row.peek("ground_truth")):
        return _of_cases([], [row.take("ground_truth")], name, code)
    # A whole program of tests before a list of some: MBPP+'s list has three of many.
    listed = opened(row.take("test_list"))
    value = _program(row) or listed or opened(row.role("tests"))
    challenges = opened(row.take("challenge_test_list"))
    if isinstance(value, str):
        if name is None and isinstance(listed, list):
            name = code_tests.called("\n".join(map(str, listed)))
        text = f"{ahead}\n{value}" if isinstance(ahead, str) else value
        return code_tests.from_program(text, name if isinstance(name, str) else None, setup)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        more = challenges if isinstance(challenges, list) else []
        return code_tests.from_asserts([*value, *more], setup, 1 if more else None)
    return _of_cases([], [value], name, code)


def _program(row: Row) -> str | None:
    """A program of all tests that stands beside some of them: MBPP+'s and LeetCodeDataset's."""
    if not row.has("test") or not (row.has("test_list") or row.has("input_output")):
        return None
    text = row.take("test")
    row.take("input_output")
    return text if isinstance(text, str) else None


def _setup(row: Row) -> str:
    parts: list[object] = []
    for name in ("test_imports", "test_setup_code", "test_setup", "setup"):
        value = opened(row.take(name))
        parts += value if isinstance(value, list) else [value]
    return "\n".join(part for part in parts if isinstance(part, str) and part.strip())


def _checker(row: Row) -> str | None:
    """Codeforces' problems with several right outputs come with a program that decides."""
    checker = row.take("generated_checker", "checker")
    return checker if isinstance(checker, str) and "import" in checker else None


def _of_cases(
    shown: list[object], hidden: list[object], name: object, code: str, checker: str | None = None
) -> Tests:
    """Cases of input and output: of a function where one is named, else of a whole program.

    `shown` columns come first, and are what a prompt may show.
    """
    cases: list[code_tests.Case] = []
    functional, visible = False, None
    for place, value in enumerate([*shown, *hidden]):
        found, own, calls = code_tests.cases_of(value)
        name, functional = own or name, functional or calls
        cases += [case for case in found if case not in cases]
        visible = len(cases) if place + 1 == len(shown) else visible
    # All or none of them visible says nothing that a selection could use.
    visible = visible if visible is not None and 0 < visible < len(cases) else None
    texts = all(isinstance(given, str) for given, _ in cases)
    if name is None or (texts and not functional):
        if functional or not texts:
            raise RecordError("entry_point: missing; the cases are calls of a function")
        return code_tests.stdio(cases, visible, checker)
    method = re.search(r"^class Solution\b", code, re.MULTILINE) is not None
    return code_tests.calls(cases, str(name), method=method, visible=visible)
