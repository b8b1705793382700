"""Whether two answers are the same: the fast path, then a worker."""

from __future__ import annotations

import atexit
import threading

from veritune.algebra import DEFAULT, AnswerPolicy
from veritune.verifiers.answers.comparison import Comparison
from veritune.verifiers.answers.extract import Extraction
from veritune.verifiers.answers.fast import quick
from veritune.verifiers.answers.pool import Pool

_LOCK = threading.Lock()
_SHARED: list[Pool] = []


def compare(
    gold: str, pred: str, policy: AnswerPolicy = DEFAULT, *, pool: Pool | None = None
) -> Comparison:
    """How the answer `pred` relates to the reference `gold`.

    Without a pool, a worker process that all callers share is started when it is first needed.
    """
    found = quick(gold, pred, policy)
    return found if found is not None else (pool or _shared()).compare(gold, pred, policy)


def compare_extracted(gold: str, found: Extraction, policy: AnswerPolicy, pool: Pool) -> Comparison:
    """As `compare`; boxes in a row that each hold the right answer are right together."""
    assert found.answer is not None
    result = compare(gold, found.answer, policy, pool=pool)
    if len(found.parts) > 1 and not result.equal:
        each = [compare(gold, part, policy, pool=pool) for part in found.parts]
        if all(part.equal for part in each):
            return each[-1]
    return result


def _shared() -> Pool:
    with _LOCK:
        if not _SHARED:
            _SHARED.append(Pool())
            atexit.register(_SHARED[0].close)
        return _SHARED[0]
