"""How much the tests of a problem notice: programs that are wrong, and should not pass them."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from veritune.records import AssertTests, CallTests, CodeReference, StdioTests
from veritune.verifiers.code.extract import asked_by
from veritune.verifiers.code.reading import code
from veritune.verifiers.long import LONGEST_PROGRAM

# What a program that computes nothing gives back, whatever it is asked.
CONSTANTS = ("[]", "None", "0", "''", "True")
# By token: what a mistake of one token would have written.
SWAPS = {
    **{"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="},
    **{"+": "-", "-": "+", "*": "+", "//": "*", "/": "*", "%": "//", "+=": "-=", "-=": "+="},
    **{"and": "or", "or": "and", "True": "False", "False": "True", "min": "max", "max": "min"},
}
# An operator in front of one of these is a sign, a star of arguments, or no operator at all.
AFTER_VALUE = (tokenize.NAME, tokenize.NUMBER, tokenize.STRING)
WORDS = frozenset(
    [
        "return",
        "in",
        "and",
        "or",
        "not",
        "if",
        "else",
        "elif",
        "is",
        "lambda",
        "yield",
        "print",
        "import",
        "from",
    ]
)
ASSERTS = re.compile(r"\bassert\b|\bself\.assert\w+|\bpytest\.raises\b")


def weak_programs(reference: CodeReference) -> list[tuple[str, str]]:
    """(what it does, its text) of programs that compute nothing; none passes tests that look."""
    tests = reference.tests
    if isinstance(tests, StdioTests):
        if tests.language.lower() not in ("python", "python3", "py") or not tests.cases:
            return []
        first = repr(tests.cases[0].output)
        return [("prints nothing", "pass\n"), ("prints one output", f"print({first}, end='')\n")]
    names = sorted(asked_by(reference).names)
    constants = list(CONSTANTS)
    if isinstance(tests, CallTests) and tests.cases:
        constants.append(repr(tests.cases[0].expected))
    return [
        (
            f"always returns {value[:80]}",
            "".join(f"def {name}(*args, **kwargs): return {value}\n" for name in names),
        )
        for value in dict.fromkeys(constants)
        if names
    ]


def case_count(reference: CodeReference) -> int:
    """How many cases the tests have: calls, runs, or asserts in their text."""
    tests = reference.tests
    if isinstance(tests, CallTests | StdioTests):
        return len(tests.cases)
    if isinstance(tests, AssertTests):
        return len(ASSERTS.findall(tests.code))
    files = getattr(tests, "files", None)
    text = "\n".join(files.values()) if files is not None else code(tests)
    looped = re.search(r"\bfor\b|\bparametrize\b|@given\b", text)
    return 3 if looped else len(ASSERTS.findall(text))


def mutants(text: str, most: int) -> list[tuple[str, str]]:
    """(what was changed, the changed program): one token each, spread over the program.

    Some behave as the program itself does, so that no test could tell them.
    """
    if len(text) > LONGEST_PROGRAM:
        return []
    found = list(_changes(text))
    step = max(len(found) / most, 1) if most else 1
    lines = text.splitlines(keepends=True)
    made = []
    for at in range(min(most, len(found))):
        (line, column), old, new = found[int(at * step)]
        row = lines[line - 1]
        changed = row[:column] + new + row[column + len(old) :]
        whole = "".join([*lines[: line - 1], changed, *lines[line:]])
        made.append((f"line {line}: {new!r} for {old!r}", whole))
    return made


def _changes(text: str) -> Iterator[tuple[tuple[int, int], str, str]]:
    """(place, token, what stands there instead) of every token that can be another."""
    before = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            old = token.string
            if token.type == tokenize.NUMBER and old.isdecimal():
                yield token.start, old, str(int(old[:18]) + 1)
            elif old in SWAPS and (token.type == tokenize.NAME or _is_value(before)):
                yield token.start, old, SWAPS[old]
            before = token
    except (tokenize.TokenError, SyntaxError):
        return


def _is_value(token: tokenize.TokenInfo | None) -> bool:
    """Whether an operator behind this token has a left operand."""
    if token is None or token.string in WORDS:
        return False
    return token.type in AFTER_VALUE or token.string in (")", "]", "}")
