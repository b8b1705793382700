"""HumanEval+ and MBPP+ as evalplus publishes them: inputs, and a solution that gives the values.

Liu et al. 2023, arXiv 2305.01210. Rows of the hub's copies have a test program instead, and are
read as any other.
"""

from __future__ import annotations

from veritune.errors import RecordError
from veritune.problems.cells import opened
from veritune.problems.shapes.row import Row
from veritune.records import CheckTests, CodeProblem, CodeReference

# JSON has no tuples: where the solution itself fails on lists, inner lists become tuples.
CHECK = """
import copy, math

{solution}

_reference = {name}


def _tupled(value):
    return tuple(map(_tupled, value)) if isinstance(value, list) else value


def _inputs(args):
    try:
        return args, _reference(*copy.deepcopy(args))
    except TypeError:
        args = [[_tupled(x) for x in a] if isinstance(a, list) else a for a in args]
        return args, _reference(*copy.deepcopy(args))


def _same(out, expected):
    if isinstance(expected, float) or {atol}:
        if isinstance(expected, (list, tuple)) and isinstance(out, (list, tuple)):
            return len(out) == len(expected) and all(map(_same, out, expected))
        if isinstance(expected, (int, float)) and isinstance(out, (int, float)):
            return math.isclose(out, expected, rel_tol=1e-07, abs_tol={atol} or 1e-06)
    if isinstance(expected, (list, tuple)) and isinstance(out, (list, tuple)):
        return len(out) == len(expected) and all(map(_same, out, expected))
    return out == expected


def check(candidate):
    for args in {inputs}:
        args, expected = _inputs(args)
        assert _same(candidate(*copy.deepcopy(args)), expected), "input " + repr(args)[:200]
"""


def read_evalplus(row: Row) -> CodeProblem:
    """All base and extra inputs are tests; their values are those of the canonical solution."""
    prompt, solution = row.take("prompt"), row.take("canonical_solution")
    name, atol = row.take("entry_point"), row.take("atol")
    inputs = [*_list(row, "base_input"), *_list(row, "plus_input")]
    if not (
        inputs and isinstance(prompt, str) and isinstance(solution, str) and isinstance(name, str)
    ):
        raise RecordError("expected prompt, canonical_solution, entry_point and base_input")
    near = atol if isinstance(atol, int | float | str) else 0
    whole = prompt + solution
    code = CHECK.format(solution=whole, name=name, atol=float(near or 0), inputs=_literal(inputs))
    row.take("test", "assertion", "contract")
    is_code = prompt.lstrip().startswith(("def ", "from ", "import ", "class "))
    return CodeProblem(
        id="",
        prompt=prompt,
        reference=CodeReference(
            tests=CheckTests(entry_point=name, code=code),
            solution=solution,
            prompt_code=prompt if is_code else "",
        ),
    )


def _literal(inputs: list[object]) -> str:
    """Python source of the inputs; floats that are not finite have a form, too."""
    text = repr(inputs)
    return (
        text.replace("inf", "float('inf')").replace("nan", "float('nan')")
        if ("inf" in text or "nan" in text)
        and not any(isinstance(one, str) for one in _leaves(inputs))
        else text
    )


def _leaves(value: object) -> list[object]:
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one)]
    if isinstance(value, dict):
        return [leaf for pair in value.items() for one in pair for leaf in _leaves(one)]
    return [value]


def _list(row: Row, name: str) -> list[object]:
    value = opened(row.take(name))
    return value if isinstance(value, list) else []
