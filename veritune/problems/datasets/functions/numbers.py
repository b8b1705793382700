"""Templates on integers: arithmetic and conditionals."""

from __future__ import annotations

from veritune.problems.datasets.functions.template import Template, template


def _arithmetic(signature: str, spec: str, right: str, *wrong: str) -> Template:
    return template("arithmetic", signature, spec, right, *wrong)


def _conditional(signature: str, spec: str, right: str, *wrong: str) -> Template:
    return template("conditionals", signature, spec, right, *wrong)


def _choice(words: str, operator: str, *wrong: str) -> Template:
    return _conditional(
        "x",
        f"{{n}} if x is {words} {{m}}, else {{k}}",
        f"{{n}} if x {operator} {{m}} else {{k}}",
        *(f"{{n}} if x {other} {{m}} else {{k}}" for other in wrong),
        f"{{k}} if x {operator} {{m}} else {{n}}",
    )


ARITHMETIC = (
    _arithmetic(
        "x", "x times {n}, then plus {m}",
        "x * {n} + {m}", "x * {n} - {m}", "x + {n} * {m}", "(x + {m}) * {n}", "x * {m} + {n}",
    ),
    _arithmetic(
        "x", "x plus {n}, then times {m}",
        "(x + {n}) * {m}", "x + {n} * {m}", "(x - {n}) * {m}", "(x + {m}) * {n}",
    ),
    _arithmetic(
        "x", "x times {n}, then minus {m}",
        "x * {n} - {m}", "x * {n} + {m}", "(x - {m}) * {n}", "{m} - x * {n}",
    ),
    _arithmetic(
        "x", "x minus {n}, then times {m}",
        "(x - {n}) * {m}", "x - {n} * {m}", "({n} - x) * {m}", "(x - {m}) * {n}",
    ),
    _arithmetic(
        "x", "x squared, then plus {n}",
        "x * x + {n}", "x * 2 + {n}", "(x + {n}) * (x + {n})", "x * x - {n}",
    ),
    _arithmetic(
        "x", "x plus {n}, then squared",
        "(x + {n}) ** 2", "x + {n} ** 2", "x ** 2 + {n}", "(x + {n}) * 2",
    ),
    _arithmetic(
        "x", "x modulo {n}, then plus {m}",
        "x % {n} + {m}", "x // {n} + {m}", "x % ({n} + {m})", "x % {m} + {n}",
    ),
    _arithmetic(
        "x", "x over {n} rounded down, then plus {m}",
        "x // {n} + {m}", "int(x / {n}) + {m}", "x % {n} + {m}", "x // ({n} + {m})",
    ),
    _arithmetic(
        "x", "last digit of x times {n}, then plus {m}",
        "x * {n} % 10 + {m}", "x * {n} // 10 + {m}", "(x * {n} + {m}) % 10", "x % 10 * {n} + {m}",
    ),
    _arithmetic(
        "x", "{n} minus x, then times {m}",
        "({n} - x) * {m}", "(x - {n}) * {m}", "{n} - x * {m}", "({m} - x) * {n}",
    ),
    _arithmetic(
        "x, y", "x times {n} plus y times {m}",
        "x * {n} + y * {m}", "x * {m} + y * {n}", "(x + y) * {n}", "x * {n} - y * {m}",
    ),
    _arithmetic(
        "x, y", "sum of x and y, times {n}, minus {m}",
        "(x + y) * {n} - {m}", "x + y * {n} - {m}", "(x - y) * {n} - {m}", "(x + y) * {n} + {m}",
    ),
    _arithmetic(
        "x, y", "distance of x and y, times {n}, plus {m}",
        "abs(x - y) * {n} + {m}", "(x - y) * {n} + {m}", "abs(x + y) * {n} + {m}",
    ),
    _arithmetic(
        "x", "sum of {n} to x inclusive, plus {m}",
        "sum(range({n}, x + 1)) + {m}", "sum(range({n}, x)) + {m}", "sum(range(x + 1)) + {m}",
    ),
    _arithmetic(
        "x", "{n} to the power x, minus {m}",
        "{n} ** x - {m}", "{n} * x - {m}", "x ** {n} - {m}", "{n} ** (x - {m})",
    ),
)  # fmt: skip

CONDITIONALS = (
    _choice("more than", ">", ">=", "<"),
    _choice("less than", "<", "<=", ">"),
    _choice("at least", ">=", ">", "<="),
    _choice("at most", "<=", "<", ">="),
    _conditional(
        "x", "x times {n}, but at most {m}",
        "min(x * {n}, {m})", "max(x * {n}, {m})", "min(x, {m}) * {n}", "x * {n}",
    ),
    _conditional(
        "x", "x plus {n}, but at least {m}",
        "max(x + {n}, {m})", "min(x + {n}, {m})", "max(x, {m}) + {n}", "x + {n}",
    ),
    _conditional(
        "x", "is x a multiple of {n} and more than {m}",
        "x % {n} == 0 and x > {m}", "x % {n} == 0 or x > {m}", "x % {n} == 0 and x < {m}",
        "x // {n} == 0 and x > {m}",
    ),
    _conditional(
        "x", "is x a multiple of {n} or of {m}",
        "x % {n} == 0 or x % {m} == 0", "x % {n} == 0 and x % {m} == 0", "x % {n} == 0",
    ),
    _conditional(
        "x", "is x between -{n} and {m} inclusive",
        "-{n} <= x <= {m}", "-{n} < x < {m}", "-{n} <= x < {m}", "x <= {m}",
    ),
    _conditional(
        "x", "x plus {n} if x is even, else x times {m}",
        "x + {n} if x % 2 == 0 else x * {m}", "x + {n} if x % 2 else x * {m}", "x + {n}",
        "x * {n} if x % 2 == 0 else x + {m}",
    ),
    _conditional(
        "x", "x times {n} if x is negative, else x plus {m}",
        "x * {n} if x < 0 else x + {m}", "x * {n} if x > 0 else x + {m}",
        "x * {n} if x <= 0 else x + {m}", "x + {m}",
    ),
    _conditional(
        "x, y", "larger of x and y, times {n}, plus {m}",
        "max(x, y) * {n} + {m}", "min(x, y) * {n} + {m}", "max(x, y * {n}) + {m}", "x * {n} + {m}",
    ),
    _conditional(
        "x, y", "x times {n} if x is more than y, else y plus {m}",
        "x * {n} if x > y else y + {m}", "x * {n} if x >= y else y + {m}",
        "x * {n} if x < y else y + {m}", "x * {n} if x > y else x + {m}",
    ),
    _conditional(
        "x, y", "is x plus {n} more than y times {m}",
        "x + {n} > y * {m}", "x + {n} >= y * {m}", "x + {n} < y * {m}", "x * {m} > y + {n}",
    ),
)  # fmt: skip
