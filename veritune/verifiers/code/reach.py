"""What tests want of the candidate's process: to see its output, or to change it from inside."""

from __future__ import annotations

import functools
import re

from veritune.verifiers.code.extract import MOST_KNOWN

# Tests that look at what is printed, warned of or logged, or that give input.
LOOKS = re.compile(
    r"\bredirect_std(?:out|err)\b|\bsys\.(?:__)?std(?:in|out|err)\b|\bcap(?:sys|fd|log|sysbinary)\b"
    r"|\bwarn(?:s|ings?|_explicit)\b|\bassertLogs\b|\bassertNoLogs\b|\bassertWarns\w*\b|\binput\b"
    r"|\blogging\b|\brecwarn\b|\bdeprecated_call\b"
)
# What tests replace: inside of the candidate's process it cannot be done from theirs.
PATCHED = re.compile(
    r"\bpatch(?:\.object|\.dict|\.multiple)?\(\s*(?:target\s*=\s*)?(?:[rbuf]?[\"']([\w.]+)|([\w.]+))"
    r"|\bmonkeypatch\.(?:setattr|delattr)\(\s*(?:target\s*=\s*)?(?:[\"']([\w.]+)|([\w.]+))"
    r"|\bmonkeypatch\.(syspath_prepend)\b"
    r"|\b(freeze_time|freezegun|pyfakefs|capfdbinary)\b"
)
# Tests that may share files, the environment or the working folder with the candidate.
FILES = re.compile(
    r"\btmp_?path|\btmpdir|\btempfile\b|\bopen\(|\b(?:write|read)_(?:text|bytes)\b|\bPath\(|\bshutil\b"
    r"|\bos\.(?:path|listdir|makedirs|mkdir|remove|environ|chdir|getcwd|putenv|scandir|walk)\b"
    r"|\bgetenv\b|\bmonkeypatch\b"
)
# What the tests run of what the candidate returns runs where the expected values are.
EVALUATES = re.compile(
    r"\b(?:pickle|marshal|shelve|dill|cloudpickle|joblib|runpy)\.|(?<![\w.])(?:eval|exec)\("
    r"|\bimport_module\(|\bspec_from_file_location\b|\bunsafe_load\b|\bsys\.path\b"
)
# Patched where the tests run, these work: what the candidate does there is asked for from there.
MIRRORED = ("builtins.input", "sys.stdout", "sys.stderr", "sys.stdin")


@functools.lru_cache(maxsize=MOST_KNOWN)
def looks(text: str) -> bool:
    """Whether tests look at what the candidate prints, warns of or logs, or give it input."""
    return LOOKS.search(text) is not None


@functools.lru_cache(maxsize=MOST_KNOWN)
def files(text: str) -> bool:
    """Whether tests work on files, the environment or the working folder."""
    return FILES.search(text) is not None


@functools.lru_cache(maxsize=MOST_KNOWN)
def evaluates(text: str) -> tuple[str, ...]:
    """Why tests may run code that the candidate chose, beside the expected values; or nothing."""
    found = EVALUATES.search(text)
    if found is None:
        return ()
    return (f"the tests use {found.group().strip('(.')}, which may run what it is given",)


@functools.lru_cache(maxsize=MOST_KNOWN)
def reaches_in(text: str, modules: frozenset[str]) -> str:
    """What tests change in the candidate's process that is not one of its own modules, or ""."""
    for found in PATCHED.finditer(text):
        target = next(group for group in found.groups() if group)
        first = target.partition(".")[0]
        if target.startswith(MIRRORED) or first in modules or target in ("sys", "builtins"):
            continue
        is_named = bool(found[2] or found[4])
        if is_named and not _is_imported(first, text):
            continue  # a variable: what it holds is patched where it is
        if _is_of_the_candidate(target, text, modules):
            continue
        return target
    return ""


def _is_imported(name: str, text: str) -> bool:
    found = rf"\bimport\b\s*(?:\([^)]*|[^\n]*)\b{re.escape(name)}\b"
    return re.search(found, text) is not None


def _is_of_the_candidate(name: str, text: str, modules: frozenset[str]) -> bool:
    """Whether a name is one that the tests import from the candidate's modules."""
    first = re.escape(name.partition(".")[0])
    among = "|".join(map(re.escape, sorted(modules)))
    found = rf"^\s*from\s+(?:{among})(?:\.\w+)*\s+import\b[^\n]*\b{first}\b"
    found += rf"|^\s*import\s+(?:{among})(?:\.\w+)*\s+as\s+{first}\b"
    return re.search(found, text, re.MULTILINE) is not None
