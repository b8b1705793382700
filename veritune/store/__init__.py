"""The run on disk: everything sampled, verified, selected and measured, exactly once."""

from veritune.store.database import make_database
from veritune.store.folder import RunFolder, changed_keys, to_toml
from veritune.store.lock import Lock
from veritune.store.outputs import check_output, content_hash, is_made, note_made
from veritune.store.partial import Partial
from veritune.store.store import PolicyRow, Store

__all__ = [
    "Lock",
    "Partial",
    "PolicyRow",
    "RunFolder",
    "Store",
    "changed_keys",
    "check_output",
    "content_hash",
    "is_made",
    "make_database",
    "note_made",
    "to_toml",
]
