"""Plain data survives the way between candidate and grader; nothing else gets through."""

from __future__ import annotations

import datetime
import json
import math
import sys
from collections import Counter, OrderedDict, UserDict, defaultdict, deque, namedtuple
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritune.sandbox.runner.wire.codec import DEEP, MAX_DEPTH, MalformedError, replace_contents
from veritune.sandbox.runner.wire.decoder import ValueDecoder
from veritune.sandbox.runner.wire.encoder import Encoder, TooDeepError

Point = namedtuple("Point", "x y")


def across(value: Any, **options: Any) -> Any:
    text = json.dumps(Encoder(**options).encode(value))
    return ValueDecoder(**options).decode(json.loads(text))


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
    st.complex_numbers(), st.decimals(allow_nan=False), st.fractions(), st.dates(), st.times(),
    st.datetimes(), st.timedeltas(),
)  # fmt: skip
hashable = scalars.filter(lambda v: v == v)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.lists(inner).map(deque),
        st.dictionaries(hashable, inner),
        st.sets(hashable),
        st.frozensets(hashable),
    ),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None)
@given(values)
def test_builtin_values_arrive_as_they_were(value: Any) -> None:
    assert written(across(value)) == written(value)


def written(value: Any) -> Any:
    """The value in a form that is equal to itself, nan or not, whatever order its sets have."""
    if isinstance(value, set | frozenset):
        return type(value), sorted(map(repr, value))
    if isinstance(value, list | tuple | deque):
        return type(value), [written(item) for item in value]
    if isinstance(value, dict):
        return dict, [(written(key), written(item)) for key, item in value.items()]
    return type(value), repr(value)


@pytest.mark.parametrize(
    "value",
    [
        10**4000, -(2**64), 2**63 - 1, math.inf, -math.inf, -0.0, 1e-320, "\ud800", "\0", b"\xff",
        range(10, 0, -3), slice(1, None, 2), ..., NotImplemented, int, ValueError, len,
        Counter("abca"), OrderedDict([(2, 1), (1, 2)]), defaultdict(list, {1: [2]}),
        deque([1, 2], maxlen=2), bytearray(b"ab"), [True, 1, 1.0], {(1, (2,)): frozenset({3})},
        datetime.datetime(2020, 2, 29, 1, 2, 3, 4, datetime.UTC, fold=1),
        Decimal("1.10"), Decimal("-Infinity"), Fraction(-7, 3), complex(math.inf, -0.0),
        [[], {}, ()],
    ],
)  # fmt: skip
def test_awkward_values(value: Any) -> None:
    found = across(value)
    assert type(found) is type(value)
    assert repr(found) == repr(value)


def test_nan_and_views() -> None:
    assert math.isnan(across([math.nan])[0])
    assert across({1: 2}.keys()) == {1}
    assert list(across({1: 2}.values())) == [2]
    assert across({1: 2}.items()) == {(1, 2)}


def test_named_tuples_keep_their_fields_and_equality() -> None:
    found = across(Point(1, [2]))
    assert (found.x, found.y) == (1, [2])
    assert found == (1, [2])
    assert repr(found) == "Point(x=1, y=[2])"
    assert found._asdict() == {"x": 1, "y": [2]}


def test_subclasses_arrive_as_the_builtin_they_are() -> None:
    class Sly(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    class Loud(str):
        def __str__(self) -> str:
            return "other"

    class Level(IntEnum):
        LOW = 1

    assert type(across(Sly(3))) is int
    assert across(Sly(3)) != 4
    assert across(Loud("as it is")) == "as it is"
    assert across(Level.LOW) == 1
    assert across(UserDict({1: 2})) == {1: 2}


def test_identity_within_a_message() -> None:
    shared = [1]
    found = across([shared, shared, {"k": shared}])
    assert found[0] is found[1] is found[2]["k"]
    loop: list[Any] = []
    loop.append(loop)
    found = across(loop)
    assert found[0] is found


def test_numpy_only_where_it_was_asked_for() -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(6, dtype="<i2").reshape(2, 3)
    found = across(array, numpy=True)
    assert found.dtype == array.dtype
    assert (found == array).all()
    assert type(across(numpy.float32(0.5), numpy=True)) is numpy.float32
    assert type(across(numpy.float64(0.5))) is float
    with pytest.raises(TypeError):
        across(array)
    with pytest.raises(MalformedError):
        ValueDecoder().decode(Encoder(numpy=True).encode(array))
    with pytest.raises(TypeError):
        across(numpy.array([object()]), numpy=True)


def test_too_deep_is_refused_on_both_sides(request: pytest.FixtureRequest) -> None:
    limit = sys.getrecursionlimit()
    request.addfinalizer(lambda: sys.setrecursionlimit(limit))
    sys.setrecursionlimit(DEEP)
    deep: Any = []
    for _ in range(MAX_DEPTH + 5):
        deep = [deep]
    with pytest.raises(TooDeepError):
        Encoder().encode(deep)
    with pytest.raises(MalformedError):
        ValueDecoder().decode(deep)


@pytest.mark.parametrize(
    "data",
    [
        {}, {"t": 1}, {"t": [1], "s": [1]}, {"unknown": 1}, {"i": 5}, {"i": "zz"}, {"s": [[1]]},
        {"d": [[1]]}, {"d": [[{"s": []}, 1]]}, {"r": 0}, {"r": -1}, {"r": True}, {"a": 0},
        {"b": "*"},
        {"rg": [0, 1, 0]}, {"rg": ["a", 1, 1]}, {"ty": "eval"}, {"ty": "__import__"}, {"ty": []},
        {"bf": "int"}, {"dq": [-1, []]}, {"dc": "x"}, {"dc": 1.5}, {"fr": [1, 0]}, {"c": ["1", 2]},
        {"da": [0, 0, 0]}, {"td": ["1"]}, {"dd": ["open", []]}, {"k": "True"},
        {"np": ["O", [], ""]},
        {"nt": ["P", ["x", "x"], [1, 2]]}, {"nt": ["P", ["__eq__"], [1]]}, {"nt": ["P", ["x"], []]},
        {"nt": ["a b", ["x"], [1]]}, {"nt": ["P", ["_fields"], [1]]}, {"h": 0}, {"fn": [0, ""]},
    ],
)  # fmt: skip
def test_what_no_encoder_writes_is_refused(data: Any) -> None:
    with pytest.raises(MalformedError):
        ValueDecoder().decode(data)


TAGS = """
i t s fs d od ct dd dq ba b c rg sl dc fr da tm dt td k ty bf nt np ns dk dv di r a
"""
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner),
        st.dictionaries(st.sampled_from(TAGS.split()), inner, max_size=2),
    ),
)


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_any_json_decodes_to_plain_data_or_is_malformed(data: Any) -> None:
    try:
        found = ValueDecoder().decode(data)
    except MalformedError:
        return
    ours = {"veritune.sandbox.runner.wire.simple"}  # named tuples are made there
    plain = {"builtins", "collections", "datetime", "decimal", "fractions"}
    assert type(found).__module__ in plain | ours


def test_contents_are_replaced_in_place_and_types_kept() -> None:
    for target, source in (([1], [2, 3]), ({1: 2}, {3: 4}), ({1}, {2}), (deque([1]), deque([2]))):
        kept = target
        replace_contents(target, source)
        assert kept is target
        assert target == source
    with pytest.raises(MalformedError):
        replace_contents([1], {1})
