"""The program in a candidate's text, chosen by what the tests ask for.

The block that defines what is asked for; of several, the last. Where none defines it, the last that
is code of the right language. Thinking is left out; thinking that never ends means no program.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

from veritune.once import once_each
from veritune.records import AssertTests, CodeReference, PytestTests, StdioTests
from veritune.verifiers.code.blocks import (
    HEADER,
    MARKED,
    CodeBlock,
    answer_start,
    fenced_blocks,
    lines_of,
)
from veritune.verifiers.code.loose import STARTS, continued, loose_blocks
from veritune.verifiers.long import LONGEST_PROGRAM, unread

NO_PROGRAM = "no program: the thinking block is never closed"
PYTHON = frozenset({"python", "py", "python3", "python2", "ipython", "sage"})
LABELS = {
    "cpp": frozenset({"cpp", "c++", "cc", "c", "cxx"}),
    "javascript": frozenset({"javascript", "js", "node", "jsx"}),
    "typescript": frozenset({"typescript", "ts", "tsx"}),
    "go": frozenset({"go", "golang"}),
    "rust": frozenset({"rust", "rs"}),
    "java": frozenset({"java"}),
}
# Labels of blocks that are no program in any language that can be asked for.
PROSE = frozenset(
    {
        *("text", "txt", "output", "console", "json", "bash", "sh", "shell", "zsh", "yaml", "yml"),
        *("xml", "html", "css", "sql", "diff", "plaintext", "log", "csv", "markdown", "md", "none"),
        *("plain", "pycon", "toml", "ini", "latex", "tex", "terminal", "cmd", "powershell"),
    }
)
# Names that a program binds at its top: these tests can ask for.
BOUND = re.compile(
    r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^([A-Za-z_]\w*)[ \t]*(?::[^=\n]*)?=(?!=)"
    r"|^import[ \t]+(?:[\w.]+[ \t]+as[ \t]+)?(\w+)"
    r"|^from[ \t]+[\w.]+[ \t]+import[ \t]+\(?([\w, \t]+)",
    re.MULTILINE,
)
# Names that tests call, index or look into.
ASKED = re.compile(r"(?<![\w.])([A-Za-z_]\w*)[ \t]*[(.\[]")
# What tests import from the candidate's module, over several lines in brackets.
IMPORTED = re.compile(
    r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n#]*))", re.MULTILINE
)
# A program that reads its input is whole.
READS = re.compile(
    r"\binput[ \t]*\(|\bstdin\b|\bopen\(0\)|\bcin\b|\bscanf\b|\bgetline\b|readFileSync"
)
# Names that a text uses as code does.
USES = re.compile(r"(?<![\w.])([A-Za-z_]\w*)[ \t]*(?=[(.\])]|,)|(?:->|:)[ \t]*([A-Za-z_]\w*)")
MAY_BE_PROSE = re.compile(r"^(?:[A-Z*>|<$\\-]|\d+[.)]|#+ )", re.MULTILINE)
# Never missing, whatever a program defines.
KNOWN = frozenset(dir(builtins)) | frozenset(keyword.kwlist)
# Texts of tests that are not read anew for each candidate.
MOST_KNOWN = 1_000
# Problems likewise; not more, since each is kept in memory for it.
MOST_PROBLEMS = 64
# Of a text; of more, the last are read.
MOST_BLOCKS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a problem asks of a program: names it is to define, or a whole one that is run."""

    names: frozenset[str] = frozenset()
    language: str = "python"
    whole: bool = False
    prompt_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """A program: its code, where each of its lines begins in the text, its other files.

    `name` is its own file's name where the text gives one; `rule` says, where more than one block
    could be meant, which were and what chose.
    """

    code: str
    offsets: tuple[int, ...]
    name: str = ""
    files: tuple[tuple[str, str], ...] = field(default=())
    rule: str = ""


@once_each(MOST_PROBLEMS)
def asked_by(reference: CodeReference) -> Asked:
    """What the tests of a reference ask for."""
    tests, prompt = reference.tests, reference.prompt_code
    if isinstance(tests, StdioTests):
        return Asked(language=tests.language.lower(), whole=True)
    if isinstance(tests, PytestTests):
        text = "\n".join(tests.files.values())
    elif isinstance(tests, AssertTests):
        text = tests.code
    else:
        return Asked(names=frozenset({tests.entry_point}), prompt_code=prompt)
    suite = isinstance(tests, PytestTests)
    return Asked(names=_names(text, reference.solution or "", suite), prompt_code=prompt)


def _names(text: str, solution: str, suite: bool) -> frozenset[str]:
    names = _imported(text) if suite else frozenset(ASKED.findall(text)) - KNOWN
    return (names & bound(solution)) or names


def _imported(files: str) -> frozenset[str]:
    """Names that test files import from anywhere, or read from a module called solution."""
    names = set(re.findall(r"\bsolution\.([A-Za-z_]\w*)", files))
    for found in IMPORTED.finditer(files):
        parts = (found[2] or found[3] or "").replace("\\", " ").split(",")
        names |= {part.split()[0] for part in parts if part.split()}
    return frozenset(names) - KNOWN


def extract(text: str, asked: Asked) -> Extracted | str:
    """The program; why there is none where the text ends in thinking, or is too long."""
    if refused := unread(text):
        return f"no program: {refused}"
    start = answer_start(text)
    if start is None:
        return NO_PROGRAM
    if len(text) - start > LONGEST_PROGRAM:
        return f"no program: {len(text) - start:,} characters, of at most {LONGEST_PROGRAM:,}"
    if _is_plain(text, start, asked):
        return _joined(text, [CodeBlock(start, len(text), fenced=False)], "")
    blocks = _blocks(text, start, asked)[-MOST_BLOCKS:]
    if not blocks:
        return _joined(text, [CodeBlock(start, len(text), fenced=False)], "")
    named = {block.name: block for block in blocks if block.name}
    if len(named) > 1:
        return _several(text, named, asked)
    single = len(blocks) == 1
    keys = [(0, 0, 0)] if single else [_key(b, b.code(text), asked) for b in blocks]
    best = max(keys)
    among = [number for number, key in enumerate(keys) if key == best]
    chosen = blocks[among[-1]]
    rule = _rule(len(blocks), among, asked) if len(among) > 1 else ""
    if asked.whole or asked.language not in PYTHON:
        return _joined(text, [chosen], rule)
    earlier = _helpers(text, blocks[: among[-1]], chosen)
    if earlier:
        rule = (
            rule or f"read {len(earlier) + 1} blocks as one: the last uses what the others define"
        )
    return _joined(text, [*earlier, chosen], rule)


def _is_plain(text: str, start: int, asked: Asked) -> bool:
    """Whether a text is code throughout: no fence, nothing that may be prose."""
    if start or "```" in text or "~~~" in text or not STARTS.match(text):
        return False
    return not MAY_BE_PROSE.search(text) and bool(asked.names & bound(text, imports=False))


def _blocks(text: str, start: int, asked: Asked) -> list[CodeBlock]:
    """The blocks that could be meant; those without a fence only where no fenced one will do."""
    first = next(fenced_blocks(text, start), None)
    python = asked.language in PYTHON
    if first is not None and python:
        fence = text.rfind("\n", 0, max(first.start - 1, 0)) + 1
        bare = not text[fence : first.start].strip().strip("`~")
        lone = list(loose_blocks(text, start, fence)) if bare else []
        if bare and _is_code(text, start, fence, lone, asked):
            ahead = lone or [CodeBlock(start, fence, fenced=False)]
            return [*ahead, *_parts(text, fenced_blocks(text, first.start))]
    blocks = _parts(text, fenced_blocks(text, start))
    if not python or any(_defined(block.code(text), asked) for block in blocks):
        return blocks
    loose = list(loose_blocks(text, start, len(text)))
    if any(_defined(block.code(text), asked) for block in loose):
        return loose
    return blocks or ([] if asked.prompt_code else loose)


def _is_code(text: str, start: int, fence: int, lone: list[CodeBlock], asked: Asked) -> bool:
    """Whether what stands ahead of a bare fence is the program: the prompt opened the fence."""
    if any(_defined(block.code(text), asked) for block in lone):
        return True
    ahead = text[start:fence]
    if asked.prompt_code:
        return ahead[:1] in " \t" and bool(ahead.strip())
    return asked.whole and bool(lone) and not ahead[: lone[0].start - start].strip()


def _parts(text: str, blocks: Iterable[CodeBlock]) -> list[CodeBlock]:
    """Blocks, those that hold several files taken apart."""
    found: list[CodeBlock] = []
    for block in blocks:
        lines = block.lines(text)
        marks = [n for n, (_, line) in enumerate(lines) if MARKED.match(line)]
        if len(marks) < 2 or block.lead:
            found.append(block)
            continue
        ends = [lines[n][0] for n in marks[1:]] + [block.end]
        for number, end in zip(marks, ends, strict=True):
            at, line = lines[number]
            header = HEADER.match(line)
            found.append(CodeBlock(at, end, block.label, header[1] if header else "", 0))
    return found


def _key(block: CodeBlock, code: str, asked: Asked) -> tuple[int, int, int]:
    """What a block is worth: what it defines, its label, whether it reads as a program."""
    known = (PYTHON, *LABELS.values())
    labels = next((names for names in known if asked.language in names), {asked.language})
    label = 2 if block.label in labels else 1 if not block.label else 0
    label = -1 if block.label in PROSE else label
    if asked.whole:
        return (int(bool(READS.search(code))), label, int(bool(bound(code) or "main" in code)))
    return (_defined(code, asked), label, int(bool(bound(code) or asked.prompt_code)))


def _defined(code: str, asked: Asked) -> int:
    """How many of the names asked for a program binds; less where it only imports them."""
    own, top = bound(code, imports=False), bound(code)
    return sum(2 if name in own else _weakly(code, name, top) for name in asked.names)


def _weakly(code: str, name: str, top: frozenset[str]) -> bool:
    return name in top or re.search(rf"^[ \t]+def {re.escape(name)}\b", code, re.M) is not None


def bound(code: str, *, imports: bool = True) -> frozenset[str]:
    """The names that a program binds at its top level, by its `imports` too."""
    names: set[str] = set()
    for defined, assigned, imported, listed in BOUND.findall(code):
        if imports:
            names.add(imported)
            names.update(part.split()[-1] for part in listed.split(",") if part.split())
        names.update((defined, assigned))
    names.discard("")
    return frozenset(names)


def defines(code: str, name: str) -> bool:
    """Whether a program binds `name` at its top level."""
    return name in bound(code)


def _rule(count: int, among: list[int], asked: Asked) -> str:
    places = ", ".join(str(number + 1) for number in among[:-1])
    what = "is a program" if asked.whole else "defines what is asked for"
    chosen = f"read block {among[-1] + 1} of {count}, the last that {what}"
    return f"{chosen}; block {places} could be meant"


def _helpers(text: str, earlier: list[CodeBlock], chosen: CodeBlock) -> list[CodeBlock]:
    """Earlier blocks that define what the chosen one uses and does not define."""
    code, found = chosen.code(text), list[CodeBlock]()
    used, defined = _used(code), bound(code)
    for block in reversed(earlier):
        code = block.code(text)
        gives = bound(code)
        if block.label not in PROSE and (used - defined) & gives and not _is_usage(code):
            found.insert(0, block)
            used, defined = used | _used(code), defined | gives
    return found


def _used(code: str) -> set[str]:
    """The names that code uses, or annotates with."""
    return {name for pair in USES.findall(code) for name in pair if name} - KNOWN


def _is_usage(code: str) -> bool:
    """Whether a block only shows how something is called."""
    return not re.search(r"^(?:(?:async )?def|class|import|from|[A-Z_]{2,}[ \t]*=)\b", code, re.M)


def _several(text: str, named: dict[str, CodeBlock], asked: Asked) -> Extracted:
    """A program of several files: its main one defines what is asked for."""
    codes = {name: block.code(text) for name, block in named.items()}
    main = max(
        codes,
        key=lambda name: (_defined(codes[name], asked), name in ("solution.py", "main.py")),
    )
    rule = f"read {len(named)} files; {main} defines what is asked for"
    found = _joined(text, [named[main]], rule)
    others = tuple((name, code) for name, code in codes.items() if name != main)
    return Extracted(code=found.code, offsets=found.offsets, name=main, files=others, rule=rule)


def _joined(text: str, blocks: list[CodeBlock], rule: str) -> Extracted:
    if len(blocks) == 1 and not blocks[0].lead:
        code = text[blocks[0].start : blocks[0].end]
        ends = accumulate(map(len, lines_of(code)), initial=blocks[0].start)
        offsets = tuple(ends)[:-1]
    else:
        lines = [line for block in blocks for line in block.lines(text)]
        code = "".join(line for _, line in lines)
        offsets = tuple(at for at, _ in lines)
    return Extracted(code=code, offsets=offsets, name=blocks[-1].name, rule=rule)


def sources(
    found: Extracted, prompt_code: str, names: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    """What to run, as (file name, text): the candidate alone, after the prompt, or continuing it.

    A candidate that defines the entry point still runs after the prompt's code, where that stands
    by itself: chat models leave out its imports.
    """
    if not prompt_code:
        return (("solution.py", found.code),)
    if names and not names & bound(found.code):
        return (("solution.py", prompt_code + continued(prompt_code, found.code)),)
    if "from __future__ import" in prompt_code and prompt_code.endswith("\n"):
        return (("solution.py", prompt_code + found.code),)  # it holds for a whole file
    return (("prompt.py", prompt_code), ("solution.py", found.code))


def aliases(found: Extracted) -> tuple[str, ...]:
    """Names under which the candidate's other files may import its main one."""
    return (found.name.removesuffix(".py").replace("/", "."),) if found.name.endswith(".py") else ()
