"""Whole programs by language: how each is compiled and started."""

from __future__ import annotations

import base64
import re
import shlex
import signal
from dataclasses import dataclass, replace

from veritune.errors import SandboxFailureError
from veritune.replies import TRIES
from veritune.sandbox import ExecResult, Limits, Program, Sandbox

# Wider than a candidate's own: templates of C++ take seconds and a gigabyte.
COMPILE = Limits(
    cpu_seconds=30, wall_seconds=120, memory_mb=2048, output_kb=32768, file_mb=128, processes=16
)

CODE_KILLED = 128 + signal.SIGKILL  # what a shell says of a program that was killed
# What g++ says where its own process was killed: the machine's fault, so it is tried again.
KILLED = re.compile(r"^\S+: fatal error: Killed signal terminated program", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Language:
    """A source file's name, the commands that build or check it and run it, what building makes."""

    source: str
    build: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    product: str = ""


# In the sandbox's own paths; the flags are those of the usual contests.
LANGUAGES = {
    "python": Language("solution.py"),
    "cpp": Language(
        "main.cpp",
        ("g++", "-O2", "-std=c++17", "-pipe", "-o", "main", "main.cpp"),
        ("./main",),
        "main",
    ),
    "javascript": Language("main.js", ("node", "--check", "main.js"), ("node", "main.js")),
    "go": Language("main.go", ("go", "build", "-o", "main", "main.go"), ("./main",), "main"),
    "rust": Language(
        "main.rs",
        ("rustc", "-O", "--edition", "2021", "-o", "main", "main.rs"),
        ("./main",),
        "main",
    ),
    "java": Language(
        "Main.java",
        ("/bin/sh", "-c", "javac -d . Main.java && jar cfe main.jar Main *.class"),
        ("java", "-jar", "main.jar"),
        "main.jar",
    ),
    "typescript": Language("main.ts", ("node", "--check", "main.ts"), ("node", "main.ts")),
}
ALIASES = {
    **{"py": "python", "python3": "python", "c++": "cpp", "cc": "cpp", "js": "javascript"},
    **{"golang": "go", "rs": "rust", "ts": "typescript"},
}


class UnknownLanguageError(Exception):
    """A language that the sandbox has no toolchain for."""


class CompileError(Exception):
    """A program that its compiler refuses."""


def language_named(name: str) -> Language:
    """The language of that name or alias."""
    key = ALIASES.get(name.lower(), name.lower())
    if key not in LANGUAGES:
        raise UnknownLanguageError(f"language {name!r}; known: {', '.join(LANGUAGES)}")
    return LANGUAGES[key]


async def prepare(sandbox: Sandbox, language: Language, code: str) -> Program:
    """A program that is ready to run; compiled once, in a sandbox of its own."""
    if not language.run:
        return Program(source=code)
    source = {language.source: code.encode(errors="replace")}
    command = shlex.join(language.build)
    if language.product:
        # It comes back as text on standard output, since nothing outlives a job's files.
        command += f" && exec base64 {language.product}"
    build = Program(argv=("/bin/sh", "-c", command), files=source)
    result = await _built(sandbox, build)
    if "not found" in result.stderr and result.code == 127:
        raise UnknownLanguageError(f"{language.build[0]} is not in the sandbox")
    if result.code != 0 or result.killed:
        lines = [line for line in result.stderr.splitlines() if "error" in line.lower()]
        why = lines[0] if lines else result.killed or f"code {result.code}"
        raise CompileError(f"it does not compile: {why}"[:500])
    if language.product:
        try:
            source = {language.product: base64.b64decode(result.stdout)}
        except ValueError:
            # An assembler may be told to print, too.
            raise CompileError("it does not compile: its compiler's output is damaged") from None
    return Program(argv=language.run, files=source)


async def _built(sandbox: Sandbox, build: Program) -> ExecResult:
    """How the build ended; once more where a part of the compiler was killed.

    That part is not the first process of its sandbox, so only its driver's word tells of it. A
    program could have the compiler print that word, and gains an error, as where memory runs out
    each time: to call every such end a failure would punish what is right on a small machine.
    """
    for _ in range(TRIES):
        result = await sandbox.run(build, COMPILE)
        if result.killed or (result.code != CODE_KILLED and not KILLED.search(result.stderr)):
            return result
    raise SandboxFailureError(f"a part of the compiler was killed, {TRIES} times")


def with_input(program: Program, text: str) -> Program:
    """The program with its standard input."""
    return replace(program, stdin=text)
