"""The run on disk: everything sampled, verified, selected and measured, exactly once."""

from veritune.store.browse import Browser, Listed, Page
from veritune.store.database import make_database
from veritune.store.filters import Filter, Place, Sort
from veritune.store.folder import RunFolder, changed_keys, to_toml
from veritune.store.lock import Lock, is_at_work
from veritune.store.marks import DEGREES, KINDS, NO_ANSWER, STEPS
from veritune.store.numbers import Key
from veritune.store.outputs import check_output, content_hash, is_made, note_made
from veritune.store.partial import Partial
from veritune.store.policies import PolicyRow
from veritune.store.store import Store
from veritune.store.tallies import BIN, SetTally, count_set

__all__ = [
    "BIN",
    "DEGREES",
    "KINDS",
    "NO_ANSWER",
    "STEPS",
    "Browser",
    "Filter",
    "Key",
    "Listed",
    "Lock",
    "Page",
    "Partial",
    "Place",
    "PolicyRow",
    "RunFolder",
    "SetTally",
    "Sort",
    "Store",
    "changed_keys",
    "check_output",
    "content_hash",
    "count_set",
    "is_at_work",
    "is_made",
    "make_database",
    "note_made",
    "to_toml",
]
