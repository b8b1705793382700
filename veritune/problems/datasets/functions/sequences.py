"""Templates on strings and on lists of integers."""

from __future__ import annotations

from veritune.problems.datasets.functions.template import Template, template

# What joins or splits words; no letter, so that it occurs in no word by itself.
MARKS = tuple("-_.:+/")


def _string(spec: str, right: str, *wrong: str, letters: tuple[str, ...] | None = None) -> Template:
    if letters is None:
        return template("strings", "s", spec, right, *wrong)
    return template("strings", "s", spec, right, *wrong, letters=letters)


def _list(spec: str, right: str, *wrong: str) -> Template:
    return template("lists", "a", spec, right, *wrong)


STRINGS = (
    _string(
        "s then '{c}', repeated {n} times",
        "(s + '{c}') * {n}", "s + '{c}' * {n}", "('{c}' + s) * {n}", "s * {n} + '{c}'",
    ),
    _string(
        "number of '{c}' in s, plus {n}",
        "s.count('{c}') + {n}", "len(s) + {n}", "s.find('{c}') + {n}", "s.count('{c}') - {n}",
    ),
    _string(
        "s with '{c}' replaced by '{d}'",
        "s.replace('{c}', '{d}')", "s.replace('{d}', '{c}')", "s.replace('{c}', '{d}', 1)",
        "s.replace('{c}', '')",
    ),
    _string(
        "first {n} letters of s, reversed, then '{c}'",
        "s[:{n}][::-1] + '{c}'", "s[::-1][:{n}] + '{c}'", "s[{n}:][::-1] + '{c}'",
        "'{c}' + s[:{n}][::-1]",
    ),
    _string(
        "'{c}', then last {n} letters of s",
        "'{c}' + s[-{n}:]", "'{c}' + s[{n}:]", "'{c}' + s[:-{n}]", "s[-{n}:] + '{c}'",
    ),
    _string(
        "s without its first {n} letters, then '{c}'",
        "s[{n}:] + '{c}'", "s[:{n}] + '{c}'", "s[:-{n}] + '{c}'", "s[{n}:]",
    ),
    _string(
        "does s start with '{c}' or have more than {n} letters",
        "s.startswith('{c}') or len(s) > {n}", "s[0] == '{c}' or len(s) > {n}",
        "s.startswith('{c}') or len(s) >= {n}", "s.startswith('{c}') and len(s) > {n}",
    ),
    _string(
        "does s end with '{c}' and have at least {n} letters",
        "s.endswith('{c}') and len(s) >= {n}", "s.endswith('{c}') and len(s) > {n}",
        "s.startswith('{c}') and len(s) >= {n}", "s.endswith('{c}') or len(s) >= {n}",
    ),
    _string(
        "every letter of s at a multiple of {n}, then '{c}'",
        "s[::{n}] + '{c}'", "s[{n}::] + '{c}'", "s[:{n}] + '{c}'", "s[1::{n}] + '{c}'",
    ),
    _string(
        "s padded on the left with '{c}' to {n}",
        "s.rjust({n}, '{c}')", "s.ljust({n}, '{c}')", "'{c}' * {n} + s",
    ),
    _string(
        "words of s joined by {n} times '{c}'",
        "('{c}' * {n}).join(s.split())", "'{c}'.join(s.split())", "('{c}' * {n}).join(s)",
        letters=MARKS,
    ),
    _string(
        "s without '{c}', in upper case, then '{d}'",
        "s.replace('{c}', '').upper() + '{d}'", "s.upper().replace('{c}', '') + '{d}'",
        "s.replace('{c}', '') + '{d}'", "s.replace('{d}', '').upper() + '{c}'",
    ),
    _string(
        "does '{c}' occur in s more than {n} times",
        "s.count('{c}') > {n}", "s.count('{c}') >= {n}", "len(s) > {n}", "'{c}' in s",
    ),
    _string(
        "'{c}' if s is empty, else s repeated {n} times",
        "s * {n} if s else '{c}'", "s * {n}", "'{c}' if s else s * {n}", "s if s else '{c}' * {n}",
    ),
)  # fmt: skip

LISTS = (
    _list(
        "sum of a, times {n}, plus {m}",
        "sum(a) * {n} + {m}", "len(a) * {n} + {m}", "(sum(a) + {m}) * {n}", "sum(a) + {n} * {m}",
    ),
    _list(
        "items of a more than {n}, each times {m}",
        "[x * {m} for x in a if x > {n}]", "[x * {m} for x in a if x >= {n}]",
        "[x * {m} for x in a if x < {n}]", "[x for x in a if x * {m} > {n}]",
    ),
    _list(
        "items of a at most {n}, each plus {m}",
        "[x + {m} for x in a if x <= {n}]", "[x + {m} for x in a if x < {n}]",
        "[x + {m} for x in a if x >= {n}]", "[x + {n} for x in a if x <= {m}]",
    ),
    _list(
        "every item of a times {n}, then plus {m}",
        "[x * {n} + {m} for x in a]", "a * {n} + [{m}]", "[(x + {m}) * {n} for x in a]",
        "[x + {n} * {m} for x in a]",
    ),
    _list(
        "number of items of a less than {n}, plus {m}",
        "sum(x < {n} for x in a) + {m}", "sum(x <= {n} for x in a) + {m}",
        "sum(x for x in a if x < {n}) + {m}", "sum(x > {n} for x in a) + {m}",
    ),
    _list(
        "a without its first {n} items, reversed, then {m}",
        "a[{n}:][::-1] + [{m}]", "a[:{n}][::-1] + [{m}]", "a[::-1][{n}:] + [{m}]",
        "a[{n}:] + [{m}]",
    ),
    _list(
        "the {n} smallest items of a in order, then {m}",
        "sorted(a)[:{n}] + [{m}]", "sorted(a[:{n}]) + [{m}]", "sorted(a)[-{n}:] + [{m}]",
        "sorted(a)[:{n} - 1] + [{m}]",
    ),
    _list(
        "the {n} largest items of a in order, then {m}",
        "sorted(a)[-{n}:] + [{m}]", "sorted(a[-{n}:]) + [{m}]", "sorted(a)[:{n}] + [{m}]",
        "sorted(a)[{n}:] + [{m}]",
    ),
    _list(
        "is {n} or {m} in a",
        "{n} in a or {m} in a", "{n} in a and {m} in a", "{n} or {m} in a", "{n} in a",
    ),
    _list(
        "position of {n} in a, or -{m} if absent",
        "a.index({n}) if {n} in a else -{m}", "a.index({n})", "a.count({n}) if {n} in a else -{m}",
        "a.index({n}) + 1 if {n} in a else -{m}",
    ),
    _list(
        "largest item of a plus {n}, or {m} if a is empty",
        "max(a) + {n} if a else {m}", "max(a) + {n}", "min(a) + {n} if a else {m}",
        "max(a) + {m} if a else {n}",
    ),
    _list(
        "sum of the items of a that are multiples of {n}, plus {m}",
        "sum(x for x in a if x % {n} == 0) + {m}", "sum(x % {n} == 0 for x in a) + {m}",
        "sum(x for x in a if x % {n}) + {m}", "sum(a) + {m}",
    ),
    _list(
        "{n} times the product of a",
        "t = {n}\nfor x in a:\n    t = t * x\nreturn t",
        "t = 0\nfor x in a:\n    t = t * x\nreturn t",
        "t = {n}\nfor x in a:\n    t = t + x\nreturn t",
        "t = {n}\nfor x in a:\n    t = t * x\n    return t",
    ),
    _list(
        "first item of a more than {n}, or {m} if there is none",
        "for x in a:\n    if x > {n}:\n        return x\nreturn {m}",
        "for x in a:\n    if x >= {n}:\n        return x\nreturn {m}",
        "for x in a:\n    if x > {n}:\n        return x\n    return {m}",
        "for x in a:\n    if x > {m}:\n        return x\nreturn {n}",
    ),
    _list(
        "sum of a without items less than {n}, minus {m}",
        "sum(x for x in a if x >= {n}) - {m}", "sum(x for x in a if x > {n}) - {m}",
        "sum(x for x in a if x < {n}) - {m}", "sum(x >= {n} for x in a) - {m}",
    ),
)  # fmt: skip
