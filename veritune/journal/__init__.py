"""The run on disk: everything sampled, judged, selected and measured, exactly once."""

from veritune.journal.folder import RunFolder
from veritune.journal.journal import Journal, PolicyRow

__all__ = ["Journal", "PolicyRow", "RunFolder"]
