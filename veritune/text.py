"""Text from outside: JSON that is read strictly, and text that can be written everywhere.

Python's JSON reader takes more than JSON: keys that stand twice, NaN, half of a surrogate pair. It
also fails in ways of its own where a text is nested deeply. Here each is a `ValueError` with a line
that names the key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isinf

# Levels of lists and objects; pydantic stops at about 200, Python itself at about 1,000.
DEEPEST = 100
# Half of a pair: no encoding has a form for it.
LONE = re.compile("[\ud800-\udfff]")
# All but tab and line end, and C1 as well, which terminals also obey.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def writable(text: str) -> str:
    """The text with every lone surrogate replaced by U+FFFD, so of the same length.

    UTF-8 has no form for a lone surrogate: files, sqlite and pages refuse the whole text.
    """
    return text if text.isascii() else LONE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """A message as one line that no terminal obeys: no line ends, no control characters."""
    return CONTROL.sub("\ufffd", writable(" ".join(text.split())))


def parse_json(text: str | bytes, *, finite: bool = True) -> object:
    """The value of a JSON text; raises `ValueError` with one line saying what is wrong.

    With `finite`, NaN and the infinities are refused: JSON has none. A number that no float can
    hold, 1e999, is always refused: it would become infinity, which is not what was written.
    """
    text = text if isinstance(text, str) else text.decode()
    try:
        value = (_FINITE if finite else _LAX).decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise ValueError(f"not valid JSON: {error.msg} ({place})") from None
    except RecursionError:
        raise ValueError("not valid JSON: nested too deeply") from None
    except ValueError as error:
        reason = "a number has too many digits" if "digits" in str(error) else error
        raise ValueError(f"not valid JSON: {reason}") from None
    # Only an escape can hide a surrogate, and only many brackets nest deeply: most texts are not
    # walked through.
    if "\\u" in text or text.count("[") + text.count("{") > DEEPEST:
        _check(value)
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {shown(twice)} is a duplicate")
    return found


def _refused(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def finite_float(text: str) -> float:
    """The number that JSON writes so; raises `ValueError` where it is too large for a float."""
    number = float(text)
    if isinf(number):
        raise ValueError(f"{shown(text)} is too large a number")
    return number


# Made once: `json.loads` with hooks makes one a call, which takes longer than reading a short line.
_FINITE = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refused, parse_float=finite_float
)
_LAX = json.JSONDecoder(object_pairs_hook=_unique, parse_float=finite_float)


def _check(value: object) -> None:
    """Refuse what is nested too deeply, and lone surrogates in any text."""
    waiting: list[tuple[str, int, object]] = [("", 0, value)]
    while waiting:
        path, depth, value = waiting.pop()
        if isinstance(value, str) and not value.isascii() and LONE.search(value):
            raise ValueError(f"{path or 'text'}: half of a surrogate pair, which is no character")
        if isinstance(value, (dict, list)):
            if depth >= DEEPEST:
                raise ValueError(f"nested more than {DEEPEST} levels deep")
            waiting += ((name, depth + 1, inner) for name, inner in _inside(path, value))


def _inside(path: str, value: dict[str, object] | list[object]) -> Iterator[tuple[str, object]]:
    """What a list or an object holds, each under its path; keys are texts, too."""
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield f"{path}.{index}".lstrip("."), inner
        return
    for key, inner in value.items():
        name = f"{path}.{writable(key)}".lstrip(".")
        if LONE.search(key):
            yield name, key
        yield name, inner


def truncation(count: int, total: int, max_tokens: int | None = None, thinking: int = 0) -> str:
    """A line about texts that ended at the limit on their tokens, `thinking` of them before their
    answer began; empty where none did. `max_tokens`: the limit, where the command that says so
    samples them."""
    if not count:
        return ""
    limit = f" at max_tokens = {max_tokens}" if max_tokens else ""
    share = 100 * count / total
    said = f"{count} of {total} candidates ({share:.0f}%) were truncated{limit}"
    said += f", {thinking} of them while thinking" if thinking else ""
    more = "give them more (--sampler.max-tokens)" if max_tokens else "sample them with more"
    return f"warning: {said}; {more}" if share >= 10 else said


def shown(text: str) -> str:
    """A text in a message: quoted, and not longer than a line."""
    # A line of a terminal has room for that and for what is said of it.
    short = text if len(text) <= 60 else text[:57] + "..."
    return repr(writable(short))
