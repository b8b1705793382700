"""What a grader may have done to an object of the candidate's, by the method's name."""

from __future__ import annotations

import operator
from collections.abc import Callable

# By the name they have in the module `operator`, without underscores.
_BINARY = """
lt le gt ge eq ne add sub mul matmul truediv floordiv mod pow lshift rshift and xor or
iadd isub imul imatmul itruediv ifloordiv imod ipow ilshift irshift iand ixor ior
getitem setitem delitem contains neg pos invert index
"""
# Those that have a form for the right operand, which `operator` has no function for.
_REFLECTED = "add sub mul matmul truediv floordiv mod pow lshift rshift and xor or"
# What has a builtin function or a statement of its own, and no name in `operator`.
_BUILTIN: dict[str, Callable[..., object]] = {
    "len": len,
    "bool": bool,
    "str": str,
    "repr": repr,
    "bytes": bytes,
    "format": format,
    "hash": hash,
    "int": int,
    "float": float,
    "complex": complex,
    "abs": abs,
    "round": round,
    "reversed": reversed,
    "iter": iter,
    "next": next,
    "aiter": aiter,
    "anext": lambda o: type(o).__anext__(o),
    "divmod": divmod,
    "rdivmod": lambda a, b: divmod(b, a),
    "call": lambda f, *args, **kwargs: f(*args, **kwargs),
    "enter": lambda o: type(o).__enter__(o),
    "exit": lambda o, *args: type(o).__exit__(o, *args),
    "aenter": lambda o: type(o).__aenter__(o),
    "aexit": lambda o, *args: type(o).__aexit__(o, *args),
    "await": lambda o: o,
    "get": lambda o, *args: type(o).__get__(o, *args),
    "missing": lambda o, key: type(o).__missing__(o, key),
    "trunc": lambda o: type(o).__trunc__(o),
    "floor": lambda o: type(o).__floor__(o),
    "ceil": lambda o: type(o).__ceil__(o),
    "copy": lambda o: type(o).__copy__(o),
    "deepcopy": lambda o, memo: type(o).__deepcopy__(o, memo),
    "fspath": lambda o: type(o).__fspath__(o),
    "length_hint": operator.length_hint,
}


def _reflected(name: str) -> Callable[[object, object], object]:
    apply: Callable[[object, object], object] = getattr(operator, f"__{name}__")
    return lambda a, b: apply(b, a)


OPERATORS: dict[str, Callable[..., object]] = {
    **{f"__{name}__": getattr(operator, f"__{name}__") for name in _BINARY.split()},
    **{f"__r{name}__": _reflected(name) for name in _REFLECTED.split()},
    **{f"__{name}__": call for name, call in _BUILTIN.items()},
}
# `object` itself has these, so that having them says nothing.
ALWAYS = frozenset(
    {"__str__", "__repr__", "__eq__", "__ne__", "__hash__", "__bool__", "__format__"}
)
ALWAYS |= {"__lt__", "__le__", "__gt__", "__ge__", "__await__", "__length_hint__"}


def offered(kind: type) -> list[str]:
    """The operators that instances of a class have, beyond those of every object."""
    own = [c for c in kind.__mro__ if c is not object]
    names: list[str] = []
    for name in OPERATORS:
        found = next((vars(c)[name] for c in own if name in vars(c)), None)
        if found is not None:
            names.append(name)
    return names
