"""Rounds: the loop, the session it works in, selection, and the commands on files."""

from veritune.rounds.caches import with_caches
from veritune.rounds.loop import improve
from veritune.rounds.measures import pass_at_k, passes_visible
from veritune.rounds.progress import Advance, NullProgress, Progress
from veritune.rounds.sample_files import sample_file
from veritune.rounds.session import Session, named_policy, open_session
from veritune.rounds.start import start_policy
from veritune.rounds.tracking import tracked_training
from veritune.rounds.training import follow
from veritune.rounds.verify_files import verify_file
from veritune.rounds.whole import open_whole

__all__ = [
    "Advance",
    "NullProgress",
    "Progress",
    "Session",
    "follow",
    "improve",
    "named_policy",
    "open_session",
    "open_whole",
    "pass_at_k",
    "passes_visible",
    "sample_file",
    "start_policy",
    "tracked_training",
    "verify_file",
    "with_caches",
]
