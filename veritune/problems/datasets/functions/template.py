"""One kind of small function: its spec, the right body, and the typical wrong ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

# 0 and 1 would make templates say the same.
DIGITS = tuple(range(2, 10))
# Without j, q, v, x, y and z, of which some name parameters.
LETTERS = tuple("abcdefghiklmnoprstuw")
Family = Literal["arithmetic", "strings", "lists", "conditionals"]
Parameters = dict[str, int | str]


@dataclass(frozen=True, slots=True)
class Template:
    """Texts with `{name}` for parameters; a body is what stands below `def f(...):`.

    `signature` names the inputs: x and y are integers, s is a string, a is a list of integers.
    """

    family: Family
    signature: str
    spec: str
    body: str
    mistakes: tuple[str, ...]
    parameters: tuple[tuple[str, Sequence[int | str]], ...]

    def instances(self) -> Iterator[Parameters]:
        """Every choice of parameters in which no two are equal."""
        names = [name for name, _ in self.parameters]
        for values in itertools.product(*(choices for _, choices in self.parameters)):
            if len(set(values)) == len(values):
                yield dict(zip(names, values, strict=True))

    def prompt(self, parameters: Parameters) -> str:
        """The one-line spec, as a comment."""
        return f"# f({self.signature}): {self.spec.format(**parameters)}\n"

    def sentence(self, parameters: Parameters) -> str:
        """The same as a request in plain English."""
        spec = self.spec.format(**parameters)
        return f"Write a Python function f({self.signature}) that returns: {spec}."

    @property
    def beginning(self) -> str:
        """The code that an answer to the request begins with, up to the expression returned."""
        head = f"def f({self.signature}):\n    "
        return f"{head}return" if self.body.startswith("return ") else head

    def source(self, body: str, parameters: Parameters) -> str:
        """The whole function with one of this template's bodies."""
        lines = body.format(**parameters).split("\n")
        return f"def f({self.signature}):\n" + "".join(f"    {line}\n" for line in lines)


def template(
    family: Family,
    signature: str,
    spec: str,
    right: str,
    *wrong: str,
    letters: Sequence[str] = LETTERS,
    **choices: Sequence[int | str],
) -> Template:
    """A template whose `{n}`, `{m}`, `{k}` are digits and `{c}`, `{d}` letters unless said.

    A body without a line break is the expression returned.
    """
    defaults: dict[str, Sequence[int | str]] = {
        **dict.fromkeys("nmk", DIGITS),
        **dict.fromkeys("cd", letters),
    }
    names = [name for name in "nmkcd" if f"{{{name}}}" in spec]
    return Template(
        family=family,
        signature=signature,
        spec=spec,
        body=_body(right),
        mistakes=tuple(map(_body, wrong)),
        parameters=tuple((name, choices.get(name, defaults[name])) for name in names),
    )


def _body(text: str) -> str:
    return text if "\n" in text else f"return {text}"
