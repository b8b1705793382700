"""The run on disk: everything sampled, verified, selected and measured, exactly once."""

from veritune.journal.folder import RunFolder
from veritune.journal.journal import Journal, PolicyRow
from veritune.journal.outputs import content_hash, is_made, note_made
from veritune.journal.partial import Partial

__all__ = [
    "Journal",
    "Partial",
    "PolicyRow",
    "RunFolder",
    "content_hash",
    "is_made",
    "note_made",
]
