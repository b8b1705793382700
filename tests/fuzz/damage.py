"""Damage as files and replies come with: flipped bytes, cut ends, other types, odd texts."""

from __future__ import annotations

import json
from random import Random

ODD: tuple[object, ...] = (
    *(None, True, 0, -1, 1 << 70, 1.5, float("nan"), float("inf"), "", "x", "\ud800", "\x00"),
    *([], {}, [[]], [None], {"": None}, "\u202e", "9" * 5000, [1] * 500, {"type": "calls"}),
    *("../../etc", "{{ x }}", "<script>", "\\boxed{", "```", {"role": "user", "content": 3}),
)
BYTES = (b"[" * 3000, b'{"a":' * 3000, b"\xff\xfe", b"\x00", b"\xef\xbb\xbf", b'"', b"\n", b"9" * 9)


def damaged_value(random: Random, value: object, depth: int = 0) -> object:
    """The value with something in it replaced, left out, added or doubled."""
    if depth > 6 or random.random() < 0.15:
        return random.choice(ODD)
    if isinstance(value, dict) and value:
        return _damaged_object(random, dict(value), depth)
    if isinstance(value, list) and value:
        items, at = list(value), random.randrange(len(value))
        act = random.randrange(4)
        if act == 0:
            del items[at]
        elif act == 1:
            items.insert(at, random.choice(ODD))
        elif act == 2:
            items *= 2
        else:
            items[at] = damaged_value(random, items[at], depth + 1)
        return items
    if isinstance(value, str) and random.random() < 0.5:
        at = random.randint(0, len(value))
        return value[:at] + str(random.choice(ODD))[:200] + value[at:]
    return random.choice(ODD)


def _damaged_object(random: Random, found: dict[object, object], depth: int) -> object:
    key = random.choice(list(found))
    act = random.randrange(6)
    if act == 0:
        del found[key]
    elif act == 1:
        found[random.choice(["x", "", "id", "type", "\ud800", str(key).upper()])] = found[key]
    elif act == 2:
        found[key] = [found[key]]
    else:
        found[key] = damaged_value(random, found[key], depth + 1)
    return found


def damaged_bytes(random: Random, data: bytes) -> bytes:
    """The bytes with some flipped, cut, doubled or put in."""
    out = bytearray(data)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(out) + 1)
        act = random.randrange(5)
        if act == 0 and at < len(out):
            out[at] ^= 1 << random.randrange(8)
        elif act == 1:
            del out[at:]
        elif act == 2:
            out[at:at] = random.choice(BYTES)
        elif act == 3:
            del out[at : at + random.randint(1, 20)]
        else:
            out[at:at] = out[at : at + random.randint(1, 200)]
    return bytes(out)


def as_line(value: object) -> bytes:
    """A value as one line of JSON, with whatever JSON does not allow."""
    return json.dumps(value).encode(errors="replace")


def damaged_lines(random: Random, rows: list[object]) -> bytes:
    """Rows as a file: damaged as values, then now and then as bytes."""
    shown = [damaged_value(random, row) if random.random() < 0.7 else row for row in rows]
    data = b"\n".join(map(as_line, shown)) + b"\n"
    return damaged_bytes(random, data) if random.random() < 0.4 else data
